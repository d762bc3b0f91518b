"""One trial's bad data costs a chart that trial alone, and where it stands is told."""

import json
import shutil
from pathlib import Path

import pytest

import charts
import fairness_test
import latency_distribution
import sweep_time
import timeline
from drawn import assert_texts_apart, drawn, figure_of, said
from latency_distribution_test import case as latency_case
from recorded_test import RECORDED
from results import ResultsError, load_run
from synthetic_hosts import of_fleet, of_hosts, over_hosts
from synthetic_run import sweep, write_run
from timeline_test import timed

CHARTS = {chart.name: chart for chart in charts.ALL}
BAD_HISTOGRAM = "HISTFAAA"
BAD_TIME = "2026-13-45T12:00:00Z"
MOST = 10**18  # of what is no count, and of most that is

FAILED = {"verdict": ["failed"], "verdict_details": {"failed": "invented"}}

# To one trial each: what the schema lets through, and no sweep writes.
DAMAGES = [
    {"started_at": BAD_TIME}, {"started_at": "9999-12-31T23:59:59Z"},
    {"latency_from_due_ns.histogram": BAD_HISTOGRAM, "latency_from_sent_ns.histogram":
     BAD_HISTOGRAM},
    {"server": None, **FAILED}, {"load": None, **FAILED}, {"seconds": None, **FAILED},
    {"latency_from_due_ns": None, "latency_from_sent_ns": None, **FAILED},
    {"throughput_per_s": None, **FAILED}, {"machine_cpu": None}, {"window_s": 0},
    {"server.window_s": 0, "machine_cpu.window_s": 0}, {"throughput_per_s": 0},
    {"throughput_per_s": MOST, "window_s": MOST}, {"throughput_per_s": 5e-324, "window_s": 5e-324},
    {"latency_from_due_ns.p99": MOST, "latency_from_sent_ns.p99": MOST},
    {"latency_from_due_ns.p50": None, "latency_from_sent_ns.p50": None},
    {"server.threads.0.requests": 0}, {"server.threads.0.requests": 2**63 - 1},
    {"server.cpu_user_s": MOST, "server.threads.0.cpu_user_s": MOST}, {"server.threads": []},
    {"seconds.0.second": 2**63 - 1, "seconds.0.requests_answered": 2**63 - 1},
    {"machine_cpu.per_cpu": []}, {"load.threads": []}, {"requests_due_unanswered": 2**63 - 1},
    {"hosts.server.machine_cpu": None}, {"hosts.server.machine_cpu.window_s": 0},
    {"hosts.server.machine_cpu.per_cpu": []}, {"hosts.server": None}, {"hosts": {}},
    {"hosts.server.machine_cpu.per_cpu.0.softirq_s": MOST}, {"pair": "nobody"},
]


def changed(line: dict, damage: dict) -> dict:
    """A copy; keys that the line does not have are left."""
    line = json.loads(json.dumps(line))
    for path, value in damage.items():
        *parents, key = (int(step) if step.isdigit() else step for step in path.split("."))
        target = line
        for step in parents:
            inside = (step in target if isinstance(target, dict)
                      else isinstance(target, list) and step < len(target))
            target = target[step] if inside else None
        if isinstance(target, dict) and key in target:
            target[key] = value
    return line


def recorded(plan: str, folder: Path) -> Path:
    (source,) = RECORDED.glob(f"*-{plan}")
    return shutil.copytree(source, folder)


def invented(folder: Path, trials, **changes) -> Path:
    return write_run(folder, trials, **changes)


