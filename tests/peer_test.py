"""Somebody else's server in a sweep: built, run beside ours, confined to its CPUs, and ended."""

import hashlib
import json
import os
import signal
import sys

import pytest
from conftest import BIN, ROOT, one_line, run_program
from greeter_peer import SERVE, peer, small  # noqa: F401  peer is a fixture
from sweeps import CPUS, PYTHON, RunningSweep, children_of, gone, run_folder, sweep, trials_of

sys.path.insert(0, str(ROOT / "plots"))
import results  # noqa: E402  plots/results.py validates against results/schema.json


def peer_of(running):
    """The first process of a peer under load. A guard is beside it: a /bin/sh."""
    running.await_child("loadgen")
    (first,) = [pid for name, pid in children_of(running.process.pid).items()
                if name not in ("loadgen", "sh")]
    return first


def test_a_peer_is_built_run_beside_ours_compared_and_drawn(plan, peer, tmp_path):
    folder = peer(build=[["sh", "-c", "echo building; echo warned >&2; echo made >{out}/made"],
                         ["test", "-s", "{out}/made"]])
    path = small(plan, architectures=["reuseport_loops"], blocks=2, headline={
        "architecture": "greeter_of_others", "against": "reuseport_loops"})
    planned = run_program("coresweep", "plan", path, "--peer", folder)
    assert "headline: greeter_of_others / reuseport_loops at 1 thread\n" in planned.stdout
    result = sweep(path, tmp_path, "--peer", folder)
    assert result.returncode == 0, result.stderr
    assert "peer greeter_of_others: building\n" in result.stderr
    assert "peer greeter_of_others: warned\n" in result.stderr
    run = results.load_run(run_folder(tmp_path))
    (made,) = json.loads((run_folder(tmp_path) / "run.json").read_text())["peers"]
    assert made["files"].keys() == {"peer.json", PYTHON, "serve.py"}
    for name, path in (("peer.json", folder / "peer.json"), ("serve.py", folder / "serve.py")):
        assert made["files"][name] == {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    assert [tuple(arm) for arm in run.compared] == [
        ("greeter_of_others", "peer", "peer"), ("reuseport_loops", "epoll", "lean")]
    for trial in trials_of(run_folder(tmp_path)):
        if trial["factors"]["engine"] != "peer":
            continue
        assert "failed" not in trial["verdict"] and trial["throughput_per_s"] > 0
        assert trial["cell"] == "greeter_of_others/peer/t1/c8/s4"
        assert trial["totals"]["server"] is None
        assert trial["totals"]["load"]["requests_answered"] > 0
        server = trial["server"]
        assert server["threads"] is None and server["cpus"] == CPUS[:1]
        # The greeter is a child of the script: what it used is the peer's.
        assert server["cpu_user_s"] + server["cpu_system_s"] > 0
        assert server["process"]["context_switches_voluntary"] >= 0
        assert trial["network"]["listen_overflows"] == 0


def test_a_sweep_stops_where_what_it_measures_is_replaced_and_goes_on_with_the_same(
        plan, peer, tmp_path, start):
    """A build meanwhile: the trials behind it would be another program's, under the same name."""
    folder = peer()
    running = start(RunningSweep, small(plan, duration="1500ms", peers=[str(folder)]), tmp_path)
    peer_of(running)
    (folder / "serve.py").write_text(SERVE + "# edited")
    assert running.wait() == 1
    said = running.process.stderr.read().decode()
    assert f"{folder}/serve.py: has changed since this sweep began" in said
    assert trials_of(run_folder(tmp_path)) == []
    resume = ("coresweep", "resume", run_folder(tmp_path), "--no-report")
    assert run_program(*resume).returncode == 2
    (folder / "serve.py").write_text(SERVE)
    assert run_program(*resume).returncode == 0


def test_a_peer_is_confined_to_its_cpus_and_ended_with_its_children(plan, peer, tmp_path, start):
    path = small(plan, duration="1500ms", peers=[str(peer())])
    running = start(RunningSweep, path, tmp_path)
    script = peer_of(running)
    guard = children_of(running.process.pid)["sh"]
    greeter = children_of(script)["greeter"]
    assert sorted(os.sched_getaffinity(greeter)) == CPUS[:1]
    assert running.wait() == 0, running.process.stderr.read()
    assert gone(greeter, 1) and gone(script, 1) and gone(guard, 1)


def test_a_peer_may_write_megabytes_before_it_serves(plan, peer, tmp_path):
    flood = "head -c 3000000 /dev/zero | tr '\\0' x >&2; echo serving >&2; exec \"$@\""
    folder = peer(
        start=["sh", "-c", flood, "sh", str(BIN / "greeter"), "--architecture", "reuseport_loops",
               "--threads", "1", "--listen", "{address}:{port}", "--pin", "none", "--stay"],
        ready={"line": "xserving"})
    result = sweep(small(plan), tmp_path, "--peer", folder)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGHUP, 129), (signal.SIGQUIT, 131)])
def test_a_lost_session_leaves_nothing_of_a_peer(plan, peer, tmp_path, start, sent, code):
    path = small(plan, duration="60s", peers=[str(peer("stubborn"))])
    running = start(RunningSweep, path, tmp_path,
                    preexec_fn=lambda: signal.signal(sent, signal.SIG_DFL))  # under nohup, too
    shell = peer_of(running)
    greeter = children_of(shell)["greeter"]
    running.process.send_signal(sent)
    assert running.wait() == code
    assert gone(greeter, 1) and gone(shell, 1)
    last = running.process.stderr.read().decode().splitlines()[-1]
    folder = run_folder(tmp_path)
    assert last == (f"coresweep: interrupted: 0 of 1 trials kept in {folder}; "
                    f"go on: coresweep resume {folder}")


@pytest.mark.parametrize("mode", ["plain", "stubborn"])
def test_a_killed_harness_leaves_nothing_of_a_peer_that_ignores_stdin(
        plan, peer, tmp_path, start, mode):
    running = start(RunningSweep, small(plan, duration="60s", peers=[str(peer(mode))]), tmp_path)
    first = peer_of(running)
    others = [children_of(first)["greeter"], *children_of(running.process.pid).values()]
    running.process.kill()
    running.wait()
    assert all(gone(pid, 2) for pid in [first, *others])


def test_results_that_cannot_be_written_are_known_before_a_peer_is_built(plan, peer, tmp_path):
    (tmp_path / "runs").write_text("")
    folder = peer(build=[["sh", "-c", "echo building"]])
    result = sweep(small(plan), tmp_path, "--peer", folder)
    assert result.returncode == 1
    assert one_line(result, "coresweep").startswith(f"{tmp_path}/runs: ")
