"""Several loadgen as one: reports that add up, and what is refused because they cannot."""

import json
import time

import pytest
from conftest import BIN, Greeter, Program, one_line, reports_of, run_program


def together(start, greeter, *clients, begins_in_s=1.0):
    """Several clients with a common start; their reports."""
    at = time.time_ns() + int(begins_in_s * 1e9)
    running = [
        start(
            Program,
            *(BIN / "loadgen", "--target", greeter.target, "--start", at, "--connections", 4),
            *("--streams", 10, "--warmup", "100ms", "--duration", "1s", *flags),
        )
        for flags in clients
    ]
    reports = []
    for loadgen in running:
        for event in ("ready", "measuring", "measured"):
            loadgen.event(event)
        reports.append(loadgen.event("report"))
        assert loadgen.wait() == 0
    for report in reports:
        late_s = (report["window_begin_epoch_ns"] - at) / 1e9 - 0.1
        assert abs(late_s) < 0.01, "all begin when they were told"
    return reports


def merged(tmp_path, *reports, flags=()):
    paths = []
    for number, report in enumerate(reports):
        path = tmp_path / f"client{number}.json"
        path.write_text(json.dumps(report) + "\n")
        paths.append(path)
    return run_program("loadgen", "merge", *flags, *paths)


@pytest.mark.parametrize("mode", ["constant", "poisson"])
def test_clients_share_one_schedule_and_their_reports_add_up(start, tmp_path, mode):
    greeter = start(Greeter, "reuseport_loops")
    rate = ("--mode", mode, "--rate", 3_000)
    parts = together(start, greeter, *((*rate, "--phase", f"{i}/3") for i in (1, 2, 3)))
    result = merged(tmp_path, *parts)
    assert result.returncode == 0, result.stderr
    (whole,) = reports_of(result)
    assert (whole["rate_per_s"], whole["phase"], whole["connections"]) == (3_000, None, 12)
    for key in ("requests_due", "requests_sent", "requests_answered"):
        assert whole[key] == sum(part[key] for part in parts)
    if mode == "constant":
        assert whole["requests_due"] == 3_000
        assert {part["requests_due"] for part in parts} == {1_000}
    else:
        assert abs(whole["requests_due"] - 3_000) < 5 * 3_000**0.5
        assert len({part["requests_due"] for part in parts}) > 1, "each draws for itself"
    # Of those due in the window, answered in it or a moment later.
    unanswered = whole["requests_due_unanswered"]
    assert whole["latency_from_due_ns"]["count"] == whole["requests_due"] - unanswered
    assert [thread["client"] for thread in whole["load_threads"]] == [0, 1, 2]
    for field, best in (("max", max), ("count", sum)):
        of_parts = best(part["latency_from_due_ns"][field] for part in parts)
        assert whole["latency_from_due_ns"][field] == of_parts


def test_clients_that_are_told_to_go_at_one_instant_are_one_run(start, tmp_path):
    greeter = start(Greeter, "reuseport_loops")
    load = ("--mode", "poisson", "--rate", 2_000, "--connections", 4, "--streams", 10)
    clients = [
        start(
            Program,
            *(BIN / "loadgen", "--target", greeter.target, *load, "--phase", f"{number}/4"),
            *("--start", "go", "--warmup", "100ms", "--duration", "500ms"),
        )
        for number in (1, 2, 3, 4)
    ]
    for loadgen in clients:
        loadgen.event("ready")
    at = time.time_ns() + 500_000_000
    for loadgen in clients:
        loadgen.say(f"go {at}")
    parts = []
    for loadgen in clients:
        loadgen.event("measuring")
        loadgen.event("measured")
        parts.append(loadgen.event("report"))
        assert loadgen.wait() == 0
    assert {part["window_begin_epoch_ns"] for part in parts} == {at + 100_000_000}
    result = merged(tmp_path, *parts, flags=("--max-start-gap", "0s"))
    assert result.returncode == 0, result.stderr
    (whole,) = reports_of(result)
    totals, served = whole["totals"], greeter.stop()["totals"]
    assert totals["requests_sent"] == sum(part["totals"]["requests_sent"] for part in parts)
    assert totals["requests_sent"] == totals["requests_answered"] == served["requests"] > 0
    assert totals["connections_opened"] == served["connections_accepted"] == 16
    assert [thread["begun_late_ns"] for thread in whole["load_threads"]] == [
        part["load_threads"][0]["begun_late_ns"] for part in parts
    ]


def test_runs_after_one_another_are_no_sum(start, tmp_path):
    greeter = start(Greeter, "reuseport_loops")
    reports = [
        reports_of(
            run_program("loadgen", "--target", greeter.target, "--warmup", "0s", *flags)
        )[0]
        for flags in (("--duration", "200ms"), ("--duration", "200ms"), ("--duration", "300ms"))
    ]
    result = merged(tmp_path, *reports[:2])
    assert (result.returncode, result.stdout) == (1, "")
    assert "client1.json: its window began" in one_line(result, "loadgen")
    result = merged(tmp_path, reports[0], reports[2])
    assert "client1.json: 'window_s' is 0.2 in the first and 0.3 here" in one_line(
        result, "loadgen"
    )


@pytest.mark.parametrize("gap", ["soon", "-1ms", "2m", ""])
def test_a_gap_that_is_no_time_is_wrong_usage(tmp_path, gap):
    result = merged(tmp_path, flags=("--max-start-gap", gap, "a.json"))
    assert (result.returncode, result.stdout) == (2, "")
    assert one_line(result, "loadgen merge").startswith(f"--max-start-gap: '{gap}' is ")


