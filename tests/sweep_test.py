"""coresweep as its users run it: real sweeps of the real programs, and all that goes wrong."""

import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
from conftest import ARCHITECTURES, BIN, PATIENCE_S, ROOT, Greeter, Program, one_line, run_program

sys.path.insert(0, str(ROOT / "plots"))
import results  # noqa: E402  plots/results.py validates against results/schema.json

CPUS = sorted(os.sched_getaffinity(0))
PYTHON = "/usr/bin/python3"


def free_port():
    """Below the ephemeral range, where no client's socket can sit between this and its use."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


@pytest.fixture
def plan(tmp_path):
    """plan(**changes) writes a plan of short trials on a free port and returns its path."""

    def write(**changes):
        fields = {
            "question": "Does it work?",
            "architectures": ARCHITECTURES,
            "threads": [1],
            "connections": 8,
            "streams": 4,
            "warmup": "50ms",
            "duration": "200ms",
            "blocks": 2,
            "seed": 7,
            "listen": f"127.0.0.1:{free_port()}",
            **changes,
        }
        path = tmp_path / "small.json"
        path.write_text(json.dumps(fields))
        return path

    return write


def sweep(path, tmp_path, *flags):
    return run_program("coresweep", "run", path, "--results", tmp_path / "runs", *flags)


def run_folder(tmp_path):
    (folder,) = (tmp_path / "runs").iterdir()
    return folder


def trials_of(folder):
    return [json.loads(line) for line in (folder / "trials.jsonl").read_text().splitlines()]


def children_of(pid):
    """Process ids by program name."""
    found = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue
        name, rest = re.fullmatch(r"\d+ \((.*)\) (.*)", text.strip(), re.S).groups()
        if rest.split()[1] == str(pid):
            found[name] = int(stat.parent.name)
    return found


class RunningSweep(Program):
    """A sweep under way, with long trials; `await_child` finds what it started."""

    def __init__(self, path, tmp_path, **options):
        super().__init__(BIN / "coresweep", "run", path, "--results", tmp_path / "runs", **options)

    def await_child(self, name):
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            children = children_of(self.process.pid)
            if name in children:
                return children[name]
            assert self.process.poll() is None, self.process.communicate()
        raise AssertionError(f"no {name} within {PATIENCE_S} s")


def gone(pid, within_s):
    """True when that process has ended (or waits for a parent to ask) within so many seconds."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            return True
        if state in "ZX":
            return True
    return False


def test_a_sweep_ends_with_headline_folder_and_chart(plan, tmp_path):
    result = sweep(plan(), tmp_path)
    assert result.returncode == 0, result.stderr
    folder = run_folder(tmp_path)
    out = result.stdout.splitlines()
    assert out[-1] == f"chart: {folder}/throughput_by_cores.png"
    assert out[-2] == f"run: {folder}"
    assert "at 1 thread" in result.stdout
    assert (folder / "throughput_by_cores.png").stat().st_size > 10_000
    assert (folder / "throughput_by_cores.svg").read_text().startswith("<?xml")
    # A pipe sees one plain line a trial: two architectures and the ceiling, two blocks.
    assert len(result.stderr.splitlines()) == 6
    assert all(re.match(r"(trial )?\d of 6", line) for line in result.stderr.splitlines())


def test_what_is_stored_is_valid_whole_and_adds_up(plan, tmp_path):
    assert sweep(plan(), tmp_path).returncode == 0
    folder = run_folder(tmp_path)
    run = results.load_run(folder)  # validates every line against the schema
    assert len(run.trials) == 6
    record = json.loads((folder / "run.json").read_text())
    assert record["machine"]["cpu_model"]
    assert re.fullmatch("[0-9a-f]{64}", record["binaries"]["greeter"]["sha256"])
    trials = trials_of(folder)
    assert [trial["trial"] for trial in trials] == list(range(6))
    for trial in trials:
        load, server = trial["totals"]["load"], trial["totals"]["server"]
        assert server["requests"] == load["requests_answered"] == load["requests_sent"] > 0
        assert trial["server"]["window_s"] == pytest.approx(0.2, abs=0.1)
        assert server["connections_accepted"] == load["connections_opened"] == 8
        assert trial["throughput_per_s"] == pytest.approx(trial["requests_answered"] / 0.2)
        if len(CPUS) > 1:
            assert not set(trial["server"]["cpus"]) & set(trial["load"]["cpus"])
    for block in range(2):
        cells = [trial["cell"] for trial in trials if trial["block"] == block]
        assert len(cells) == len(set(cells)) == 3, "a block is one trial of every cell"


def test_the_same_seed_gives_the_same_order(plan, tmp_path):
    orders = []
    for seed in (1, 1, 2, 3, 4):
        shutil.rmtree(tmp_path / "runs", ignore_errors=True)
        assert sweep(plan(blocks=3, duration="100ms"), tmp_path, "--seed", seed).returncode == 0
        orders.append(tuple(trial["cell"] for trial in trials_of(run_folder(tmp_path))))
    assert orders[0] == orders[1]
    assert len(set(orders)) > 1


