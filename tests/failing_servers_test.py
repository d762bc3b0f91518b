"""Every way a server can let loadgen down: counted by kind, said in one line, never a hang."""

import json
import signal
import socket
import struct
import threading
import time

import pytest
from conftest import BIN, Greeter, Program, one_line, run_program, took, until
from told_servers import SETTINGS

SHORT = ("--warmup", "50ms", "--duration", "300ms", "--quiet")


def test_nobody_listening_gets_one_line():
    with socket.socket() as taken:  # bound and not listening: nobody else can take the port
        taken.bind(("127.0.0.1", 0))
        target = "127.0.0.1:{}".format(taken.getsockname()[1])
        result = run_program("loadgen", "--target", target)
    assert result.returncode == 1
    assert one_line(result, "loadgen") == (
        f"cannot connect to {target}: Connection refused (--target)"
    )
    assert json.loads(result.stdout) == {
        "event": "cannot_connect", "connections_failed": {"refused": 32}}


def test_a_server_killed_in_mid_run_fails_what_was_in_flight(start):
    greeter = start(Greeter, "reuseport_loops")
    loadgen = start(
        Program,
        *(BIN / "loadgen", "--target", greeter.target, "--connections", 8, "--streams", 4),
        *("--warmup", "0s", "--duration", "1s", "--quiet"),
    )
    loadgen.event("ready")
    loadgen.event("measuring")
    until(lambda: greeter.snapshot()["totals"]["requests"] > 100)
    greeter.process.kill()
    loadgen.event("measured")
    report = loadgen.event("report")
    assert loadgen.wait() == 1
    totals = report["totals"]
    assert totals["connections_lost"] == 8
    assert 0 < totals["requests_failed"] <= 32
    assert totals["requests_sent"] == totals["requests_answered"] + totals["requests_failed"]
    assert totals["failures"] == {"connection_lost": totals["requests_failed"]}
    errors = loadgen.process.stderr.read().decode()
    assert errors.startswith("loadgen: 8 of 8 connections were lost")


def test_a_server_that_stops_answering_ends_it_two_seconds_after_the_window(start):
    greeter = start(Greeter, "shared_reactor")
    loadgen = start(
        Program,
        *(BIN / "loadgen", "--target", greeter.target, "--connections", 4, "--streams", 2),
        *("--warmup", "0s", "--duration", "300ms", "--quiet"),
    )
    loadgen.event("ready")
    loadgen.event("measuring")
    greeter.process.send_signal(signal.SIGSTOP)
    loadgen.event("measured")
    began = time.monotonic()
    report = loadgen.event("report")
    assert took(began, 2.5, least_s=1.6)
    assert loadgen.wait() == 1
    assert report["totals"]["requests_in_flight_at_end"] == 8
    errors = loadgen.process.stderr.read().decode()
    assert errors == "loadgen: 8 requests were still unanswered 1.8 s after the last was sent\n"
    greeter.process.send_signal(signal.SIGCONT)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "the server sent no HTTP/2 at all"),
        (b"", "the server closed the connection"),
        (SETTINGS[:8] + b"\x01", "the server sent a SETTINGS frame on a stream"),
    ],
)
def test_a_server_that_speaks_no_http2_gets_one_line(answering, answer, text):
    def speak(connection):
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_WR)

    result = run_program("loadgen", "--target", answering(speak), *SHORT)
    assert result.returncode == 1
    assert text in one_line(result, "loadgen")


@pytest.mark.parametrize("connections", [1, 500])
def test_a_silent_server_gets_one_line(answering, connections):
    target = answering(lambda connection: None)
    began = time.monotonic()
    result = run_program("loadgen", "--target", target, "--connections", connections, *SHORT)
    assert took(began, 2.3, least_s=1.7)  # --duration and 2 s
    assert result.returncode == 1
    assert "no HTTP/2 SETTINGS within 1.8 s" in one_line(result, "loadgen")


