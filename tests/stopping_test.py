"""A greeter that is told to stop: what was begun is answered, and nobody keeps it."""

import os
import signal
import socket
import time

import pytest
from conftest import ARCHITECTURES, BIN, HTTP2, Greeter, Program, load_shortly, until
from raw_client import DATA, GOAWAY, HEADERS, PREFACE, RawClient, frame, literal, request

each_architecture = pytest.mark.parametrize("architecture", ARCHITECTURES)


@pytest.mark.parametrize(
    ("architecture", "how"),
    [
        *((architecture, "stop") for architecture in ARCHITECTURES),
        *(("reuseport_loops", how) for how in ("end of stdin", "SIGTERM", "SIGINT")),
        *(("reuseport_processes", how) for how in ("end of stdin", "SIGTERM", "SIGINT")),
    ],
)
def test_stops_while_busy_and_says_what_it_did(start, architecture, how):
    greeter = start(Greeter, architecture)
    loadgen = start(
        Program,
        *(BIN / "loadgen", "--target", greeter.target, "--connections", 16, "--streams", 10),
        *("--warmup", "0s", "--duration", "2s"),
    )
    loadgen.event("ready")
    loadgen.event("measuring")
    # Busy it shall be, however slow this machine.
    until(lambda: greeter.snapshot()["totals"]["requests"] > 0)
    if how == "stop":
        greeter.say("stop")
    elif how == "end of stdin":
        greeter.close_stdin()
    else:
        greeter.process.send_signal(signal.Signals[how])
    totals = greeter.event("stopped")["totals"]
    assert greeter.wait() == 0
    # The client lost its server in mid-run: it says so, keeps its report, and accounts for all.
    loadgen.event("measured")
    report = loadgen.event("report")
    assert loadgen.wait() == 1
    ours = report["totals"]
    # It took its leave of each, and its answers had come: none was lost. (Instrumented, it may be
    # too slow for the 600 ms that peers have.)
    left = ours["connections_drained"] + ours["connections_lost"]
    # One process may take a connection that another has just let go.
    assert left == 16 or (architecture == "reuseport_processes" and left > 16)
    assert ours["connections_lost"] == 0 or os.environ.get("CORESWEEP_SANITIZE")
    assert ours["requests_sent"] == ours["requests_answered"] + ours["requests_failed"]
    assert report["seconds"][-1]["requests_answered"] == 0
    assert totals["requests"] >= ours["requests_answered"] > 0


@each_architecture
def test_stops_within_a_second_though_a_peer_reads_nothing(start, architecture):
    greeter = start(Greeter, architecture)
    host, port = greeter.target.rsplit(":", 1)
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.connect((host, int(port)))
    deaf.settimeout(5)
    # Windows without end, then requests whose replies are never read: the server's write gets
    # stuck, so it reads no more, so ours gets stuck too.
    everything = (2**31 - 1).to_bytes(4, "big")
    deaf.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"\x00\x04" + everything))
    deaf.sendall(frame(8, 0, 0, (2**31 - 2**16).to_bytes(4, "big")))
    headers = b"\x83\x86" + literal(b":path", b"/helloworld.Greeter/SayHello")
    headers += literal(b":authority", b"x") + literal(b"content-type", b"application/grpc")
    deaf.settimeout(0.3)
    with pytest.raises(TimeoutError):
        for stream in range(1, 2**20, 2):
            body = frame(0, 1, stream, b"\x00\x00\x00\x00\x07\x0a\x05world")
            deaf.sendall(frame(1, 4, stream, headers) + body)
    greeter.say("stop")
    greeter.event("stopped")
    assert greeter.process.wait(1.5) == 0
    deaf.close()


def test_stays_when_stdin_ends_if_told_so(start):
    greeter = start(Greeter, "shared_reactor", "--stay")
    greeter.close_stdin()
    assert load_shortly(greeter.target).returncode == 0
    greeter.process.send_signal(signal.SIGTERM)
    greeter.event("stopped")
    assert greeter.wait() == 0


def await_bytes(greeter, count):
    """Returns once it has received so many, of all its clients."""
    until(lambda: greeter.snapshot()["totals"]["bytes_received"] >= count)


def in_time(told):
    """Whether the server, told to stop at `told`, cannot have ended its clients' reads yet."""
    return time.monotonic() - told < 0.15  # of kGraceForReads, 0.2


def told_in_time(tell):
    """What tell() returns behind whether its client was in time. One that was held up says nothing
    of the server, and is looked at again: three times at most."""
    for _ in range(3):
        was_in_time, *seen = tell()
        if was_in_time:
            return seen
    pytest.fail("the client itself was late each time")


@pytest.mark.parametrize("http2", HTTP2)
def test_a_request_begun_before_stop_is_answered(start, http2):
    whole = request(1)

    def tell():
        greeter = start(Greeter, "reuseport_loops", "--http2", http2, threads=1)
        client, idle = RawClient(greeter.target), RawClient(greeter.target)
        client.send(whole[:60])
        await_bytes(greeter, 2 * (len(PREFACE) + 9) + 60)
        client.await_settings()
        told = time.monotonic()
        greeter.say("stop")
        assert idle.goaway() == 0, "who has begun nothing is told at once"
        client.send(whole[60:])
        return in_time(told), greeter, list(client.frames())

    greeter, seen = told_in_time(tell)
    kinds = [kind for kind, _, stream, _ in seen if stream == 1]
    assert kinds == [HEADERS, DATA, HEADERS]
    assert [payload for kind, _, _, payload in seen if kind == GOAWAY] == [b"\0\0\0\1" + b"\0" * 4]
    assert greeter.event("stopped")["totals"]["requests"] == 1
    assert greeter.wait() == 0


@pytest.mark.parametrize("http2", HTTP2)
def test_who_goes_on_while_the_server_stops_is_told_to_begin_nothing_new(start, http2):
    """RFC 9113, section 6.8: first a GOAWAY that names no stream, so none is lost under way."""
    whole = request(1)

    def tell():
        greeter = start(Greeter, "reuseport_loops", "--http2", http2, threads=1)
        client, idle = RawClient(greeter.target), RawClient(greeter.target)
        client.send(whole[:-8])
        await_bytes(greeter, 2 * (len(PREFACE) + 9) + len(whole) - 8)
        told = time.monotonic()
        greeter.say("stop")
        assert idle.goaway() == 0  # so the server is stopping
        client.send(whole[-8:-4])  # goes on, and is not done
        was_in_time = in_time(told)
        seen = []
        for kind, _, stream, payload in client.frames():
            seen.append((kind, stream, payload))
            if kind == GOAWAY and [kind for kind, _, _ in seen].count(GOAWAY) == 1:
                client.send(whole[-4:] + request(3))
                was_in_time = in_time(told)
        return was_in_time, greeter, seen

    greeter, seen = told_in_time(tell)
    assert [kind for kind, stream, _ in seen if stream == 1] == [HEADERS, DATA, HEADERS]
    assert [kind for kind, stream, _ in seen if stream == 3] == [HEADERS, DATA, HEADERS]
    assert [payload for kind, _, payload in seen if kind == GOAWAY] == [
        b"\x7f\xff\xff\xff" + b"\0" * 4,
        b"\0\0\0\3" + b"\0" * 4,
    ]
    assert greeter.event("stopped")["totals"]["requests"] == 2
    assert greeter.wait() == 0
