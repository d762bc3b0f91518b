"""Connections that end by intention: each has its requests, and another is opened."""

import pytest
from conftest import ARCHITECTURES, Greeter, one_line, run_program
from told_servers import SETTINGS, report_of, serve, target_of


def churn(greeter, *flags):
    result = run_program(
        *("loadgen", "--target", greeter.target, "--mode", "churn", "--connections", 8),
        *("--threads", 2, "--warmup", "100ms", "--duration", "500ms", "--quiet", *flags),
    )
    assert result.returncode == 0, result.stderr
    return report_of(result)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_each_connection_has_its_requests_and_the_server_counts_the_same(start, architecture):
    greeter = start(Greeter, architecture)
    report = churn(greeter, "--requests-per-connection", 3, "--streams", 2)
    ours, theirs = report["totals"], greeter.stop()["totals"]
    assert ours["requests_answered"] == ours["requests_sent"] == theirs["requests"] > 100
    assert ours["connections_opened"] == theirs["connections_accepted"]
    # Full but for those that the end met in mid-life.
    assert 0 <= ours["connections_closed"] * 3 <= ours["requests_answered"]
    assert ours["requests_answered"] <= ours["connections_closed"] * 3 + 8 * 3
    assert ours["connections_lost"] == 0 and ours["connections_failed"] == {}
    first_replies = report["connect_to_first_reply_ns"]
    assert first_replies["count"] > 30
    assert report["connections_per_s"] == pytest.approx(first_replies["count"] / 0.5)
    # A first reply comes after connecting and SETTINGS, a reply after its own request.
    assert first_replies["p50"] > report["latency_from_sent_ns"]["p50"]


def test_one_request_a_connection_unless_told(start):
    greeter = start(Greeter, "reuseport_loops")
    report = churn(greeter)
    assert report["requests_per_connection"] == 1
    assert report["totals"]["connections_closed"] == report["totals"]["requests_answered"]
    # What it leaves: one port waiting for each.
    assert report["time_wait_at_end"] > report["requests_answered"] / 2


def test_more_streams_than_requests_make_no_queue(start):
    """What ten streams have due would wait for nine connections more, of one request each."""
    greeter = start(Greeter, "reuseport_loops")
    report = churn(greeter, "--streams", 10)
    assert report["latency_from_due_ns"]["p50"] < 2 * report["connect_to_first_reply_ns"]["p50"]
    assert report["totals"]["requests_unsent_at_end"] <= 8


def test_an_abortive_close_leaves_no_time_wait(start):
    greeter = start(Greeter, "reuseport_loops")
    report = churn(greeter, "--abortive-close")
    assert report["totals"]["connections_closed"] > 100
    grown = report["time_wait_at_end"] - report["time_wait_at_begin"]
    assert grown < report["requests_answered"] / 2


def test_an_open_loop_keeps_its_schedule_over_new_connections(start):
    greeter = start(Greeter, "reuseport_loops")
    result = run_program(
        *("loadgen", "--target", greeter.target, "--mode", "constant", "--rate", 1_000),
        *("--requests-per-connection", 5, "--warmup", "0s", "--duration", "1s", "--quiet"),
    )
    assert result.returncode == 0, result.stderr
    report = report_of(result)
    assert report["requests_due"] == 1_000
    # Until the last was sent there were 1.1 s; a connection that was just opened again then has
    # what was due on it left over.
    totals = report["totals"]
    assert totals["requests_sent"] + totals["requests_unsent_at_end"] == 1_100
    assert totals["requests_unsent_at_end"] <= 32
    assert report["totals"]["connections_closed"] == pytest.approx(220, abs=32)


@pytest.mark.parametrize("flags", [("churn", "--think-time", "200ms"), ("constant", "--rate", 40)])
def test_a_first_reply_has_no_waiting_for_a_request_in_it(start, flags):
    """Each of 8 connections is open again at once, and then idle for 0.2 s (in the mean)."""
    greeter = start(Greeter, "reuseport_loops")
    result = run_program(
        *("loadgen", "--target", greeter.target, "--connections", 8, "--mode", *flags),
        *("--requests-per-connection", 1, "--warmup", "0s", "--duration", "2s", "--quiet"),
    )
    assert result.returncode == 0, result.stderr
    first_replies = report_of(result)["connect_to_first_reply_ns"]
    assert first_replies["count"] > 30
    assert 0 < first_replies["p50"] < 50e6


def test_connections_come_from_many_loopback_addresses(listener):
    kept, sources = [], set()

    def speak(connection, peer):
        connection.sendall(SETTINGS)
        kept.append(connection)
        sources.add(peer[0])

    serve(listener, speak)
    run_program(
        *("loadgen", "--target", target_of(listener), "--mode", "churn", "--connections", 20),
        *("--warmup", "0s", "--duration", "50ms"),
    )
    assert len(sources) == 20
    assert all(source.startswith("127.1.") for source in sources)


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (["--requests-per-connection", "5"], "a closed loop keeps its connections; --mode churn"),
        (["--mode", "churn", "--requests-per-connection", "0"], "'0': allowed is a whole number"),
        (["--abortive-close"], "--abortive-close: nothing is closed before the end"),
        (["--mode", "churn", "--rate", "5"], "--rate: a closed loop is as fast as the answers"),
    ],
)
def test_wrong_usage_gets_one_line_and_exit_2(flags, text):
    result = run_program("loadgen", *flags)
    assert result.returncode == 2
    assert text in one_line(result, "loadgen")
