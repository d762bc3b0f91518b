"""Clients that mean harm, over real sockets: each is stopped with the error that RFC 9113 names.

What they make the server hold is bounded, and everybody else is served as before.
"""

import resource
import threading
import time

import pytest
from conftest import HTTP2, PATIENCE_S, Greeter, greet_others, until
from offenders import floods, idle
from raw_client import (
    DATA,
    END_HEADERS,
    END_STREAM,
    ENHANCE_YOUR_CALM,
    HEAD,
    HEADERS,
    INTERNAL_ERROR,
    PREFACE,
    REFUSED_STREAM,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    RawClient,
    frame,
    literal,
    literal_status,
    varint,
    request,
    setting,
)
from watched import MOST_GROWTH_KB, assert_bounded, forget_peak, start_watched


@pytest.fixture(params=HTTP2)
def greeter(request, start):
    return start_watched(start, request.param)


@pytest.mark.parametrize("kind", floods())
def test_a_flood_hurts_nobody_and_is_answered_enhance_your_calm(greeter, kind):
    """nghttp2 has limits and codes of its own, and bears some of these: what it ends is counted."""
    offender = RawClient(greeter.target)
    sending = threading.Thread(target=offender.send, args=(floods()[kind],))
    sending.start()  # beside reading: who does not read is stopped by that alone
    code = offender.goaway() if greeter.http2 == "lean" else offender.goaway_within(3)
    sending.join()
    totals = greeter.snapshot()["totals"]
    if greeter.http2 == "lean":
        assert (code, totals["connections_flooding"]) == (ENHANCE_YOUR_CALM, 1)
    else:
        ended = totals["connections_flooding"] + totals["connections_timed_out"]
        assert ended == (0 if code == "still open" else 1)
        assert code in ("still open", ENHANCE_YOUR_CALM, INTERNAL_ERROR)
    assert_bounded(greeter)
    offender.close()
    assert greet_others(greeter) > 0


def test_streams_beyond_the_limit_are_refused(greeter):
    offender = RawClient(greeter.target)
    offender.send(b"".join(frame(HEADERS, END_HEADERS, 2 * i + 1, HEAD) for i in range(1_030)))
    refused = set()
    for kind, _, stream, payload in offender.frames():
        if kind == RST_STREAM:
            assert int.from_bytes(payload, "big") == REFUSED_STREAM
            refused.add(stream)
        if len(refused) == 6:
            break
    assert refused == {2 * i + 1 for i in range(1_024, 1_030)}
    assert greeter.snapshot()["totals"]["streams_refused"] == 6
    assert_bounded(greeter)
    offender.close()


def test_replies_that_find_no_window_are_held_within_bounds_and_not_for_ever(greeter):
    """Forty connections with a thousand replies of 16 KB each that may not leave: 640 MB."""
    no_window = PREFACE + frame(SETTINGS, 0, 0, setting(4, 0))
    message = b"\x0a\x80\x7d" + b"w" * 16_000
    offenders = [RawClient(greeter.target, no_window) for _ in range(40)]
    for offender in offenders:
        offender.send(b"".join(request(2 * i + 1, message) for i in range(1_000)))
    assert greet_others(greeter) > 0
    codes = [offender.goaway() for offender in offenders]
    # The one who never reads what he is told may find his connection reset.
    assert set(codes) <= {ENHANCE_YOUR_CALM, None} and codes.count(ENHANCE_YOUR_CALM) > 20
    totals = greeter.snapshot()["totals"]
    assert totals["connections_flooding"] + totals["connections_timed_out"] == len(offenders)
    # Those of greet_others() are closed by then, but the server may hear of it later.
    until(lambda: greeter.snapshot()["totals"]["connections_open"] == 0, PATIENCE_S)
    assert_bounded(greeter, 256 * 1024 + 40 * 2 * 1024 + MOST_GROWTH_KB)


