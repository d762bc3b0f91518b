"""coresweep as its users run it: real sweeps of the real programs, and what they say."""

import contextlib
import fcntl
import json
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import termios

import pytest
from conftest import BIN, PATIENCE_S, ROOT, one_line, run_program
from sweeps import CPUS, PYTHON, drawn_sweep, run_folder, sweep, trials_of

sys.path.insert(0, str(ROOT / "plots"))
import results  # noqa: E402  plots/results.py validates against results/schema.json

COSTS_NOTHING = {"handler_cpu": "0ns", "handler_wait": "0ns", "reply_bytes": 0,
                 "stall_thread": None, "pin": "each", "backlog": "whole"}


def test_a_sweep_ends_with_bars_headline_folder_chart_and_report(plan, tmp_path):
    result = drawn_sweep(plan(), tmp_path)
    assert result.returncode == 0, result.stderr
    folder = run_folder(tmp_path)
    out = result.stdout.splitlines()
    run, chart, report = out[-3:]
    assert run == f"run: {folder}"
    assert chart == f"chart: {folder}/throughput_by_cores.png"
    assert report == f"report: {folder}/report.html"
    assert "<html" in (folder / "report.html").read_text()
    assert "at 1 thread" in result.stdout
    # A table, then bars of it that no terminal would wrap.
    heading = next(i for i, line in enumerate(out) if line.startswith("requests/s by threads, "))
    bars = out[heading + 1:heading + 3]
    assert [bar.split()[:3] for bar in bars] == [
        ["1", "thread", "shared_reactor"], ["reuseport_loops", *bars[1].split()[1:3]]]
    assert all(len(bar) < 80 and re.search(r"[#\u2588]| valid\)", bar) for bar in bars)
    assert out[heading - 1] == out[heading + 3] == ""
    assert (folder / "throughput_by_cores.png").stat().st_size > 10_000
    assert (folder / "throughput_by_cores.svg").read_text().startswith("<?xml")
    # A pipe sees one plain line a trial: two architectures and the ceiling, two blocks.
    assert len(result.stderr.splitlines()) == 6
    assert all(re.match(r"(trial )?\d of 6", line) for line in result.stderr.splitlines())


@pytest.mark.parametrize("columns", [40, 132])
def test_bars_are_as_wide_as_the_terminal(plan, tmp_path, columns):
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))
    path = plan(blocks=1, ceiling=False)
    subprocess.run(
        [BIN / "coresweep", "run", path, "--results", tmp_path / "runs", "--python", "/bin/true"],
        stdout=slave, stderr=subprocess.DEVNULL, timeout=PATIENCE_S,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    os.close(slave)
    text = b""
    with contextlib.suppress(OSError):  # how a terminal that nobody has any more ends
        while part := os.read(master, 65_536):
            text += part
    os.close(master)
    lines = text.decode().splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("requests/s by threads"))
    shown = lines[first:lines.index("", first)]
    assert all(len(line) < columns for line in shown)
    # One valid bar is all of the scale.
    assert any(" valid)" in line or len(line) == columns - 1 for line in shown[1:])


def test_what_is_stored_is_valid_whole_and_adds_up(plan, tmp_path):
    assert sweep(plan(), tmp_path).returncode == 0
    folder = run_folder(tmp_path)
    run = results.load_run(folder)  # validates every line against the schema
    assert len(run.trials) == 6
    record = json.loads((folder / "run.json").read_text())
    assert record["machine"]["cpu_model"]
    doctor = json.loads(run_program("coresweep", "doctor", "--json").stdout)
    # Who else used the CPUs is told by each trial, and what may be another by now tells nothing.
    passing = {"other_load", "steal", "time_wait", "swap", "irqbalance"}
    assert [warned["check"] for warned in record["doctor"] if warned["check"] not in passing] == [
        finding["name"] for finding in doctor["findings"]
        if finding["state"] == "warning" and finding["name"] not in passing]
    assert not {"other_load", "steal"} & {warned["check"] for warned in record["doctor"]}
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
    for seed in (1, 1, 2):
        shutil.rmtree(tmp_path / "runs", ignore_errors=True)
        short = plan(blocks=3, warmup="20ms", duration="100ms")
        assert sweep(short, tmp_path, "--seed", seed).returncode == 0
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
    for _ in range(15):  # a neighbour that takes the load's CPU makes it less busy
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


def run_as_planned(path, tmp_path, headline, trials):
    """The folder of a run whose headline and number of trials were foretold by `plan`."""
    planned = run_program("coresweep", "plan", path)
    assert f"headline: {headline} at 1 thread\n" in planned.stdout
    assert trials in planned.stdout
    result = sweep(path, tmp_path)
    assert result.returncode == 0, result.stderr
    assert headline in result.stdout
    return run_folder(tmp_path)