def test_a_full_queue_of_a_listener_gets_one_line():
    with socket.create_server(("127.0.0.1", 0), backlog=0) as nobody_accepts:
        target = "127.0.0.1:{}".format(nobody_accepts.getsockname()[1])
        with socket.create_connection(nobody_accepts.getsockname()):
            began = time.monotonic()
            result = run_program("loadgen", "--target", target, *SHORT)
            assert took(began, 2.3)
    assert result.returncode == 1
    assert json.loads(result.stdout)["connections_failed"] == {"timed_out": 32}
    assert "no answer within 1.8 s" in one_line(result, "loadgen")


def test_a_connect_that_fails_at_once_is_not_waited_for():
    began = time.monotonic()
    result = run_program("loadgen", "--target", "255.255.255.255:80", *SHORT)
    assert took(began, 1)
    assert result.returncode == 1
    assert one_line(result, "loadgen").startswith("cannot connect to 255.255.255.255:80: ")


def test_connections_that_open_slowly_but_steadily_have_their_time(answering):
    """Four, each 0.6 s after the one before: together they take longer than 1.8 s."""
    order = threading.Lock()

    def speak(connection):
        with order:
            time.sleep(0.6)
        connection.sendall(SETTINGS)

    result = run_program(
        *("loadgen", "--target", answering(speak), "--connections", 4, "--mode", "poisson"),
        *("--rate", 1, *SHORT),
    )
    assert len(result.stdout.splitlines()) == 4, result.stderr


def test_a_server_with_too_few_streams_gets_one_line(answering):
    few = b"\x00\x00\x06\x04\x00\x00\x00\x00\x00" + b"\x00\x03\x00\x00\x00\x02"

    target = answering(lambda connection: connection.sendall(few))
    result = run_program("loadgen", "--target", target, "--streams", 3, *SHORT)
    assert result.returncode == 1
    assert one_line(result, "loadgen") == (
        "the server allows 2 streams a connection, fewer than --streams 3"
    )


def test_a_fast_wrong_answer_is_a_failure(answering):
    """A server that answers everything at once with grpc-status 0 and a body that is not ours."""

    def speak(connection):
        connection.sendall(SETTINGS)
        seen = b""
        answered = 1
        while chunk := connection.recv(65536):
            seen += chunk
            # Each request ends in one DATA frame: type 0, END_STREAM, its own number.
            while (end := b"\x00\x01" + (number := answered.to_bytes(4, "big"))) in seen:
                head = b"\x00\x00\x01\x01\x04" + number + b"\x88"
                body = b"\x00\x00\x05\x00\x00" + number + b"\x00\x00\x00\x00\x00"
                status = b"\x00\x0bgrpc-status\x010"
                tail = len(status).to_bytes(3, "big") + b"\x01\x05" + number + status
                connection.sendall(head + body + tail)
                seen = seen.split(end, 1)[1]
                answered += 2

    result = run_program("loadgen", "--target", answering(speak), "--connections", 1, *SHORT)
    assert result.returncode == 1
    report = json.loads(result.stdout.splitlines()[-1])
    assert report["requests_answered"] == 0
    assert list(report["totals"]["failures"]) == ["wrong_payload"]
    assert ' wrong_payload; the first wrong reply: 00 00 00 00 00 "....." (5 bytes) where ' in (
        one_line(result, "loadgen"))


def test_a_server_that_asks_and_never_reads_is_let_go(answering):
    """PINGs without end from a peer whose receive buffer is full: answers are not hoarded."""

    # The buffer keeps its size: shrunk under a window that was already promised, it makes the
    # kernel drop what acknowledges the PINGs, and both sides wait.
    def speak(connection):
        connection.sendall(SETTINGS)
        ping = b"\x00\x00\x08\x06\x00\x00\x00\x00\x00" + b"12345678"
        while True:
            connection.sendall(ping * 1000)

    target = answering(speak)
    result = run_program(
        "loadgen", "--target", target, "--connections", 1, *SHORT
    )
    assert result.returncode == 1
    assert "the server wants answers and does not read them" in one_line(result, "loadgen")