@pytest.mark.skipif(len(CPUS) != 2, reason="for a machine with two CPUs")
def test_on_two_cpus_two_threads_are_shared_and_hollow(plan, tmp_path):
    result = sweep(plan(threads="auto", blocks=1), tmp_path)
    assert result.returncode == 0, result.stderr
    verdicts = {}
    for trial in trials_of(run_folder(tmp_path)):
        verdicts.setdefault(trial["factors"]["threads"], set()).update(trial["verdict"])
    assert "shared_cpus" not in verdicts[1]
    assert "shared_cpus" in verdicts[2]
    assert "this machine cannot show scaling" in result.stdout


@pytest.mark.skipif(len(CPUS) < 2, reason="needs a CPU for each side")
def test_a_client_that_is_the_limit_is_called_so(plan, tmp_path):
    """The null responder as an arm: one server CPU answers more than one load CPU can ask."""
    path = plan(http2="null", connections=32, streams=100, ceiling=False)
    details = []
    for _ in range(5):  # a neighbour that takes the load's CPU makes it less busy
        shutil.rmtree(tmp_path / "runs", ignore_errors=True)
        result = sweep(path, tmp_path)
        assert result.returncode == 0, result.stderr
        trials = trials_of(run_folder(tmp_path))
        details = [trial["verdict_details"].get("client_bound") for trial in trials]
        if any(details):
            break
    (detail, *_) = [detail for detail in details if detail]
    assert re.fullmatch(r"load thread 0 busy \d\.\d{3}, above 0\.90", detail)
    assert "no headline: " in result.stdout and "client_bound" in result.stdout


@pytest.mark.skipif(len(CPUS) < 2, reason="needs a CPU for each side")
def test_a_neighbour_that_burns_the_servers_cpu_is_noise(plan, tmp_path, start):
    path = plan(duration="500ms", blocks=1, ceiling=False)
    burn = f"import os; os.sched_setaffinity(0, [{CPUS[0]}])\nwhile True: pass"
    neighbour = subprocess.Popen([PYTHON, "-c", burn])
    try:
        result = sweep(path, tmp_path)
    finally:
        neighbour.kill()
        neighbour.wait()
    assert result.returncode == 0, result.stderr
    for trial in trials_of(run_folder(tmp_path)):
        assert "noisy_host" in trial["verdict"]
        assert "server thread 0 waited for its CPU" in trial["verdict_details"]["noisy_host"]
    assert "no headline: 0 of 1 block has both arms valid" in result.stdout