def test_a_gap_that_is_told_is_held(closed_report, tmp_path):
    later = json.loads(json.dumps(closed_report))
    later["window_begin_epoch_ns"] += 1_500_000
    later["load_threads"][0]["begun_late_ns"] += 1  # else it would be the same client
    assert merged(tmp_path, closed_report, later).returncode == 0
    result = merged(tmp_path, closed_report, later, flags=("--max-start-gap", "1ms"))
    assert (result.returncode, result.stdout) == (1, "")
    assert one_line(result, "loadgen").endswith(
        "client1.json: its window began 0.001500 s after an earlier report's: "
        "allowed is 0.001000 s (--start EPOCH_NS)"
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it holds no line with a report"),
        ("{}\n[1]\nnull\n\"report\"\n", "it holds no line with a report"),
        ('{"event":["report"]}', "it holds no line with a report"),
        ('{"event":"report"}', "'mode' is missing"),
        ('{"event":"report"}\n{"event":"report"}', "it holds more than one report"),
        ("\0" * 5000, "it holds no line with a report"),
    ],
)
def test_what_is_no_report_gets_one_line(tmp_path, text, why):
    path = tmp_path / "it.json"
    path.write_text(text)
    result = run_program("loadgen", "merge", path)
    assert (result.returncode, result.stdout) == (1, "")
    assert one_line(result, "loadgen") == f"{path}: {why}"


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("requests_answered", "many", "'requests_answered' is \"many\", not a count"),
        ("requests_answered", -1, "'requests_answered' is -1, not a count"),
        ("seconds", {}, "'seconds' is no list"),
        ("load_threads", [7], "'cpu' is missing"),
        ("totals", None, "'requests_answered' is missing"),
        ("window_s", 1e300, "'window_s' is 1e+300"),
        ("mode", None, "'mode' is null, not a text"),
        ("connections", "4", "'connections' is \"4\", not a count"),
        ("latency_from_due_ns", {"histogram": 5}, "'histogram' is no HdrHistogram"),
    ],
)
def test_a_spoilt_report_gets_one_line(closed_report, tmp_path, key, value, why):
    result = merged(tmp_path, {**closed_report, key: value})
    assert (result.returncode, result.stdout) == (1, "")
    assert why in one_line(result, "loadgen")


@pytest.fixture(scope="module")
def closed_report():
    greeter = Greeter("reuseport_loops")
    try:
        result = run_program("loadgen", "--target", greeter.target, "--duration", "50ms")
    finally:
        greeter.end()
    (report,) = reports_of(result)
    return report


@pytest.mark.parametrize(
    ("place", "value", "why"),
    [
        ("latency_from_due_ns/max", 10**18, f"'latency_from_due_ns/max' is {10**18}, and by its"),
        ("latency_from_due_ns/max", 1, "'latency_from_due_ns/max' is 1, and by its"),
        ("latency_from_due_ns/max", 0, "'latency_from_due_ns/max' is 0, and by its"),
        ("latency_from_due_ns/mean", 1e308, "'latency_from_due_ns/mean' is 1e+308, and by its"),
        ("latency_from_due_ns/p50", 1, "'latency_from_due_ns/p50' is 1, and by its"),
        ("failures", [], "'failures' is [], not counts by kind"),
        ("failures", 3, "'failures' is 3, not counts by kind"),
        ("failures", {"tired": 3}, "'failures' has \"tired\", which is no kind"),
        ("totals/grpc_statuses", [-1] + 17 * [0], "'grpc_statuses' is no list of 18 counts"),
        ("totals/requests_answered", 10**6, "'totals/requests_sent' come to"),
        ("requests_answered", 10**6, "'requests_answered' come to 1000000, and by 'seconds' to"),
        ("seconds", [], "'seconds' are 0, and the window has 1"),
        ("load_threads", [], "and by 'load_threads' to 0"),
    ],
)
def test_a_report_that_contradicts_itself_gets_one_line(
    closed_report, tmp_path, place, value, why
):
    assert merged(tmp_path, closed_report).returncode == 0
    report = json.loads(json.dumps(closed_report))
    *outer, key = place.split("/")
    (report[outer[0]] if outer else report)[key] = value
    result = merged(tmp_path, report)
    assert (result.returncode, result.stdout) == (1, "")
    line = one_line(result, "loadgen")
    assert line.startswith(f"{tmp_path}/client0.json: ")
    assert why in line


def test_a_second_counts_once(closed_report, tmp_path):
    report = {**closed_report, "seconds": 2 * closed_report["seconds"]}
    line = one_line(merged(tmp_path, report), "loadgen")
    assert line.endswith("'seconds' are 2, and the window has 1")


def test_a_client_counts_once(closed_report, tmp_path):
    result = merged(tmp_path, closed_report, closed_report)
    assert (result.returncode, result.stdout) == (1, "")
    assert "client1.json: a client of it is there twice" in one_line(result, "loadgen")


def test_constant_gaps_from_one_start_need_phases(start, tmp_path):
    greeter = start(Greeter, "reuseport_loops")
    rate = ("--mode", "constant", "--rate", 500)
    result = merged(tmp_path, *together(start, greeter, rate, rate))
    assert (result.returncode, result.stdout) == (1, "")
    assert "due at the same instants: --phase i/N gives" in one_line(result, "loadgen")
