"""A sweep that was stopped goes on exactly where it was: nothing is lost, nothing counts twice."""

import json
import os
import random
import shutil
import signal
import subprocess
import time

import pytest
from conftest import BIN, PATIENCE_S, ROOT, Program, one_line, run_program
from sweeps import (
    PYTHON,
    RunningSweep,
    await_trials,
    children_of,
    gone,
    run_folder,
    sweep,
    trials_of,
)

# All kinds of trials: twins, ceilings, controls and arms.
EVERYTHING = {"duration": "100ms", "warmup": "20ms", "blocks": 2, "twin_blocks": 1,
              "controls": True}
# Goes on for a moment only: three of its six trials are there when it is killed.
NEARLY_DONE = {"count": 3, "blocks": 2, "twin_blocks": 0, "controls": False}
# Each may cost the neighbours that it falls between.
MOST_KILLS = 6


def resume(folder, *flags):
    return run_program("coresweep", "resume", folder, "--no-report", *flags)


def place(trial):
    keys = ("trial", "block", "attempt", "cell", "role")
    return tuple(trial[key] for key in keys)


def names(trials):
    return [(trial["block"], trial["role"], trial["cell"]) for trial in trials]


def stop(running, sent=signal.SIGKILL):
    """Its end, and that of whomever it had started."""
    children = children_of(running.process.pid).values()
    running.process.send_signal(sent)
    running.wait()
    assert all(gone(child, 5) for child in children)


def test_a_sweep_killed_at_random_moments_ends_as_one_that_never_was(plan, tmp_path, start):
    chance = random.Random(5)
    path = plan(**EVERYTHING)
    whole = tmp_path / "whole"
    assert sweep(path, whole).returncode == 0
    expected = names(trials_of(run_folder(whole)))
    running = start(RunningSweep, path, tmp_path)
    await_trials(tmp_path, 1)
    folder = run_folder(tmp_path)
    kills, kept = 0, []
    while kills < MOST_KILLS:
        time.sleep(chance.uniform(0.05, 1.5))  # wherever it is by then
        if running.process.poll() is not None:
            break
        stop(running)
        kills += 1
        before = kept
        kept = [line for line in (folder / "trials.jsonl").read_bytes().split(b"\n")[:-1]]
        assert kept[:len(before)] == before, "what was stored stays as it was"
        running = start(Resumed, folder)
    assert running.wait() == 0
    trials = trials_of(folder)
    assert kills >= 2
    # What a kill fell between runs again, all neighbours together: the last of each counts.
    last = {(block, role, cell): trial for trial in trials
            for block, role, cell in names([trial])}
    assert names(trial for trial in trials if trial in last.values()) == expected
    for trial in trials:
        own = last[trial["block"], trial["role"], trial["cell"]]
        assert trial is own or trial["attempt"] < own["attempt"]
    assert [trial["trial"] for trial in trials] == list(range(len(trials)))
    assert len({place(trial) for trial in trials}) == len(trials)
    assert trials[-1]["session"] <= kills and trials[0]["session"] == 0
    sessions = [trial["session"] for trial in trials]
    assert sessions == sorted(sessions)


class Resumed(Program):
    """A run that goes on, as RunningSweep is one that begins."""

    def __init__(self, folder):
        super().__init__(BIN / "coresweep", "resume", folder, "--no-report")


def stopped_run(plan, tmp_path, start, count=1, **fields):
    """The folder of a sweep that was killed after so many trials or a few more."""
    path = plan(**{**EVERYTHING, "blocks": 30, **fields})
    running = start(RunningSweep, path, tmp_path)
    await_trials(tmp_path, count)
    stop(running)
    return run_folder(tmp_path)


def refusal(folder):
    result = resume(folder)
    assert result.returncode == 2, result.stderr
    return result.stderr.splitlines()[-1].removeprefix("coresweep: ")


def test_another_environment_is_another_program(plan, tmp_path, start, monkeypatch):
    folder = stopped_run(plan, tmp_path, start)
    record = json.loads((folder / "run.json").read_text())
    was = record.get("environment", [])  # of whoever runs this test
    monkeypatch.setenv("MALLOC_ARENA_MAX", "1")
    now = sorted([*was, "MALLOC_ARENA_MAX=1"])
    told = [json.dumps(settings, separators=(",", ":")) for settings in (was, now)]
    assert refusal(folder) == (
        f"{folder}/run.json: cannot go on: environment was {told[0]} and is {told[1]}")