def test_plan_prints_the_trials_and_runs_nothing(plan, tmp_path):
    result = run_program("coresweep", "plan", plan(), cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "trials: 6, in 2 blocks of 3 trials" in result.stdout
    assert re.search(r"time: about .* s", result.stdout)
    assert [path.name for path in tmp_path.iterdir()] == ["small.json"]


def test_a_server_that_dies_fails_its_trial_and_the_sweep_goes_on(plan, tmp_path, start):
    running = start(RunningSweep, plan(duration="1500ms", blocks=1, ceiling=False), tmp_path)
    running.await_child("loadgen")
    os.kill(running.await_child("greeter"), signal.SIGKILL)
    assert running.wait() == 1, "a sweep with a failed trial does not end well"
    folder = run_folder(tmp_path)
    first, second = trials_of(folder)
    assert first["verdict"] == ["failed"]
    assert "server was killed by signal 9" in first["verdict_details"]["failed"]
    assert first["throughput_per_s"] is None
    assert "failed" not in second["verdict"]
    errors = running.process.stderr.read().decode()
    assert "failed: the server was killed by signal 9" in errors
    results.load_run(folder)


def test_a_load_generator_that_dies_fails_its_trial(plan, tmp_path, start):
    running = start(RunningSweep, plan(duration="1500ms", blocks=1, ceiling=False), tmp_path)
    os.kill(running.await_child("loadgen"), signal.SIGKILL)
    assert running.wait() == 1
    first = trials_of(run_folder(tmp_path))[0]
    assert first["verdict"] == ["failed"]
    assert "load generator was killed by signal 9" in first["verdict_details"]["failed"]


def test_a_server_that_hangs_fails_its_trial_and_is_killed(plan, tmp_path, start):
    running = start(RunningSweep, plan(duration="500ms", blocks=1, ceiling=False), tmp_path)
    running.await_child("loadgen")
    greeter = running.await_child("greeter")
    os.kill(greeter, signal.SIGSTOP)
    assert running.wait() == 1
    assert gone(greeter, 1)
    assert trials_of(run_folder(tmp_path))[0]["verdict"] == ["failed"]


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_sweep_keeps_its_trials_and_leaves_nobody(plan, tmp_path, start, sent, code):
    running = start(RunningSweep, plan(duration="300ms", blocks=100), tmp_path)
    deadline = time.monotonic() + PATIENCE_S
    stored = "runs/*/trials.jsonl"
    while not list(tmp_path.glob(stored)) or len(trials_of(run_folder(tmp_path))) < 2:
        assert time.monotonic() < deadline
    children = [running.await_child("greeter"), running.await_child("loadgen")]
    running.process.send_signal(sent)
    assert running.wait() == code
    assert all(gone(child, 1) for child in children)
    folder = run_folder(tmp_path)
    kept = len(trials_of(folder))
    last = running.process.stderr.read().decode().splitlines()[-1]
    assert last == (
        f"coresweep: interrupted: {kept} of 300 trials kept in {folder}; "
        f"draw them: make plots RUN={folder}"
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


def test_a_port_in_use_ends_the_sweep_with_one_line(plan, tmp_path, start):
    stale = start(Greeter, "reuseport_loops")
    result = sweep(plan(listen=stale.target), tmp_path)
    assert result.returncode == 1
    text = one_line(result, "coresweep")
    assert f"{stale.target} is in use by another listener" in text
    assert f"0 of 6 trials kept in {run_folder(tmp_path)}" in text


def test_a_port_that_is_free_within_a_second_is_waited_for(plan, tmp_path, start):
    listener = socket.create_server(("127.0.0.1", 0))
    listen = "127.0.0.1:{}".format(listener.getsockname()[1])
    running = start(RunningSweep, plan(listen=listen, blocks=1), tmp_path)
    running.await_child("greeter")  # the first try is under way, and must fail
    closing = threading.Timer(0.3, listener.close)
    closing.start()
    assert running.wait() == 0, running.process.stderr.read()
    closing.join()


def test_a_results_folder_that_cannot_be_written_gets_one_line(plan, tmp_path):
    (tmp_path / "file").write_text("")
    result = run_program("coresweep", "run", plan(), "--results", tmp_path / "file" / "runs")
    assert result.returncode == 1
    assert one_line(result, "coresweep") == f"{tmp_path}/file/runs: Not a directory"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_ends_the_sweep_and_keeps_what_was_written(plan, tmp_path):
    disk = tmp_path / "runs"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32k", "none", disk]).returncode != 0:
        pytest.skip("mounting is not allowed here")
    try:
        result = sweep(plan(blocks=100, duration="100ms"), tmp_path)
        assert result.returncode == 1
        last = result.stderr.splitlines()[-1]
        folder = run_folder(tmp_path)
        kept = trials_of(folder)
        assert "No space left on device" in last and f"{len(kept)} of 300 trials kept" in last
        assert len(kept) > 0
        results.load_run(folder)
    finally:
        subprocess.run(["umount", disk], check=True)


def test_python_without_matplotlib_costs_the_chart_only(plan, tmp_path):
    bare = tmp_path / "python3"
    # The real interpreter without its site-packages: what a python without matplotlib is.
    bare.write_text(f'#!/bin/sh\nexec {PYTHON} -S "$@"\n')
    bare.chmod(0o755)
    result = sweep(plan(blocks=1), tmp_path, "--python", bare)
    assert result.returncode == 1
    folder = run_folder(tmp_path)
    assert f"run: {folder}" in result.stdout and "at 1 thread" in result.stdout
    last = result.stderr.splitlines()[-1]
    assert "has no matplotlib: apt-get install python3-matplotlib" in last
    assert f"make plots RUN={folder}" in last
    assert len(trials_of(folder)) == 3


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{"architectures": ["shared_reactor"],\n "thread": [1]}', '"thread"'),
        ('{"architectures": ["shared_reactor"], "threads": [0]}', "threads[0]"),
        ('{"architectures": ["shared_reactor"], "threads": [4096]}', "coresweep may run on"),
        ('{"architectures": ["shared_reactor"], "threads": "all"}', "threads"),
        ('{"architectures": ["shared_reactor"], "blocks": "8"}', "blocks"),
        ('{"architectures": ["shared_reactor"], "blocks": 8, "blocks": 9}', '"blocks"'),
        ('{"architectures": ["shared"]}', "shared_reactor, "),
        ('{"architectures": ["shared_reactor"], "duration": "2500"}', "duration"),
        ('{"architectures": ["shared_reactor"],\n "blocks": }', "line 2, column"),
        ("{}", "architectures"),
        ("", "line 1, column"),
    ],
)
def test_a_bad_plan_gets_one_line_and_exit_2(tmp_path, text, complaint):
    path = tmp_path / "bad.json"
    path.write_text(text)
    for command in ("plan", "run"):
        result = run_program("coresweep", command, path, cwd=tmp_path)
        assert result.returncode == 2, result.stderr
        line = one_line(result, "coresweep")
        assert line.startswith(f"{path}: ") and complaint in line
        assert result.stdout == ""
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "a command is needed: run or plan"),
        (["sweep"], "'sweep' is no command: allowed are run and plan"),
        (["run"], "PLAN"),
        (["run", "/nonexistent.json"], "/nonexistent.json: No such file or directory"),
        (["run", "/"], "/: "),
        (["run", "x.json", "--blocks", "3"], "--blocks"),
        (["run", "x.json", "--seed", "1", "--seed", "2"], "--seed"),
    ],
)
def test_wrong_usage_gets_one_line_and_exit_2(arguments, text):
    result = run_program("coresweep", *arguments)
    assert result.returncode == 2
    assert text in one_line(result, "coresweep")