def test_every_http2_of_a_plan_is_run_stored_compared_and_drawn(plan, tmp_path):
    """One architecture against itself: how much of it does the protocol take?"""
    arm = {"architecture": "reuseport_loops", "against": "reuseport_loops"}
    path = plan(http2=["lean", "nghttp2"], duration="100ms", ceiling=False,
                headline={**arm, "http2": "lean", "against_http2": "nghttp2"})
    names = "reuseport_loops with http2 lean / reuseport_loops with http2 nghttp2"
    folder = run_as_planned(path, tmp_path, names, "trials: 8, in 2 blocks of 4 cells")
    drawn = run_program("coresweep", "report", folder)
    assert (drawn.returncode, drawn.stdout) == (0, f"report: {folder}/report.html\n"), drawn.stderr
    record = json.loads((folder / "run.json").read_text())
    assert record["plan"]["http2"] == ["lean", "nghttp2"]
    assert record["headline"] == {
        **arm, "engine": "epoll", "http2": "lean", "against_engine": "epoll",
        "against_http2": "nghttp2", "threads": 1, "connections": 8, "streams": 4, "rate": None,
        "requests_per_connection": None, **COSTS_NOTHING}
    run = results.load_run(folder)
    assert len(run.compared) == 4 and len(run.trials) == 8
    assert (folder / "throughput_by_cores.png").stat().st_size > 10_000


def test_every_handler_of_a_plan_is_a_cell_and_the_dearer_one_answers_less(plan, tmp_path):
    arm = {"architecture": "reuseport_loops", "against": "shared_reactor"}
    path = plan(handler_cpu=["0ns", "200us"], headline={**arm, "handler_cpu": "200us"})
    names = "reuseport_loops / shared_reactor, handler_cpu 200us"
    folder = run_as_planned(path, tmp_path, names, "trials: 10, in 2 blocks of 5 cells")
    record = json.loads((folder / "run.json").read_text())
    assert record["plan"]["handler_cpu"] == ["0ns", "200us"]
    assert record["headline"]["handler_cpu"] == "200us"
    trials = trials_of(folder)
    free, dear = "/lean/t1/c8/s4", "/lean/t1/c8/s4/cpu200us"
    assert {trial["cell"] for trial in trials if trial["role"] == "arm"} == {
        architecture + end for architecture in arm.values() for end in (free, dear)}
    assert {trial["cell"] for trial in trials if trial["role"] == "ceiling"} == {
        "dealt_loops/null/t1/c8/s4"}
    for block in range(2):
        of_block = [trial for trial in trials if trial["block"] == block]
        costs = [trial["factors"]["handler_cpu"] for trial in of_block if trial["role"] == "arm"]
        assert costs in (["0ns"] * 2 + ["200us"] * 2, ["200us"] * 2 + ["0ns"] * 2), "neighbours"
        answered = {trial["cell"]: trial["requests_answered"] for trial in of_block}
        for architecture in arm.values():
            # 200 us of CPU a call are at most 5,000 calls a second and thread.
            assert answered[architecture + dear] <= 1_100
            assert answered[architecture + dear] < answered[architecture + free]
    assert len(results.load_run(folder).conditions) == 2
    explained = run_program(
        "coresweep", "explain", folder, *arm.values(), "--conditions", "cpu200us")
    assert explained.returncode == 0, explained.stderr
    assert "reuseport_loops / shared_reactor (http2 lean, engine epoll, conditions cpu200us)" in (
        explained.stdout)


def test_a_server_may_roam_and_its_backlog_be_divided(plan, tmp_path):
    conditions = [(pin, backlog) for pin in ("each", "none") for backlog in ("whole", "divided")]
    path = plan(mode="churn", requests_per_connection=5, threads=[2], pin=["each", "none"],
                backlog=["whole", "divided"], blocks=1, ceiling=False, headline=None)
    result = sweep(path, tmp_path)
    assert result.returncode == 0, result.stderr
    folder = run_folder(tmp_path)
    trials = trials_of(folder)
    assert not [trial for trial in trials if "failed" in trial["verdict"]]
    assert sorted((trial["factors"]["pin"], trial["factors"]["backlog"])
                  for trial in trials) == sorted(2 * conditions)
    assert {trial["cell"].split("/s4")[1] for trial in trials} == {
        "/churn5", "/backlog-divided/churn5", "/pin-none/churn5",
        "/pin-none/backlog-divided/churn5"}
    assert all(len(trial["server"]["cpus"]) == 2 for trial in trials)
    assert len(results.load_run(folder).conditions) == 4  # each has its part of the chart


def test_a_headline_that_names_no_handler_of_several_gets_its_line(plan, tmp_path):
    path = plan(handler_wait=["0ns", "1ms"], headline={
        "architecture": "reuseport_loops", "against": "shared_reactor"})
    result = sweep(path, tmp_path)
    assert result.returncode == 2
    assert one_line(result, "coresweep") == (
        f"{path}:1: headline.handler_wait is missing: allowed is one of 0ns, 1ms, since the plan "
        "has several")
    assert not (tmp_path / "runs").exists()


def test_plan_prints_the_trials_and_runs_nothing(plan, tmp_path):
    result = run_program("coresweep", "plan", plan(), cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "trials: 6, in 2 blocks of 3 cells" in result.stdout
    assert re.search(r"time: about .* s", result.stdout)
    assert [path.name for path in tmp_path.iterdir()] == ["small.json"]
