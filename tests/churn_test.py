"""Connections that end: by intention (churn), by the server, and what loadgen does then."""

import json
import signal
import socket
import threading
import time

import pytest
from conftest import ARCHITECTURES, BIN, Greeter, Program, one_line, run_program, until

SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
PING = b"\x00\x00\x08\x06\x00\x00\x00\x00\x00pingpong"
# The last stream that will be answered: none, and any.
GOAWAY = b"\x00\x00\x08\x07\x00" + b"\x00" * 12
GOAWAY_LATER = b"\x00\x00\x08\x07\x00" + b"\x00" * 4 + b"\x7f\xff\xff\xff" + b"\x00" * 4


def report_of(result):
    return json.loads(result.stdout.splitlines()[-1])


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


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listening:
        yield listening


def target_of(listening):
    return "127.0.0.1:{}".format(listening.getsockname()[1])


def serve(listening, speak):
    """Calls speak(connection, peer) for each, in a thread."""

    def accept():
        while True:
            try:
                connection, peer = listening.accept()
                speak(connection, peer)
            except OSError:
                return

    threading.Thread(target=accept, daemon=True).start()


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


def test_a_server_that_closes_again_and_again_is_not_run_over(listener):
    """Eight connections in a second, each after a tenth of a second, two, four: at most 4 times."""
    count = 0

    def speak(connection, peer):
        nonlocal count
        count += 1
        connection.sendall(SETTINGS)
        time.sleep(0.002)
        connection.close()

    serve(listener, speak)
    result = run_program(
        *("loadgen", "--target", target_of(listener), "--connections", 8, "--streams", 2),
        *("--mode", "constant", "--rate", 100, "--warmup", "0s", "--duration", "1s", "--quiet"),
    )
    assert result.returncode == 1
    if result.stdout.count("\n") < 2:  # it was closed before all were open
        assert "cannot connect" in one_line(result, "loadgen")
        return
    assert 8 < count <= 8 * 6
    totals = report_of(result)["totals"]
    assert totals["connections_lost"] + sum(totals["connections_failed"].values()) >= 8
    assert totals["requests_due"] == totals["requests_sent"] + totals["requests_unsent_at_end"]


@pytest.mark.parametrize("mode", [("closed",), ("constant", "--rate", "2000")])
def test_a_server_that_comes_back_is_found_again(start, mode):
    """Killed in mid-run and started again on its port: what was in flight failed, the rest goes on,
    and what was due meanwhile is sent late."""
    greeter = start(Greeter, "reuseport_loops")
    loadgen = start(
        Program,
        *(BIN / "loadgen", "--target", greeter.target, "--connections", 8, "--streams", 4),
        *("--mode", *mode, "--warmup", "0s", "--duration", "3s", "--quiet"),
    )
    loadgen.event("ready")
    loadgen.event("measuring")
    time.sleep(0.5)
    greeter.process.send_signal(signal.SIGKILL)
    greeter.process.wait()
    time.sleep(0.3)
    again = start(Greeter, "reuseport_loops", listen=greeter.target)
    loadgen.event("measured")
    report = loadgen.event("report")
    assert loadgen.wait() == 1, "connections were lost: not a clean run"
    totals = report["totals"]
    assert totals["connections_lost"] == 8
    assert totals["connections_opened"] == 16
    assert totals["connections_failed"]["refused"] > 0
    assert totals["requests_failed"] <= 32
    assert report["seconds"][2]["requests_answered"] > 0
    assert totals["requests_sent"] == totals["requests_answered"] + totals["requests_failed"]
    if mode[0] == "constant":
        assert report["requests_due"] == 6_000
        # Late is not never. (The end may find the thread without a CPU, a few ms of 3 s.)
        assert totals["requests_unsent_at_end"] <= 100
        assert report["latency_from_due_ns"]["max"] > 0.25e9
    assert again.snapshot()["totals"]["requests"] > 0


def test_who_is_sent_away_before_the_start_comes_back_in_the_run(start, listener):
    lives = []

    def speak(connection, _):
        lives.append(connection)
        connection.sendall(SETTINGS + (GOAWAY if len(lives) <= 2 else b""))

    serve(listener, speak)
    loadgen = start(
        Program,
        *(BIN / "loadgen", "--target", target_of(listener), "--connections", 2, "--start", "go"),
        *("--mode", "poisson", "--rate", 1, "--warmup", "0s", "--duration", "500ms", "--quiet"),
    )
    loadgen.event("ready")
    time.sleep(0.1)
    loadgen.say("go")
    loadgen.event("measuring")
    loadgen.event("measured")
    totals = loadgen.event("report")["totals"]
    loadgen.wait()
    assert totals["connections_drained"] == 2 and totals["connections_lost"] == 0
    assert totals["connections_opened"] == len(lives) == 4


def test_who_says_goaway_and_then_no_more_is_left(listener):
    kept = []

    def speak(connection, _):
        kept.append(connection)
        connection.sendall(SETTINGS)
        seen = b""
        while b"\x05world" not in seen:
            seen += connection.recv(4096)
        connection.sendall(GOAWAY_LATER)

    serve(listener, speak)
    result = run_program(
        *("loadgen", "--target", target_of(listener), "--connections", 1, "--start", "now"),
        *("--warmup", "0s", "--duration", "2s", "--quiet"),
    )
    assert result.returncode == 1
    totals = report_of(result)["totals"]
    assert totals["connections_lost"] >= 1
    assert totals["failures"]["connection_lost"] == totals["connections_lost"]


def test_pings_are_answered_while_the_start_is_awaited(start, listener):
    answered = threading.Event()

    def speak(connection, _):
        connection.sendall(SETTINGS)
        time.sleep(0.2)  # it waits for go by now
        connection.sendall(PING)
        seen = b""
        while b"\x06\x01\0\0\0\0pingpong" not in seen:
            seen += connection.recv(4096)
        answered.set()

    serve(listener, speak)
    loadgen = start(
        Program,
        *(BIN / "loadgen", "--target", target_of(listener), "--connections", 1, "--start", "go"),
    )
    loadgen.event("ready")
    assert answered.wait(5)
    loadgen.close_stdin()
    assert loadgen.wait() == 1


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
    assert time.monotonic() - began < 4.5
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


def test_a_server_that_is_gone_ends_nothing_before_its_time(start):
    greeter = start(Greeter, "reuseport_loops")
    loadgen = start(
        Program,
        *(BIN / "loadgen", "--target", greeter.target, "--warmup", "0s", "--duration", "2s"),
    )
    loadgen.event("ready")
    began = loadgen.event("measuring")["monotonic_ns"]
    until(lambda: greeter.snapshot()["totals"]["requests"] > 100)
    greeter.process.kill()
    ended = loadgen.event("measured")["monotonic_ns"]
    assert ended - began == pytest.approx(2e9, rel=0.1)
    report = loadgen.event("report")
    assert loadgen.wait() == 1
    assert report["seconds"][1]["requests_answered"] == 0
    assert report["totals"]["connections_failed"]["refused"] > 32
    assert "without any answer: second 1" in loadgen.process.stderr.read().decode()


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
