"""Connections that the server ends, and what loadgen does then: it comes back, and not too fast."""

import signal
import threading
import time

import pytest
from conftest import BIN, Greeter, Program, one_line, run_program, until
from told_servers import SETTINGS, report_of, serve, target_of

PING = b"\x00\x00\x08\x06\x00\x00\x00\x00\x00pingpong"
# The last stream that will be answered: none, and any.
GOAWAY = b"\x00\x00\x08\x07\x00" + b"\x00" * 12
GOAWAY_LATER = b"\x00\x00\x08\x07\x00" + b"\x00" * 4 + b"\x7f\xff\xff\xff" + b"\x00" * 4


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