# On the first connection's first call, which stays without an answer.
REFUSED = b"\x00\x00\x04\x03\x00\x00\x00\x00\x01" + b"\x00\x00\x00\x07"
GOAWAY = b"\x00\x00\x08\x07\x00" + b"\x00" * 12
GARBAGE = b"\xff" * 16


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("reset", REFUSED),
        ("goaway", GOAWAY),
        ("protocol_error", GARBAGE),
        ("connection_lost", None),
    ],
)
def test_what_fails_in_mid_run_is_counted_by_kind(answering, kind, said):
    """None: a TCP reset. Later lives of the connection are silent: the run ends on time."""
    lives = []

    def speak(connection):
        lives.append(connection)
        connection.sendall(SETTINGS)
        seen = b""
        while len(lives) == 1 and b"\x05world" not in seen:
            seen += connection.recv(4096)
        if len(lives) > 1:
            return
        if said is None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
        else:
            connection.sendall(said)

    began = time.monotonic()
    result = run_program("loadgen", "--target", answering(speak), "--connections", 1, *SHORT)
    assert took(began, 0.35 + 2 + 0.5)
    assert result.returncode == 1
    report = json.loads(result.stdout.splitlines()[-1])
    totals = report["totals"]
    assert totals["failures"] == {kind: 1}
    assert totals["requests_answered"] == 0
    assert totals["requests_sent"] == 1 + totals["requests_in_flight_at_end"]
    assert totals["requests_due"] == totals["requests_sent"] + totals["requests_unsent_at_end"]
    one_line(result, "loadgen")


def test_a_server_that_answers_a_byte_at_a_time_ends_on_time(answering):
    def speak(connection):
        connection.sendall(SETTINGS)
        connection.recv(4096)
        for byte in b"\x00\x00\x01\x01\x04\x00\x00\x00\x01\x88" * 100:
            connection.sendall(bytes([byte]))
            time.sleep(0.4)

    began = time.monotonic()
    result = run_program("loadgen", "--target", answering(speak), "--connections", 2, *SHORT)
    assert took(began, 0.35 + 2 + 0.5)
    assert result.returncode == 1
    totals = json.loads(result.stdout.splitlines()[-1])["totals"]
    assert totals["requests_in_flight_at_end"] == totals["requests_sent"] == 2
    assert "2 requests were still unanswered" in one_line(result, "loadgen")


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (
            b"\x00\x00\x06\x04\x00\x00\x00\x00\x00" + b"\x00\x03\x00\x00\x00\x00",
            "1 connections were allowed fewer streams than --streams while they ran",
        ),
        (
            b"\x00\x00\x08\x07\x00\x00\x00\x00\x00\x7f\xff\xff\xff\x00\x00\x00\x0b",
            "connections were lost (the server said GOAWAY with error 11)",
        ),
    ],
)
def test_what_a_server_takes_away_in_mid_run_is_no_success(answering, said, text):
    """Nothing fails: what is in flight is answered, after that."""
    lives = []

    def speak(connection):
        lives.append(connection)
        connection.sendall(SETTINGS)
        seen = b""
        while b"\x05world" not in seen:
            seen += connection.recv(4096)
        if len(lives) > 1:
            return
        head = b"\x00\x00\x01\x01\x04\x00\x00\x00\x01\x88"
        reply = b"\x0a\x0bHello world"
        body = b"\x00" + len(reply).to_bytes(4, "big") + reply
        body = len(body).to_bytes(3, "big") + b"\x00\x00\x00\x00\x00\x01" + body
        status = b"\x00\x0bgrpc-status\x010"
        tail = len(status).to_bytes(3, "big") + b"\x01\x05\x00\x00\x00\x01" + status
        connection.sendall(said + head + body + tail)

    result = run_program(
        *("loadgen", "--target", answering(speak), "--connections", 1, "--mode", "constant"),
        *("--rate", 4, "--warmup", "0s", "--duration", "400ms", "--quiet"),
    )
    assert result.returncode == 1
    assert text in one_line(result, "loadgen")
    totals = json.loads(result.stdout.splitlines()[-1])["totals"]
    assert totals["requests_answered"] == 1
    assert totals["requests_failed"] == 0