def test_what_differs_is_named_and_nothing_is_run(plan, tmp_path, start):
    folder = stopped_run(plan, tmp_path, start)
    record = json.loads((folder / "run.json").read_text())
    before = (folder / "trials.jsonl").read_bytes()
    path = folder / "run.json"

    def changed(**changes):
        path.write_text(json.dumps({**record, **changes}))
        text = refusal(folder)
        path.write_text(json.dumps(record))
        return text

    machine = {**record["machine"], "kernel": "2.6.32"}
    assert changed(machine=machine) == (
        f'{path}: cannot go on: machine.kernel was "2.6.32" and is '
        f'{json.dumps(record["machine"]["kernel"])}')
    binaries = {**record["binaries"], "greeter": {"sha256": "0" * 64}}
    assert f'{path}: cannot go on: binaries.greeter.sha256 was "{"0" * 58}' in changed(
        binaries=binaries)
    thresholds = {**record["thresholds"], "noisy_host_steal_share": 0.5}
    assert changed(thresholds=thresholds) == (
        f"{path}: cannot go on: thresholds.noisy_host_steal_share was 0.5 and is 0.01")
    assert (folder / "trials.jsonl").read_bytes() == before


def test_a_plan_that_was_changed_meanwhile_is_named_by_its_key(plan, tmp_path, start):
    folder = stopped_run(plan, tmp_path, start)
    path = plan(**{**EVERYTHING, "blocks": 30, "warmup": "30ms"})
    document = json.loads((folder / "run.json").read_text())["plan_document"]
    listen = json.loads(path.read_text())["listen"]
    assert refusal(folder) == (
        f'{path}: cannot go on: warmup was "20ms" and is "30ms"; '
        f'listen was "{document["listen"]}" and is "{listen}"')
    path.write_text(json.dumps({**document, "trace": True}))
    assert refusal(folder) == f"{path}: cannot go on: trace was null and is true"


def test_a_plan_that_is_gone_is_told_and_the_runs_own_goes_on(plan, tmp_path, start):
    folder = stopped_run(plan, tmp_path, start, **NEARLY_DONE)
    (tmp_path / "small.json").unlink()
    result = resume(folder)
    assert result.returncode == 0, result.stderr
    assert (f"{tmp_path}/small.json: is not there any more: going on with the plan as the run has "
            "it") in result.stderr


def test_a_torn_last_line_is_dropped_with_a_line(plan, tmp_path, start):
    folder = stopped_run(plan, tmp_path, start, **NEARLY_DONE)
    path = folder / "trials.jsonl"
    whole = path.read_bytes()
    whole = whole[:whole.rindex(b"\n") + 1]
    count = whole.count(b"\n")
    path.write_bytes(whole + whole.split(b"\n")[0][:500])
    result = resume(folder)
    assert result.returncode == 0, result.stderr
    assert f"{path}: torn last line dropped\n" in result.stderr
    assert path.read_bytes().startswith(whole)
    assert [trial["trial"] for trial in trials_of(folder)][:count] == list(range(count))


def test_trials_that_are_not_the_plans_are_refused_by_their_line(plan, tmp_path, start):
    folder = stopped_run(plan, tmp_path, start, count=3)
    path = folder / "trials.jsonl"
    *lines, _ = path.read_text().split("\n")
    swapped = [lines[0], lines[2], lines[1], *lines[3:]]
    path.write_text("\n".join([*swapped, ""]))
    assert f"{path}: line 2: trial is 2: the plan's order has 1 there" in refusal(folder)
    other = json.dumps({**json.loads(lines[1]), "cell": "another/lean/t1/c8/s4"})
    path.write_text("\n".join([lines[0], other, *lines[2:], ""]))
    assert f"{path}: line 2: cell is \"another/lean/t1/c8/s4\": the plan's order has " in (
        refusal(folder))
    negative = json.dumps({**json.loads(lines[1]), "throughput_per_s": -1})
    path.write_text("\n".join([lines[0], negative, *lines[2:], ""]))
    assert refusal(folder) == (f"{path}: line 2: is no trial: throughput_per_s is -1: "
                               "allowed is no figure below 0")
    path.write_text("\n".join([lines[0], "{", *lines[2:], ""]))
    assert f"{path}: line 2: is " in refusal(folder)
    later = json.dumps({**json.loads(lines[0]), "schema_version": 3})
    path.write_text(later + "\n")
    assert f"{path}: line 1: schema_version is 3: allowed is 2" in refusal(folder)