EIGHT = {"server": list(range(8)), "load": [8], "physical_cores": 8}
SHARED = fairness_test.sharing(sweep(blocks=9, thread_counts=[2]), fairness_test.uneven)
# A run that has the data for each chart.
RUNS = {
    "throughput_by_cores": lambda folder: invented(folder, timed(sweep(blocks=9))),
    "ratio_by_cores": lambda folder: invented(folder, timed(sweep(blocks=9))),
    "ratio_by_pair": lambda folder: invented(
        folder, over_hosts(timed(sweep(blocks=30, ceiling_per_s=None)), 2, pairs=3), **of_fleet(3)),
    "capacity_by_cores": lambda folder: recorded("capacity", folder),
    "latency_by_rate": lambda folder: recorded("latency", folder),
    "latency_distribution": lambda folder: invented(
        folder, **latency_case([2_000, 8_000], blocks=9)),
    "efficiency_by_cores": lambda folder: invented(folder, timed(sweep(blocks=9))),
    "causes": lambda folder: invented(folder, timed(sweep(blocks=9))),
    "softirq_by_cpu": lambda folder: invented(
        folder, over_hosts(timed(sweep(blocks=15)), 2), **of_hosts(2)),
    "fairness": lambda folder: invented(folder, SHARED),
    "implementations": lambda folder: invented(folder, timed(sweep(blocks=9, peers=["tonic"]))),
    "connections_map": lambda folder: recorded("connections", folder),
    "protocol_weight": lambda folder: recorded("protocol_weight", folder),
    "churn": lambda folder: recorded("churn", folder),
    "scalability_fit": lambda folder: invented(
        folder, timed(sweep(thread_counts=range(1, 9), blocks=9, ceiling_per_s=9e6)),
        cpu_division=EIGHT),
    "timeline": lambda folder: invented(folder, timed(sweep(blocks=9))),
}


def lines_of(folder: Path) -> list[dict]:
    return list(map(json.loads, (folder / "trials.jsonl").read_text().splitlines()))


