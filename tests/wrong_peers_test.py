"""Somebody else's servers that do not do as their file says: their trials fail, with the reason."""

import json
import os
import pathlib
import re
import socket
import sys

import pytest
from conftest import ROOT, one_line, run_program
from greeter_peer import peer, small  # noqa: F401  peer is a fixture
from sweeps import CPUS, PYTHON, drawn_sweep, gone, run_folder, sweep, trials_of

sys.path.insert(0, str(ROOT / "plots"))
import results  # noqa: E402  plots/results.py validates against results/schema.json


def test_a_failed_trial_is_told_beside_a_missing_chart(plan, peer, tmp_path):
    folder = peer(start=["false"])
    result = drawn_sweep(small(plan), tmp_path, "--peer", folder, "--python", "/bin/true")
    assert result.returncode == 1
    *_, chart, trials = result.stderr.splitlines()
    assert chart.startswith("coresweep: no chart and no report: ")
    assert trials.startswith("coresweep: 1 of 1 trials failed: ")


def test_a_peer_that_ignores_its_stop_is_killed_and_that_is_kept(plan, peer, tmp_path):
    folder = peer("stubborn", ready={"line": "serving soon"})
    result = sweep(small(plan), tmp_path, "--peer", folder)
    assert result.returncode == 0, result.stderr
    note = "peer greeter_of_others ignored SIGTERM for 3 s and was killed"
    (trial,) = trials_of(run_folder(tmp_path))
    assert note in trial["notes"] and "failed" not in trial["verdict"]
    assert note in result.stderr and f"note: {note} (1 trial)\n" in result.stdout
    results.load_run(run_folder(tmp_path))


@pytest.mark.parametrize(
    ("start", "ready", "detail"),
    [
        (["sh", "-c", "echo out of luck >&2; exit 7"], {"port": True},
         "the peer greeter_of_others exited with 7: out of luck"),
        (["sh", "-c", "echo no luck; echo at all; exit 3"], {"port": True},
         "the peer greeter_of_others exited with 3: at all"),
        (["sh", "-c", "printf 'no luck'; exit 3"], {"line": "never said"},
         "the peer greeter_of_others exited with 3: no luck"),
        (["sleep", "60"], {"line": "never said"},
         'the peer greeter_of_others wrote no line with "never said" within 10000ms'),
    ],
)
def test_a_peer_that_never_serves_fails_its_trial(plan, peer, tmp_path, start, ready, detail):
    result = sweep(small(plan), tmp_path, "--peer", peer(start=start, ready=ready))
    assert result.returncode == 1
    (trial,) = trials_of(run_folder(tmp_path))
    assert trial["verdict"] == ["failed"] and trial["verdict_details"]["failed"] == detail
    assert f"failed: {detail}" in result.stderr


@pytest.mark.skipif(len(CPUS) < 2, reason="there is no other CPU")
def test_a_peer_that_leaves_its_cpus_fails_its_trial(plan, peer, tmp_path):
    """Its CPUs' number is what curves are drawn over."""
    one_thread = ("import os, threading, sys, time\n"
                  "leave = lambda: (os.sched_setaffinity(0, map(int, sys.argv[1].split(','))),\n"
                  "                 print('left', flush=True), time.sleep(60))\n"
                  "threading.Thread(target=leave).start()\n")
    serve = ["sh", "-c", f"{PYTHON} -c \"$1\" $2 & exec {PYTHON} serve.py plain $3 1 0", "sh"]
    everywhere = ",".join(map(str, CPUS))
    result = sweep(small(plan, duration="1s"), tmp_path, "--peer",
                   peer(start=[*serve, one_thread, everywhere, "{address}:{port}"],
                        ready={"line": "left"}))
    assert result.returncode == 1
    (trial,) = trials_of(run_folder(tmp_path))
    told = re.fullmatch(
        r"peer greeter_of_others: python3\S* \(\d+\) may run on CPUs (\S+), outside of its (\d+)",
        trial["verdict_details"]["failed"])
    assert told and told[2] == str(CPUS[0])
    assert trial["verdict"] == ["failed"]