def test_thousands_that_hold_little_each_are_bounded_too(start):
    """300 MB in parts of 60 KB, each more than an even share of 256 MB: what is too much goes."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if most < 5_500:
        pytest.skip(f"5,000 connections need as many descriptors: the limit is {most}")
    greeter = start(Greeter, "reuseport_loops", threads=1)
    part = frame(HEADERS, END_HEADERS, 1, HEAD) + frame(DATA, 0, 1, b"w" * 15_360) * 4
    offenders = [RawClient(greeter.target) for _ in range(5_000)]
    for offender in offenders:
        offender.send(part)
    innocent = RawClient(greeter.target)
    innocent.send(request(1, b"\x0a" + varint(20_000) + b"i" * 20_000))
    innocent.await_end(1)
    least = (5_000 * 61_440 - (256 << 20)) // 61_440

    def enough_are_gone():
        totals = greeter.snapshot()["totals"]
        return totals["connections_flooding"] + totals["connections_timed_out"] >= least

    until(enough_are_gone)
    for client in [*offenders, innocent]:
        client.close()


def test_headers_and_messages_above_the_limits_are_counted(greeter):
    offender = RawClient(greeter.target)
    fields = b"".join(literal(b"x-%d" % i, b"y" * 100) for i in range(140))
    offender.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, HEAD + fields))
    status = offender.await_end(1)
    if greeter.http2 == "lean":
        assert status == literal_status(431)
    message = b"w" * (4 * 1024 * 1024 + 1)
    head = b"\x00" + len(message).to_bytes(4, "big")
    offender.send(frame(WINDOW_UPDATE, 0, 0, b"\x00\x00\xff\xff"))
    offender.send(frame(HEADERS, END_HEADERS, 3, HEAD) + frame(DATA, 0, 3, head))
    body = b"".join(frame(DATA, 0, 3, message[i : i + 16_384]) for i in range(0, 1 << 22, 16_384))
    offender.send(body + frame(DATA, END_STREAM, 3, message[1 << 22 :]))
    offender.await_end(3)
    totals = greeter.snapshot()["totals"]
    assert totals["messages_too_large"] == 1
    # nghttp2 takes longer lists: 64 KB.
    assert totals["headers_too_large"] == (1 if greeter.http2 == "lean" else 0)
    assert_bounded(greeter)
    offender.close()


@pytest.mark.parametrize(
    "hello",
    [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03"],
    ids=["HTTP/1", "TLS"],
)
def test_another_protocol_is_closed_at_once_and_counted(greeter, hello):
    offender = RawClient(greeter.target, hello)
    started = time.monotonic()
    while offender.read():
        pass
    assert time.monotonic() - started < 0.5
    totals = greeter.snapshot()["totals"]
    assert (totals["connections_not_http2"], totals["protocol_errors"]) == (1, 0)


@pytest.mark.parametrize("http2", HTTP2)
def test_ten_thousand_silent_connections_have_their_bound(start, http2):
    """make bench-protocol says what it is: 2 KB with lean. Nobody is sent away."""
    greeter = start(Greeter, "reuseport_loops", "--http2", http2, threads=1)
    forget_peak(greeter)
    offenders = idle(greeter.target)
    for offender in offenders:
        offender.await_settings()
    assert greeter.snapshot()["totals"]["connections_open"] == len(offenders)
    assert_bounded(greeter, (4 if http2 == "lean" else 16) * len(offenders))
    for offender in offenders:
        offender.close()


def test_idle_after_a_hundred_calls_at_once_is_bounded_too(start):
    """By the larger buffer that these were read with (servers/read_buffer.hpp): 8 KB more."""
    greeter = start(Greeter, "reuseport_loops", threads=1)
    forget_peak(greeter)
    clients = [RawClient(greeter.target) for _ in range(1_000)]
    for client in clients:
        client.send(b"".join(request(stream) for stream in range(1, 201, 2)))
        answered = (stream for kind, _, stream, _ in client.frames() if kind == DATA)
        assert [next(answered) for _ in range(100)] == [*range(1, 201, 2)]
    assert_bounded(greeter, 16 * len(clients))
    for client in clients:
        client.close()