def write_lines(folder: Path, lines) -> None:
    (folder / "trials.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.mark.parametrize("name", CHARTS)
def test_what_is_absurd_in_some_trials_costs_no_chart(name, tmp_path):
    """The first half of the trials is damaged: of each cell that is run, some are whole."""
    folder, chart = RUNS[name](tmp_path / "run"), CHARTS[name]
    lines = lines_of(folder)
    for i, damage in enumerate(DAMAGES[:len(lines) // 2]):
        lines[2 * i] = changed(lines[2 * i], damage)
    write_lines(folder, lines)
    run = load_run(folder)
    assert chart.missing(run) == ""
    assert_texts_apart(*figure_of(chart.draw, run))
    words = set(chart.reading(run).replace(",", " ").replace("(", " ").split())
    assert words and not words & {"nan", "inf", "None"}


@pytest.mark.parametrize("key, value, complaint", [
    ("started_at", None, "started_at: None is not of type 'string'"),
    ("throughput_per_s", "fast", "throughput_per_s: 'fast' is not of type 'number', 'null'"),
    ("server.window_s", -1, "server.window_s: -1 is less than the minimum of 0"),
    ("server.threads.0.requests", 2**63, "server.threads.0.requests: 9223372036854775808 is "),
    ("latency_from_due_ns.p99", [], "latency_from_due_ns.p99: [] is not of type 'number', 'null'"),
    ("latency_from_due_ns.count", 0.5, "latency_from_due_ns.count: 0.5 is not of type 'integer'"),
    ("seconds.0.second", None, "seconds.0.second: None is not of type 'integer'"),
    ("machine_cpu.per_cpu.0.steal_s", float("inf"), "not JSON: Infinity is not a JSON number"),
    ("window_s", float("nan"), "not JSON: NaN is not a JSON number"),
])
def test_what_the_schema_forbids_is_told_with_its_place(tmp_path, key, value, complaint):
    lines = timed(sweep(blocks=2))
    lines[3] = changed(lines[3], {key: value})
    with pytest.raises(ResultsError) as raised:
        load_run(write_run(tmp_path, lines))
    assert str(raised.value).startswith(f"{tmp_path}/trials.jsonl:4: {complaint}")


def test_a_trial_of_no_time_is_left_out_of_the_timeline_alone(tmp_path, capsys):
    lines = timed(sweep(blocks=3))
    lines[4]["started_at"] = BAD_TIME
    lines[8]["started_at"] = "9999-12-31T23:59:59Z"
    run, figure, renderer = drawn(timeline.draw, tmp_path, trials=lines)
    assert_texts_apart(figure, renderer)
    left_out = "left out: 2 trials whose time cannot be right (trials.jsonl, line 5, 9)"
    assert left_out in said(figure)
    assert timeline.reading(run).startswith("13 trials in 58.5 seconds")
    assert timeline.reading(run).endswith(f"{left_out[0].upper()}{left_out[1:]}.")
    placed, pauses = sweep_time.placed_of(run)
    assert [one.begin for one in placed] == [4.0 * i for i in range(15) if i not in (4, 8)]
    assert pauses == []
    assert charts.main([str(tmp_path)]) == 0
    told = [line for line in capsys.readouterr().err.splitlines() if "is not drawn" not in line]
    assert told == [
        f"charts: timeline: {tmp_path}/trials.jsonl:5: started_at: {BAD_TIME} is no time: this "
        "trial is left out",
        f"charts: timeline: {tmp_path}/trials.jsonl:9: started_at: 9999-12-31T23:59:59Z is more "
        "than a week from the middle of its session: this trial is left out"]


def test_without_any_time_there_is_no_timeline(tmp_path):
    run = load_run(write_run(tmp_path, [{**line, "started_at": BAD_TIME}
                                        for line in sweep(blocks=3)]))
    assert timeline.missing(run).startswith("trial that began at a time: ")
    told = charts.draw_all(run, tmp_path, [timeline.CHART])[0].damages
    assert len(told) == 9
    assert told[-1] == f"{tmp_path}/trials.jsonl: 7 more trials left out likewise"


def bad_histograms(which) -> dict:
    case = latency_case([8_000], blocks=6)
    return {**case, "trials": [
        changed(line, {"latency_from_due_ns.histogram": BAD_HISTOGRAM}) if which(line) else line
        for line in case["trials"]]}


def of_shared_reactor(line: dict) -> bool:
    return line["factors"]["architecture"] == "shared_reactor"


def medians_in(figure) -> set:
    return {line.get_label() for line in figure.axes[0].lines}


def test_a_histogram_that_is_none_costs_its_block_alone(tmp_path, capsys):
    case = bad_histograms(lambda line: line["trial"] == 0)
    run, figure, renderer = drawn(latency_distribution.draw, tmp_path, **case)
    assert_texts_apart(figure, renderer)
    left_out = "left out: 1 trial whose histogram cannot be read (trials.jsonl, line 1)"
    assert left_out in said(figure) and "not drawn: " not in said(figure)
    assert {"shared_reactor", "reuseport_loops"} <= medians_in(figure)
    assert latency_distribution.reading(run).endswith(f"Of the lines, {left_out}.")
    assert charts.command.run_chart(latency_distribution.CHART, [str(tmp_path)]) == 0
    assert capsys.readouterr().err == (
        f"latency_distribution: {tmp_path}/trials.jsonl:1: latency_from_due_ns.histogram: no "
        "HdrHistogram: it is cut short: this trial is left out\n")


def test_half_of_the_blocks_are_too_few_for_a_line(tmp_path):
    case = bad_histograms(lambda line: of_shared_reactor(line) and line["block"] < 3)
    _, figure, renderer = drawn(latency_distribution.draw, tmp_path, **case)
    assert_texts_apart(figure, renderer)
    assert "shared_reactor" not in medians_in(figure) and "reuseport_loops" in medians_in(figure)
    assert "shared_reactor: no median" in said(figure)


def test_without_any_histogram_that_can_be_read_there_is_no_distribution(tmp_path):
    run = load_run(write_run(tmp_path, **bad_histograms(lambda line: line["role"] == "arm")))
    assert latency_distribution.missing(run).startswith("histogram of latencies that can be read")