def test_a_run_that_is_complete_says_its_answer_again(plan, tmp_path):
    assert sweep(plan(duration="100ms"), tmp_path).returncode == 0
    folder = run_folder(tmp_path)
    before = (folder / "trials.jsonl").read_bytes()
    # What was to be mended then may be mended by now, which makes it no other run.
    path = folder / "run.json"
    warned = {"check": "swap", "reading": "swap is on", "why": "it waits", "mend": "swapoff -a"}
    path.write_text(json.dumps({**json.loads(path.read_text()), "doctor": [warned]}))
    result = run_program("coresweep", "resume", folder)
    assert result.returncode == 0, result.stderr
    assert "6 of 6 trials are there" in result.stderr
    assert "at 1 thread" in result.stdout and f"chart: {folder}" in result.stdout
    assert result.stdout.endswith(f"report: {folder}/report.html\n")
    assert (folder / "trials.jsonl").read_bytes() == before


def test_two_cannot_work_on_one_run(plan, tmp_path, start):
    running = start(RunningSweep, plan(duration="2s", blocks=50), tmp_path)
    running.await_child("loadgen")
    folder = run_folder(tmp_path)
    result = resume(folder)
    assert result.returncode == 1
    assert one_line(result, "coresweep") == (
        f"{folder}/trials.jsonl: another coresweep is at work on it")
    stop(running, signal.SIGTERM)


def test_an_interrupted_sweep_says_how_to_go_on(plan, tmp_path, start):
    running = start(RunningSweep, plan(duration="300ms", blocks=100), tmp_path)
    await_trials(tmp_path, 1)
    running.process.send_signal(signal.SIGINT)
    assert running.wait() == 130
    folder = run_folder(tmp_path)
    last = running.process.stderr.read().decode().splitlines()[-1]
    assert last.endswith(f"; go on: coresweep resume {folder}")


@pytest.mark.parametrize("folder, complaint", [
    ("nowhere", "nowhere: No such file or directory"),
    ("/dev/null", "/dev/null: is no folder: a run's folder is needed"),
])
def test_what_is_no_run_is_refused(tmp_path, folder, complaint):
    result = run_program("coresweep", "resume", folder, cwd=tmp_path)
    assert result.returncode == 2
    assert complaint in one_line(result, "coresweep")


def test_a_run_of_version_1_cannot_go_on(tmp_path):
    old = ROOT / "results" / "published" / "20261123T195145Z-bench"
    folder = tmp_path / "old"
    shutil.copytree(old, folder)
    result = resume(folder)
    assert result.returncode == 2
    assert one_line(result, "coresweep") == (
        f"{folder}/run.json: schema_version is 1: only a run of version 2 can go on")


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting takes root")
def test_on_a_full_disk_nothing_is_lost_and_with_room_it_goes_on(plan, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", disk],
                             capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"no tmpfs can be mounted here: {mounted.stderr.strip()}")
    try:
        path = plan(**{**EVERYTHING, "blocks": 1})
        result = run_program("coresweep", "run", path, "--results", disk)
        assert result.returncode == 1
        assert "No space left on device" in result.stderr
        (folder,) = disk.iterdir()
        assert f"go on: coresweep resume {folder}" in result.stderr.splitlines()[-1]
        kept = (folder / "trials.jsonl").read_bytes()
        assert kept.endswith(b"\n") and kept.count(b"\n") >= 2
        assert all(json.loads(line) for line in kept.splitlines())
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        result = resume(folder)
        assert result.returncode == 0, result.stderr
        assert (folder / "trials.jsonl").read_bytes().startswith(kept)
        trials = trials_of(folder)
        assert [trial["trial"] for trial in trials] == list(range(len(trials)))
    finally:
        subprocess.run(["umount", disk], check=True, timeout=PATIENCE_S)
