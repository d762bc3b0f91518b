"""Each verdict on one trial, provoked for real: what was done to it is what it is called.

client_bound and noisy_host are in sweep_test.py. Steal cannot be provoked: its reading is tested on
recorded pairs of /proc/stat in harness/machine_cpu_test.cpp. little_violation would take a load
generator that is wrong: see loadgen/in_flight_test.cpp.
"""

import json
import os
import re
import signal
import sys
import time

import pytest
from conftest import BIN, ROOT, Greeter, one_line, run_program
from sweeps import CPUS, PYTHON, RunningSweep, run_folder, sweep, trials_of

sys.path.insert(0, str(ROOT / "plots"))
import results  # noqa: E402  plots/results.py validates against results/schema.json

# Answers all but what `unanswered` says, as our greeter would.
SWALLOWING = r"""
import socket, sys, threading

host, port = sys.argv[1].rsplit(":", 1)
listener = socket.create_server((host, int(port)), backlog=64)


def frame(kind, flags, stream, payload):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream + payload


def serve(connection, swallows):
    connection.sendall(frame(4, 0, bytes(4), b""))
    seen = connection.recv(24, socket.MSG_WAITALL)
    while head := connection.recv(9, socket.MSG_WAITALL):
        connection.recv(int.from_bytes(head[:3], "big"), socket.MSG_WAITALL)
        kind, flags, stream = head[3], head[4], head[5:9]
        if kind == 0 and flags & 1 and not (swallows and stream == (9).to_bytes(4, "big")):
            reply = b"\x0a\x0bHello world"
            connection.sendall(
                frame(1, 4, stream, b"\x88")
                + frame(0, 0, stream, b"\0" + len(reply).to_bytes(4, "big") + reply)
                + frame(1, 5, stream, b"\x00\x0bgrpc-status\x010"))


first = True
while True:
    connection, _ = listener.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    threading.Thread(target=serve, args=(connection, first), daemon=True).start()
    first = False
"""

NOBODY_ACCEPTS = """
import socket, sys, time
host, port = sys.argv[1].rsplit(":", 1)
with socket.create_server((host, int(port)), backlog=1):
    time.sleep(60)
"""


@pytest.fixture
def one_trial(plan, tmp_path):
    """one_trial(**changes) writes the plan of a single trial; beside(start) makes its server."""

    class Of:
        def __call__(self, **changes):
            return plan(**{"architectures": ["reuseport_loops"], "blocks": 1, "ceiling": False,
                           **changes})

        def beside(self, *start, varies=("threads",)):
            folder = tmp_path / "peer"
            folder.mkdir()
            (folder / "peer.json").write_text(json.dumps({
                "name": "another", "start": [str(word) for word in start],
                "ready": {"port": True}, "varies": list(varies)}))
            return folder

    return Of()


def only_trial(tmp_path):
    """It is stored as the schema says, with the thresholds that it was judged by."""
    folder = run_folder(tmp_path)
    results.load_run(folder)
    (trial,) = trials_of(folder)
    assert trial["thresholds"] == json.loads((folder / "run.json").read_text())["thresholds"]
    return trial


def greeter_beside(one_trial, *flags, **options):
    return one_trial.beside(
        BIN / "greeter", "--architecture", "reuseport_loops", "--threads", "{threads}", "--listen",
        "{address}:{port}", "--pin", "none", "--stay", *flags, **options)


def stopped(running, name, seconds):
    """Stops a program of a sweep under way for so long, once its load has begun."""
    running.await_child("loadgen")
    time.sleep(0.6)  # its connections are open, and its warm-up is over or nearly
    child = running.await_child(name)
    os.kill(child, signal.SIGSTOP)
    time.sleep(seconds)
    os.kill(child, signal.SIGCONT)


@pytest.mark.parametrize("load", [{}, {"mode": "constant", "rate": 200}])
def test_a_server_that_is_stopped_for_a_while_is_unsteady(one_trial, tmp_path, start, load):
    running = start(RunningSweep, one_trial(duration="2500ms", **load), tmp_path)
    stopped(running, "greeter", 1.2)
    assert running.wait() == 0, running.process.stderr.read()
    trial = only_trial(tmp_path)
    assert "unsteady" in trial["verdict"] and "failed" not in trial["verdict"]
    length, waiting = re.match(
        r"no answer for (1\.\d{3}) s, from -?\d\.\d{3} s of the window on, while (\d+) requests",
        trial["verdict_details"]["unsteady"]).groups()
    assert float(length) > 1.1 and int(waiting) >= (200 if load else 32)
    assert len(trial["silences"]) == 1
    first = trial["requests_answered_first_half"]
    apart = (trial["requests_answered"] - first) / first - 1 if first else 0
    assert ("notes" in trial) == (abs(apart) > 0.05), "most stops lie in one half of the window"
    # It was answered late, not lost, and each request was in flight as long as its latency says.
    assert not {"port_trouble", "little_violation"} & set(trial["verdict"])


@pytest.mark.parametrize("load", [{}, {"mode": "poisson", "rate": 5}])
def test_a_silence_in_which_nothing_waits_or_that_was_asked_for_is_none(one_trial, tmp_path, load):
    handler = {} if load else {"stall_thread": "0:900ms", "handler_wait": "100ms"}
    result = sweep(one_trial(duration="1500ms", **handler, **load), tmp_path)
    assert result.returncode == 0, result.stderr
    assert "unsteady" not in only_trial(tmp_path)["verdict"]


