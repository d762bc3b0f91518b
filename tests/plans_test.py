"""Every plan of harness/plans: its question comes first, it is found by name, and it runs."""

import json
import re
import sys

import pytest
from conftest import ROOT, one_line, run_program
from sweeps import drawn_sweep, free_port, run_folder, sweep, trials_of

sys.path.insert(0, str(ROOT / "plots"))
import results  # noqa: E402  plots/results.py validates against results/schema.json

PLANS = ROOT / "harness" / "plans"
NAMES = sorted(path.stem for path in PLANS.glob("*.json"))
ASKED_FOR = {"architectures", "article", "bench", "churn", "connections", "engines",
             "handler_cost", "latency", "peers", "protocol_weight", "quick", "stalls"}
# Elsewhere: peers (tests/peers_verified_test.py), and what latency's shares come to is searched
# for, where nothing else may run beside it (tests/twins_test.py).
RUN = [name for name in NAMES if name not in ("peers", "latency")]
# On one thread count, without a chart's worth of blocks: each trial is as real as any.
SHORT = {"threads": [1], "warmup": "20ms", "duration": "100ms", "blocks": 1, "trace": False,
         "reruns": 0}
MOST_CONNECTIONS = 200


def shortened(plan):
    # The twins of one plan are as good as those of all.
    short = {**SHORT, "twin_blocks": 1 if plan["question"].startswith("How many requests") else 0}
    connections = plan.get("connections")
    if isinstance(connections, list):
        short["connections"] = [one for one in connections if one <= MOST_CONNECTIONS]
    elif isinstance(connections, int):
        short["connections"] = min(connections, MOST_CONNECTIONS)
    plan = {key: value for key, value in plan.items() if key != "peers"}  # they take minutes
    return {**plan, **short, "listen": f"127.0.0.1:{free_port()}"}


def test_the_readme_has_every_plan_with_its_question():
    row = re.compile(r"^\| `(\w+)` \| (.+) \| (?:\d+ min )?\d+ s \|$", re.MULTILINE)
    rows = row.findall((ROOT / "README.md").read_text())
    assert dict(rows) == {
        name: json.loads((PLANS / f"{name}.json").read_text())["question"] for name in NAMES}


def test_there_is_a_plan_for_each_question_that_people_ask():
    assert set(NAMES) == ASKED_FOR


@pytest.mark.parametrize("name", NAMES)
def test_a_plan_begins_with_its_question_and_is_found_by_its_name(name, tmp_path):
    plan = json.loads((PLANS / f"{name}.json").read_text())
    assert next(iter(plan)) == "question"
    assert re.search(r"\?( \(.*\))?$", plan["question"])
    planned = run_program("coresweep", "plan", name, cwd=tmp_path)
    assert planned.returncode == 0, planned.stderr
    assert planned.stdout.splitlines()[0] == f"question: {plan['question']}"
    assert re.search(r"^time: about ", planned.stdout, re.MULTILINE)


@pytest.mark.parametrize("name", RUN)
def test_a_plan_runs_and_what_it_stores_is_valid(name, tmp_path):
    path = tmp_path / f"{name}.json"
    path.write_text(json.dumps(shortened(json.loads((PLANS / f"{name}.json").read_text()))))
    result = sweep(path, tmp_path)
    assert result.returncode == 0, result.stderr
    folder = run_folder(tmp_path)
    assert folder.name.endswith(f"Z-{name}")
    run = results.load_run(folder)
    assert run.is_complete
    assert not [trial for trial in trials_of(folder) if "failed" in trial["verdict"]]


def test_connections_told_by_streams_go_through_all_that_reads_a_run(plan, tmp_path):
    path = plan(architectures=["reuseport_loops", "shared_reactor"], http2="lean", streams=[1, 2],
                connections={"1": 6, "2": 3}, ceiling=False, warmup="20ms", duration="100ms",
                headline={"architecture": "reuseport_loops", "against": "shared_reactor",
                          "threads": 1, "streams": 2})
    swept = drawn_sweep(path, tmp_path)
    assert swept.returncode == 0, swept.stderr
    assert "3 connections x 2 streams" in swept.stdout
    folder = run_folder(tmp_path)
    record = json.loads((folder / "run.json").read_text())
    assert record["plan"]["connections"] == {"1": 6, "2": 3}
    assert {(trial["factors"]["connections"], trial["factors"]["streams"])
            for trial in trials_of(folder)} == {(6, 1), (3, 2)}
    assert "streams: 1 on each of 6 connections" in (folder / "report.html").read_text()
    assert not (folder / "connections_map.png").exists()
    both = [folder, "reuseport_loops", "shared_reactor"]
    for words in (["list", "--results", tmp_path / "runs"], ["explain", *both],
                  ["export", folder, "--format", "csv"], ["report", folder]):
        result = run_program("coresweep", *words)
        assert result.returncode == 0, (words, result.stderr)
    (folder / "end.json").unlink()
    *most, _, _ = (folder / "trials.jsonl").read_text().splitlines(keepends=True)
    (folder / "trials.jsonl").write_text("".join(most))
    resumed = run_program("coresweep", "resume", folder, "--no-report")
    assert resumed.returncode == 0, resumed.stderr
    assert len(trials_of(folder)) == len(most) + 2
    record["plan"]["connections"] = {"1": 6, "3": 3}
    (folder / "run.json").write_text(json.dumps(record))
    assert run_program("coresweep", "resume", folder).returncode == 2
    drawn = run_program("coresweep", "report", folder)
    assert drawn.returncode == 1 and "run.json: plan.connections: 1, 3 are not" in drawn.stderr


def test_a_name_runs_from_any_folder_and_names_its_run(tmp_path):
    """The plan itself, ended at once: a port in use is the first thing that a trial meets."""
    result = run_program("coresweep", "plan", "bench", cwd=tmp_path)
    assert result.returncode == 0
    (tmp_path / "bench").write_text("{}")
    assert run_program("coresweep", "plan", "bench", cwd=tmp_path).stdout == result.stdout
    own = run_program("coresweep", "plan", "./bench", cwd=tmp_path)
    assert own.returncode == 2
    assert one_line(own, "coresweep").startswith("./bench:1: architectures is missing")


@pytest.mark.parametrize("name", ["benhc", "", "..", "bench.JSON", "bench\n", "x" * 3000])
def test_a_name_of_no_plan_is_answered_with_those_there_are(name, tmp_path):
    for command in ("plan", "run"):
        result = run_program("coresweep", command, name, cwd=tmp_path)
        assert result.returncode == 2
        assert f"is no plan: allowed are {', '.join(NAMES)}, or a file, such as ./bench.json" in (
            result.stderr)
    assert list(tmp_path.iterdir()) == []