@pytest.mark.parametrize(("program", "reason"), [
    (b"\x7fELF of no machine", "Exec format error"),
    (b"#!/no/interpreter\n", "No such file or directory"),
])
def test_a_program_that_cannot_be_executed_fails_its_trial_and_the_sweep_goes_on(
        plan, peer, tmp_path, program, reason):
    folder = peer(start=["./serve"])
    (folder / "serve").write_bytes(program)
    (folder / "serve").chmod(0o755)
    result = sweep(small(plan, architectures=["reuseport_loops"]), tmp_path, "--peer", folder)
    assert result.returncode == 1
    told = {trial["factors"]["engine"]: trial["verdict_details"].get("failed")
            for trial in trials_of(run_folder(tmp_path))}
    assert told == {"epoll": None,
                    "peer": f"peer greeter_of_others: cannot start ./serve: {reason}"}


def test_a_wrong_greeting_fails_the_trial_with_its_bytes(plan, peer, tmp_path):
    """Three DATA frames whose bytes would clear a terminal: nobody is shown them as they are."""
    script = """
import socket, sys
host, port = sys.argv[1].split(":")
def frame(kind, flags, payload, stream=b"\\0\\0\\0\\1"):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream + payload
connection, _ = socket.create_server((host, int(port))).accept()
connection.sendall(frame(4, 0, b"", bytes(4)))
seen = b""
while b"\\0\\1\\0\\0\\0\\1" not in seen:  # a request's end: DATA with END_STREAM
    seen += connection.recv(65536)
parts = [b"\\0\\0\\0\\0\\x0d\\x0a\\x0b", b"\\x1b[2J", b"\\x9b2J\\xffbye\\n"]
connection.sendall(frame(1, 4, b"\\x88") + b"".join(frame(0, 0, part) for part in parts) +
                   frame(1, 5, b"\\x00\\x0bgrpc-status\\x010"))
while connection.recv(65536):
    pass
"""
    folder = peer(start=[PYTHON, "-c", script, "{address}:{port}"], ready={"port": True})
    result = sweep(small(plan, connections=1, streams=1), tmp_path, "--peer", folder)
    assert result.returncode == 1
    (trial,) = trials_of(run_folder(tmp_path))
    due = b"\0\0\0\0\x0d\x0a\x0bHello world"
    told = ('1 requests failed (wrong_payload 1); the first wrong reply: 00 00 00 00 0d 0a 0b '
            '1b 5b 32 4a 9b 32 4a ff 62 79 65 0a "........[2J.2J.bye." (19 bytes, read no further) '
            f'where {due.hex(" ")} ".......Hello world" (18 bytes) was due')
    assert told in trial["verdict_details"]["failed"]
    assert told in result.stderr
    assert (result.stderr + result.stdout).replace("\n", "").isprintable()


