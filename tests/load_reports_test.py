"""What loadgen says at its end, and when it begins: reports, steps, and the text for people."""

import pathlib
import re
import time

import pytest
from conftest import BIN, Greeter, Program, one_line, reports_of, run_program


def test_a_start_that_passes_while_connecting_is_refused():
    with_nobody = "192.0.2.1:10051"  # reserved for documentation: nothing is sent beyond this host
    at = time.time_ns() - 1
    result = run_program("loadgen", "--target", with_nobody, "--start", at)
    assert result.returncode == 2
    assert "passed" in one_line(result, "loadgen")


def test_the_end_of_stdin_ends_one_that_waits_for_its_time(start):
    greeter = start(Greeter, "reuseport_loops")
    at = time.time_ns() + 60 * 10**9
    loadgen = start(Program, BIN / "loadgen", "--target", greeter.target, "--start", at)
    loadgen.event("ready")
    loadgen.close_stdin()
    assert loadgen.process.wait(2) == 1
    assert loadgen.process.stderr.read() == b"loadgen: stdin ended, so nobody waits for a report\n"


@pytest.mark.parametrize("begins", ["now", "at a time"])
def test_no_stdin_at_all_is_no_end(start, begins):
    """As a service has it: run_program gives /dev/null."""
    greeter = start(Greeter, "reuseport_loops")
    at = "now" if begins == "now" else time.time_ns() + 1_000_000_000
    result = run_program(
        *("loadgen", "--target", greeter.target, "--start", at, "--warmup", "0s"),
        *("--duration", "100ms", "--quiet"),
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_started_at_once_it_goes_on_without_its_stdin(start):
    greeter = start(Greeter, "reuseport_loops")
    loadgen = start(
        Program,
        *(BIN / "loadgen", "--target", greeter.target, "--warmup", "0s", "--duration", "400ms"),
    )
    loadgen.close_stdin()
    for event in ("ready", "measuring", "measured", "report"):
        loadgen.event(event)
    assert loadgen.wait() == 0


def test_rate_steps_are_a_run_each_and_a_table(start):
    greeter = start(Greeter, "reuseport_loops")
    result = run_program(
        *("loadgen", "--target", greeter.target, "--mode", "constant", "--connections", 4),
        *("--rate-steps", "500,1000,2000", "--warmup", "50ms", "--duration", "400ms"),
    )
    assert result.returncode == 0, result.stderr
    assert [report["requests_due"] for report in reports_of(result)] == [200, 400, 800]
    head, *rows, foot, _ = result.stderr.splitlines()
    assert head.split()[:2] == ["rate/s", "answered/s"]
    assert [row.split()[0] for row in rows] == ["500", "1000", "2000"]
    assert foot.startswith("answered/s: in the window; of due: ")


def test_rate_steps_keep_their_table_when_the_server_is_gone(start):
    greeter = start(Greeter, "reuseport_loops")
    loadgen = start(
        Program,
        *(BIN / "loadgen", "--target", greeter.target, "--mode", "constant", "--connections", 4),
        *("--rate-steps", "500,1000,2000,4000", "--warmup", "0s", "--duration", "400ms"),
    )
    for event in ("ready", "measuring", "measured", "report", "ready", "measuring"):
        loadgen.event(event)
    greeter.process.kill()
    loadgen.event("measured")
    assert loadgen.event("report")["totals"]["connections_lost"] == 4
    assert loadgen.wait() == 1
    lost, refused, head, *rows, _, _ = loadgen.process.stderr.read().decode().splitlines()
    assert "4 of 4 connections were lost" in lost
    assert "cannot connect" in refused
    assert head.split()[0] == "rate/s"
    assert [row.split()[0] for row in rows] == ["500", "1000", "2000"]
    assert ["failed" in row for row in rows] == [False, True, False]
    assert rows[2].endswith("could not begin, and none after it was tried")


def test_every_key_of_a_report_is_explained(start):
    greeter = start(Greeter, "reuseport_loops")
    flags = ("--warmup", "0s", "--duration", "100ms")
    result = run_program("loadgen", "--target", greeter.target, *flags, check=True)
    (report,) = reports_of(result)
    readme = (pathlib.Path(__file__).parents[1] / "results/README.md").read_text()
    explained = set(re.findall(r"`(\w+)`", readme.partition("## loadgen's report")[2]))
    keys = set(report) | set(report["totals"]) | set(report["seconds"][0])
    keys |= set(report["load_threads"][0]) | set(report["client_read_late_ns"])
    assert keys - {"event"} <= explained


def test_the_summary_says_what_was_measured(start):
    greeter = start(Greeter, "reuseport_loops")
    result = run_program(
        *("loadgen", "--target", greeter.target, "--connections", 3, "--streams", 2),
        *("--warmup", "50ms", "--duration", "250ms"),
    )
    (report,) = reports_of(result)
    text = result.stderr.splitlines()
    assert text[0] == (
        f"{greeter.target}/helloworld.Greeter/SayHello: closed loop, 3 connections of 2 streams, "
        "1 thread, 0.25 s after 0.05 s"
    )
    answered = report["requests_answered"]
    assert text[1] == f"  {4 * answered} answered a second ({answered} in all), 0 failed"
    assert [line.split("  ")[1] for line in text[2:6]] == [
        "latency", "from due", "from sent", "client late",
    ]
    quiet = run_program(
        *("loadgen", "--target", greeter.target, "--warmup", "0s", "--duration", "50ms"), "--quiet"
    )
    assert (quiet.returncode, quiet.stderr) == (0, "")


def test_a_name_is_resolved_and_is_the_authority(start):
    greeter = start(Greeter, "reuseport_loops")
    port = greeter.target.split(":")[1]
    result = run_program("loadgen", "--target", f"localhost:{port}", "--duration", "50ms")
    (report,) = reports_of(result)
    assert report["target"] == f"localhost:{port}"
    assert report["requests_answered"] > 0


def test_a_name_that_is_none_gets_one_line():
    result = run_program("loadgen", "--target", "nobody.invalid:10051")
    assert result.returncode == 1
    assert one_line(result, "loadgen").startswith("cannot resolve 'nobody.invalid': ")