def test_a_backlog_that_is_full_is_trouble_with_ports(one_trial, tmp_path):
    """Of a server that is too busy to accept, on ever new connections."""
    folder = greeter_beside(one_trial, "--backlog", 1, "--handler-cpu", "5ms")
    path = one_trial(architectures=[], mode="churn", connections=16, streams=1, duration="1500ms")
    sweep(path, tmp_path, "--peer", folder)
    trial = only_trial(tmp_path)
    assert trial["factors"]["mode"] == "churn" and trial["connections"]["closed"] > 0
    assert trial["network"]["listen_overflows"] > 0
    detail = trial["verdict_details"]["port_trouble"]
    assert re.match(r"\d+ connections found a full backlog in the window", detail)
    # Whoever found it full asked again.
    assert re.search(r"\d+ of the load's own \d+ segments were lost and sent again", detail)


def test_a_server_that_accepts_nobody_is_trouble_with_ports(one_trial, tmp_path):
    folder = one_trial.beside(PYTHON, "-c", NOBODY_ACCEPTS, "{address}:{port}")
    result = sweep(one_trial(architectures=[]), tmp_path, "--peer", folder)
    assert result.returncode == 1
    trial = only_trial(tmp_path)
    assert trial["verdict"] == ["failed", "port_trouble"]
    assert "cannot connect to " in trial["verdict_details"]["failed"]
    assert re.fullmatch(
        r"the load generator could not open its connections \(((no_settings|timed_out) \d(, )?)+\)",
        trial["verdict_details"]["port_trouble"])
    assert trial["network_connecting"]["listen_overflows"] > 0 and trial["network"] is None


def test_a_stale_server_in_the_way_is_not_measured(one_trial, tmp_path, start):
    """It would have a share of the connections, and nobody would know."""
    stale = start(Greeter, "reuseport_loops")
    result = sweep(one_trial(listen=stale.target), tmp_path)
    assert result.returncode == 1
    assert f"{stale.target} is in use by another listener" in one_line(result, "coresweep")
    assert trials_of(run_folder(tmp_path)) == []


def test_a_wrong_payload_fails(one_trial, tmp_path):
    """The null responder looks at no request, and so not at the size that is asked for."""
    folder = greeter_beside(one_trial, "--http2", "null", varies=("threads", "reply_bytes"))
    result = sweep(one_trial(architectures=[], reply_bytes=100), tmp_path, "--peer", folder)
    assert result.returncode == 1
    assert re.match(r"no request was answered in the window; (\d+) requests failed "
                    r"\(wrong_payload \1\); the first wrong reply: 00 00 00 00 0d 0a 0b 48 65 6c .*"
                    r' "\.{7}Hello world" \(18 bytes\) where 00 00 00 00 66 0a 64 48 .* \.\.\. '
                    r'"....f.dHello world\.{46}" \(107 bytes\) was due$',
                    only_trial(tmp_path)["verdict_details"]["failed"])


def test_a_request_that_is_swallowed_fails(one_trial, tmp_path):
    folder = one_trial.beside(PYTHON, "-c", SWALLOWING, "{address}:{port}")
    result = sweep(one_trial(architectures=[], streams=2), tmp_path, "--peer", folder)
    assert result.returncode == 1
    trial = only_trial(tmp_path)
    assert trial["verdict_details"]["failed"].endswith("; 1 requests were never answered")
    assert trial["requests_answered"] > 0
    # What has no latency is no contradiction of Little's law.
    assert "little_violation" not in trial["verdict"]


@pytest.mark.parametrize("rate", [1_000_000, 100_000_000])
def test_a_rate_that_no_one_can_reach_is_missed(one_trial, tmp_path, rate):
    """By too many that are due, or by more than can be kept or even drawn."""
    result = sweep(one_trial(mode="poisson", rate=rate, duration="500ms"), tmp_path)
    assert result.returncode == 0, result.stderr
    trial = only_trial(tmp_path)
    assert "missed_rate" in trial["verdict"] and "failed" not in trial["verdict"]
    due = trial["requests_due"]
    assert re.match(rf"\d+ of {due} requests due were not answered in time, above 1\.0 %; the "
                    r"requests that were due and not sent grew from \d+ to \d+",
                    trial["verdict_details"]["missed_rate"])
    assert due == pytest.approx(rate / 2, rel=0.05)


def test_a_rate_that_is_reached_is_not_missed(one_trial, tmp_path):
    result = sweep(one_trial(mode="poisson", rate=500, duration="1s"), tmp_path)
    assert result.returncode == 0, result.stderr
    trial = only_trial(tmp_path)
    assert "missed_rate" not in trial["verdict"] and "little_violation" not in trial["verdict"]
    assert trial["requests_due"] == pytest.approx(500, rel=0.2)
    assert trial["factors"]["rate_per_s"] == 500


def test_a_load_thread_that_is_kept_off_its_cpu_is_late(one_trial, tmp_path, start):
    path = one_trial(mode="poisson", rate=2_000, duration="2500ms")
    running = start(RunningSweep, path, tmp_path)
    stopped(running, "loadgen", 0.3)
    assert running.wait() == 0, running.process.stderr.read()
    trial = only_trial(tmp_path)
    assert "client_late" in trial["verdict"] and "unsteady" not in trial["verdict"]
    assert re.match(r"p99 of its late sending is \d+(\.\d+)?(e\+0\d)? us",
                    trial["verdict_details"]["client_late"])


def test_both_sides_on_one_cpu_share_it(one_trial, tmp_path):
    result = run_program(
        "coresweep", "run", one_trial(), "--results", tmp_path / "runs",
        preexec_fn=lambda: os.sched_setaffinity(0, CPUS[:1]))
    assert result.returncode == 0, result.stderr
    trial = only_trial(tmp_path)
    assert "shared_cpus" in trial["verdict"]
    assert trial["server"]["cpus"] == trial["load"]["cpus"] == CPUS[:1]
