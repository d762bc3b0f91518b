"""Sweeps that are disturbed: programs that die or hang, Ctrl-C, and a harness that is killed."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest
from conftest import BIN, PATIENCE_S, ROOT
from sweeps import PYTHON, RunningSweep, await_trials, children_of, gone, run_folder, trials_of

sys.path.insert(0, str(ROOT / "plots"))
import results  # noqa: E402  plots/results.py validates against results/schema.json


def test_a_server_that_dies_fails_its_trial_and_the_sweep_goes_on(plan, tmp_path, start):
    running = start(RunningSweep, plan(duration="1500ms", blocks=1, ceiling=False), tmp_path)
    running.await_child("loadgen")
    os.kill(running.await_child("greeter"), signal.SIGKILL)
    assert running.wait() == 1, "a sweep with a failed trial does not end well"
    folder = run_folder(tmp_path)
    first, second = trials_of(folder)
    assert "failed" in first["verdict"]
    assert "server was killed by signal 9" in first["verdict_details"]["failed"]
    assert first["throughput_per_s"] is None
    assert "failed" not in second["verdict"]
    errors = running.process.stderr.read().decode()
    # Where its connections were still being opened, the trial is port_trouble too.
    assert re.search("no figure, failed.*: the server was killed by signal 9", errors)
    results.load_run(folder)


def test_a_load_generator_that_dies_fails_its_trial(plan, tmp_path, start):
    running = start(RunningSweep, plan(duration="1500ms", blocks=1, ceiling=False), tmp_path)
    os.kill(running.await_child("loadgen"), signal.SIGKILL)
    assert running.wait() == 1
    first = trials_of(run_folder(tmp_path))[0]
    assert "failed" in first["verdict"]
    assert "load generator was killed by signal 9" in first["verdict_details"]["failed"]


def test_a_server_that_hangs_fails_its_trial_and_is_killed(plan, tmp_path, start):
    running = start(RunningSweep, plan(duration="500ms", blocks=1, ceiling=False), tmp_path)
    running.await_child("loadgen")
    greeter = running.await_child("greeter")
    os.kill(greeter, signal.SIGSTOP)
    assert running.wait() == 1
    assert gone(greeter, 1)
    assert "failed" in trials_of(run_folder(tmp_path))[0]["verdict"]


def test_a_harness_that_was_stopped_in_a_window_reads_no_valid_trial(plan, tmp_path, start):
    """Ctrl-Z and a laptop's lid: the load's window is right, the server's readings come late."""
    running = start(RunningSweep, plan(duration="1500ms", blocks=1, ceiling=False), tmp_path)
    running.await_child("loadgen")
    time.sleep(0.7)  # into the window
    running.process.send_signal(signal.SIGSTOP)
    time.sleep(2)
    running.process.send_signal(signal.SIGCONT)
    assert running.wait() == 0
    first, _ = trials_of(run_folder(tmp_path))
    assert "noisy_host" in first["verdict"]
    assert "the server was read over " in first["verdict_details"]["noisy_host"]
    assert first["throughput_per_s"] > 0, "what was measured is kept"


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_sweep_keeps_its_trials_and_leaves_nobody(plan, tmp_path, start, sent, code):
    running = start(RunningSweep, plan(duration="300ms", blocks=100), tmp_path)
    await_trials(tmp_path, 2)
    children = [running.await_child("greeter"), running.await_child("loadgen")]
    running.process.send_signal(sent)
    assert running.wait() == code
    assert all(gone(child, 1) for child in children)
    folder = run_folder(tmp_path)
    kept = len(trials_of(folder))
    last = running.process.stderr.read().decode().splitlines()[-1]
    assert last == (
        f"coresweep: interrupted: {kept} of 300 trials kept in {folder}; "
        f"draw them: coresweep report {folder}; go on: coresweep resume {folder}"
    )
    drawn = subprocess.run(
        [PYTHON, "-B", ROOT / "plots" / "throughput_by_cores.py", folder],
        capture_output=True, text=True, timeout=PATIENCE_S,
    )
    assert drawn.returncode == 0, drawn.stderr


def test_ctrl_c_in_a_terminal_reaches_coresweep_alone(plan, tmp_path):
    """A terminal's Ctrl-C goes to its whole foreground group; children must not be in it."""
    import pty

    pid, terminal = pty.fork()
    if pid == 0:
        path = plan(duration="300ms", blocks=100)
        command = ["coresweep", "run", str(path), "--results", str(tmp_path / "runs")]
        os.execv(BIN / "coresweep", command)
    seen = b""
    while b"2/300 " not in seen:
        seen += os.read(terminal, 4096)
    deadline = time.monotonic() + PATIENCE_S
    while not children_of(pid).keys() >= {"greeter", "loadgen"}:
        assert time.monotonic() < deadline
    os.write(terminal, b"\x03")
    try:
        while chunk := os.read(terminal, 4096):
            seen += chunk
    except OSError:
        pass  # the terminal ends with its last process
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 130
    assert b"interrupted: " in seen and b" of 300 trials kept in " in seen
    assert b"greeter:" not in seen and b"loadgen:" not in seen


@pytest.mark.parametrize("moment", ["the server starts", "the load runs"])
def test_a_killed_harness_leaves_nobody_after_a_second(plan, tmp_path, start, moment):
    running = start(RunningSweep, plan(duration="20s"), tmp_path)
    children = [running.await_child("greeter")]
    if moment == "the load runs":
        children.append(running.await_child("loadgen"))
    running.process.kill()
    running.wait()
    assert all(gone(child, 1) for child in children)


def test_a_run_folder_that_is_deleted_ends_the_sweep(plan, tmp_path, start):
    running = start(RunningSweep, plan(duration="300ms", blocks=100), tmp_path)
    await_trials(tmp_path, 1)
    folder = run_folder(tmp_path)
    shutil.rmtree(folder)
    assert running.wait() == 1
    last = running.process.stderr.read().decode().splitlines()[-1]
    assert f"coresweep: {folder}/trials.jsonl: was deleted while its sweep ran; " in last