def test_a_port_of_somebody_else_is_not_shared(plan, peer, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        listen = "127.0.0.1:{}".format(stranger.getsockname()[1])
        result = sweep(small(plan, listen=listen), tmp_path, "--peer", peer())
    assert result.returncode == 1
    name = pathlib.Path("/proc/self/comm").read_text().removesuffix("\n")
    assert one_line(result, "coresweep").startswith(
        f"{listen} is in use by another listener (the plan's listen), by {name} ({os.getpid()}); ")


def test_a_worker_that_left_the_group_with_the_listener_fails_the_trial(plan, peer, tmp_path):
    """What it used would be counted as nothing; its name may hold what clears a terminal."""
    served = ("import os, socket, sys, time\n"
              "host, port = sys.argv[1].split(':')\n"
              "listener = socket.create_server((host, int(port)))\n"
              "alive, ended = os.pipe()\n"
              "if os.fork() == 0:\n"
              "    os.setsid(); os.close(ended)\n"
              "    open('/proc/self/comm', 'w').write('a\\x1b[2Jb')\n"
              "    print('left', flush=True)\n"
              "    os.read(alive, 1)\n"  # until the one with the other end is killed
              "    os._exit(0)\n"
              "os.close(alive); time.sleep(60)\n")
    result = sweep(small(plan), tmp_path, "--peer",
                   peer(start=[PYTHON, "-c", served, "{address}:{port}"], ready={"line": "left"}))
    assert result.returncode == 1
    (trial,) = trials_of(run_folder(tmp_path))
    told = trial["verdict_details"]["failed"]
    assert re.fullmatch(r"peer greeter_of_others: a\?\[2Jb \(\d+\) has its listener and is not in "
                        r"its process group", told)
    assert told in result.stderr


def test_a_peer_that_goes_into_another_group_is_ended_all_the_same(plan, peer, tmp_path):
    script = ("import os, signal, sys, time\n"
              "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
              "os.setpgid(0, os.getpgid(os.getppid()))\n"
              "print('moved', os.getpid(), file=sys.stderr, flush=True)\n"
              "time.sleep(600)\n")
    result = sweep(small(plan), tmp_path, "--peer",
                   peer(start=[PYTHON, "-c", script], ready={"line": "moved"}))
    assert result.returncode == 1 and "did not listen on" in result.stderr


def test_a_listener_that_left_the_peers_group_fails_the_trial(plan, peer, tmp_path):
    """Its answers would be counted and its CPU time would not."""
    script = ("import os, socket, sys, time\n"
              "host, port = sys.argv[1].split(':')\n"
              "if os.fork() == 0:\n"
              "    os.setsid()\n"
              "    with socket.create_server((host, int(port))):\n"
              "        time.sleep(600)\n"
              "time.sleep(60)\n")
    result = sweep(small(plan), tmp_path, "--peer",
                   peer(start=[PYTHON, "-c", script, "{address}:{port}"]))
    assert result.returncode == 1
    (trial,) = trials_of(run_folder(tmp_path))
    told = re.fullmatch(r"peer greeter_of_others: (python3\S*) \((\d+)\) has its listener and "
                        r"is not in its process group", trial["verdict_details"]["failed"])
    assert trial["notes"] == [f"peer greeter_of_others left behind {told[1]}, killed now"]
    assert trial["notes"][0] in result.stderr
    assert gone(int(told[2]), 1)


@pytest.mark.parametrize(
    ("changes", "code", "text"),
    [
        ({"start": ["../peer"]}, 1,
         "nothing is left to run: peer greeter_of_others: cannot start ../peer: is a folder"),
        ({"start": ["./nowhere"]}, 1,
         "nothing is left to run: peer greeter_of_others: cannot start ./nowhere: "
         "No such file or directory"),
        ({"start": ["no_such_program"]}, 1,
         "cannot start no_such_program: it is in no folder of PATH"),
        ({"build": [["sh", "-c", "echo begun; echo no compiler >&2; exit 3"]]}, 1,
         "exited with 3: no compiler"),
        ({"build": [["no_such_compiler"]]}, 1,
         "cannot start no_such_compiler: No such file or directory"),
        ({"needs": [{"program": "no_such_compiler", "least": "1.85", "get": "apt-get install it"}]},
         2,
         "nothing is left to run: peer greeter_of_others: no_such_compiler 1.85 or newer is needed "
         "and not there: get it by apt-get install it"),
        ({"architecture": "no_architecture"}, 2, "allowed is one of "),
        ({"build": [["sh", "-c", "echo begun; printf 'error\\nhere' >&2; exit 3"]]}, 1,
         "exited with 3: here"),
        ({"build": [["sh", "-c", "printf begun; exit 3"]]}, 1, "exited with 3: begun"),
        ({"build": [["false"]]}, 1, "false: exited with 1: said nothing"),
        ({"ready": None}, 2, "peer.json:1: ready is missing"),
        ({"name": "shared_reactor"}, 2, 'name is "shared_reactor": that is an architecture\'s'),
    ],
)
def test_a_peer_that_cannot_be_gets_its_line(plan, peer, tmp_path, changes, code, text):
    result = sweep(small(plan), tmp_path, "--peer", peer(**changes))
    assert result.returncode == code
    assert text in result.stderr.splitlines()[-1]


def test_what_cannot_be_run_is_skipped_with_a_line_and_nothing_left_is_refused(
        plan, peer, tmp_path):
    folder = peer()
    path = small(plan, reply_bytes=100, architectures=["reuseport_loops"], ceiling=True)
    lines = ["skipped: peer greeter_of_others: it does not vary reply_bytes",
             "skipped: ceiling: the null responder gives no reply_bytes"]
    planned = run_program("coresweep", "plan", path, "--peer", folder)
    assert [line for line in planned.stdout.splitlines() if line.startswith("skipped")] == lines
    result = sweep(path, tmp_path, "--peer", folder)
    assert result.returncode == 0, result.stderr
    assert result.stderr.splitlines()[:2] == lines
    record = json.loads((run_folder(tmp_path) / "run.json").read_text())
    assert [f"skipped: {one['what']}: {one['why']}" for one in record["skipped"]] == lines
    alone = small(plan, reply_bytes=100)
    result = run_program("coresweep", "run", alone, "--peer", folder)
    assert result.returncode == 2
    assert one_line(result, "coresweep") == (
        f"{alone}: nothing is left to run: peer greeter_of_others: it does not vary reply_bytes")
