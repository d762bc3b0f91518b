"""Rates that no server, thread or window holds: counted to the end, said first, never left out."""

import signal
import time

import pytest
from conftest import BIN, Greeter, Program, one_line, run_program, took
from told_servers import SETTINGS, report_of, serve, target_of


def test_a_schedule_far_beyond_the_server_is_counted_to_its_end(listener):
    """More is due than a thread keeps: the report comes all the same, and it adds up."""
    kept = []

    def speak(connection, _):
        kept.append(connection)
        connection.sendall(SETTINGS)

    serve(listener, speak)
    result = run_program(
        *("loadgen", "--target", target_of(listener), "--mode", "constant", "--rate", 10_000_000),
        *("--connections", 1, "--warmup", "0s", "--duration", "1s", "--quiet"),
    )
    assert result.returncode == 1
    report = report_of(result)
    totals = report["totals"]
    assert report["requests_due"] == 10_000_000
    assert report["requests_due_unanswered"] == 10_000_000
    assert report["latency_from_due_ns"]["p50"] is None
    assert totals["requests_due"] == totals["requests_sent"] + totals["requests_unsent_at_end"]
    assert totals["requests_given_up"] > 2_000_000


@pytest.mark.parametrize("mode", ["constant", "poisson"])
def test_a_schedule_that_no_thread_can_even_draw_is_counted_to_its_end(start, mode):
    greeter = start(Greeter, "reuseport_loops")
    began = time.monotonic()
    result = run_program(
        *("loadgen", "--target", greeter.target, "--mode", mode, "--rate", 100_000_000),
        *("--connections", 4, "--warmup", "0s", "--duration", "2s", "--quiet"),
    )
    assert took(began, 4.5)
    assert result.returncode == 1
    assert "requests were due and given up on" in one_line(result, "loadgen")
    report = report_of(result)
    totals = report["totals"]
    assert abs(report["requests_due"] - 200_000_000) <= (0 if mode == "constant" else 100_000)
    assert sum(second["requests_due"] for second in report["seconds"]) == report["requests_due"]
    assert totals["requests_due"] == totals["requests_sent"] + totals["requests_unsent_at_end"]
    assert totals["requests_answered"] > 1_000, "it looked at answers meanwhile"


def test_a_rate_that_was_not_reached_is_the_first_thing_said(start):
    """What was answered in the window was due in the warm-up; and nothing failed."""
    greeter = start(Greeter, "reuseport_loops")
    result = run_program(
        *("loadgen", "--target", greeter.target, "--mode", "constant", "--rate", 3_000_000),
        *("--connections", 1, "--warmup", "1s", "--duration", "1s"),
    )
    report = report_of(result)
    unanswered = report["requests_due_unanswered"]
    assert report["requests_due"] == 3_000_000 and unanswered > 2_000_000
    third = result.stderr.splitlines()[2]
    assert third.startswith(
        f"  THE RATE WAS NOT REACHED: {unanswered} of 3000000 due in the window had no answer"
    )


def test_what_was_due_and_never_answered_is_no_part_of_the_best(start):
    """Stopped for the last fifth of the window and after it: p50 is known, p90 is not."""
    greeter = start(Greeter, "reuseport_loops")
    loadgen = start(
        Program,
        *(BIN / "loadgen", "--target", greeter.target, "--mode", "constant", "--rate", 1_000),
        *("--warmup", "0s", "--duration", "2s", "--quiet"),
    )
    loadgen.event("ready")
    loadgen.event("measuring")
    time.sleep(1.6)
    greeter.process.send_signal(signal.SIGSTOP)
    loadgen.event("measured")
    report = loadgen.event("report")
    assert loadgen.wait() == 1
    greeter.process.send_signal(signal.SIGCONT)
    assert report["requests_due_unanswered"] == pytest.approx(400, abs=150)
    assert report["latency_from_due_ns"]["p50"] < 50e6
    assert report["latency_from_due_ns"]["p90"] is None
