"""Who is silent or slow: what is begun has to go on, and who holds nothing may take his time.

The longest come first: three run at once, and none is left alone at the end.
"""

import time

import pytest
from conftest import HTTP2, PATIENCE_S, Greeter, greet_others, until
from raw_client import (
    DATA,
    END_HEADERS,
    END_STREAM,
    ENHANCE_YOUR_CALM,
    HEAD,
    HEADERS,
    PREFACE,
    SETTINGS,
    SETTINGS_TIMEOUT,
    WINDOW_UPDATE,
    RawClient,
    frame,
    varint,
    request,
    setting,
)
from watched import assert_bounded, start_watched


@pytest.fixture(params=HTTP2)
def greeter(request, start):
    return start_watched(start, request.param)


def test_a_first_call_has_the_time_of_any_other(start):
    """Sent in one write with the greeting, it is not held to the greeting's ten seconds."""
    greeter = start(Greeter, "reuseport_loops", "--patience", "60s", threads=1)
    client = RawClient(greeter.target, b"")
    client.send(PREFACE + frame(SETTINGS, 0, 0) + frame(HEADERS, END_HEADERS, 1, HEAD))
    time.sleep(12)
    client.send(frame(DATA, END_STREAM, 1, b"\0\0\0\0\0"))
    client.await_end(1)


@pytest.mark.parametrize("http2", HTTP2)
def test_silent_peers_that_took_all_the_room_give_some_back(start, http2):
    """Requests begun and left so. Their patience is a minute; when there is no room, a second."""
    greeter = start(Greeter, "reuseport_loops", "--http2", http2, threads=2)
    heads = b"".join(frame(HEADERS, END_HEADERS, stream, HEAD) for stream in (1, 3))
    parts = b"".join(frame(DATA, 0, stream, b"w" * 16_384) * 192 for stream in (1, 3))
    offenders = [RawClient(greeter.target) for _ in range(45)]  # 270 MB
    for offender in offenders:
        offender.send(heads + parts)
    until(lambda: greeter.snapshot()["totals"]["connections_timed_out"] > 0)
    windows = frame(SETTINGS, 0, 0, setting(4, 2 << 20)) + frame(WINDOW_UPDATE, 0, 0, b"\0\x20\0\0")
    slow = RawClient(greeter.target, PREFACE + windows)
    message = b"\x0a\x80\x80\x40" + b"s" * (1 << 20)
    body = b"\0" + len(message).to_bytes(4, "big") + message
    slow.send(frame(HEADERS, END_HEADERS, 1, HEAD))
    for at in range(0, len(body), 16_384):
        assert slow.send(frame(DATA, 0, 1, body[at : at + 16_384]))
        time.sleep(0.05)
    slow.send(frame(DATA, END_STREAM, 1))
    slow.await_end(1)
    codes = [offender.goaway_within(0.1) for offender in offenders]
    # 256 MB were held at most, 192 MB may be: no more are sent away than that takes.
    assert 8 <= codes.count(ENHANCE_YOUR_CALM) <= 16
    assert codes.count("still open") == len(offenders) - codes.count(ENHANCE_YOUR_CALM)
    for client in [*offenders, slow]:
        client.close()


@pytest.mark.parametrize("http2", HTTP2)
def test_who_took_his_reply_holds_nothing_and_may_be_silent(start, http2):
    """Ninety peers with two replies of 4 MB each, far more together than may be held, all read."""
    greeter = start(Greeter, "reuseport_loops", "--http2", http2, threads=1)
    message = b"\x0a" + varint(4_000_000) + b"m" * 4_000_000
    body = b"\0" + len(message).to_bytes(4, "big") + message
    parts = [body[at : at + 16_384] for at in range(0, len(body), 16_384)]
    peers = []
    for _ in range(90):
        peer = RawClient(greeter.target, receive_buffer=65_536)
        peers.append(peer)
        for stream in (1, 3):
            data = b"".join(frame(DATA, 0, stream, part) for part in parts)
            head = frame(HEADERS, END_HEADERS, stream, HEAD)
            peer.send(head + data + frame(DATA, END_STREAM, stream))
        # Both leave at once, and are more than a socket takes.
        wider = b"".join(frame(WINDOW_UPDATE, 0, stream, b"\0\x80\0\0") for stream in (1, 3, 0))
        peer.send(wider)
        peer.await_end(3)
    time.sleep(4)
    totals = greeter.snapshot()["totals"]
    assert (totals["connections_open"], totals["connections_timed_out"]) == (len(peers), 0)
    for peer in peers:
        peer.close()


def test_a_reader_that_never_reads_is_let_go(greeter):
    offender = RawClient(greeter.target)
    offender.send(frame(WINDOW_UPDATE, 0, 0, b"\x7f\x00\x00\x00"))
    message = b"\x0a\x80\x7d" + b"w" * 16_000
    offender.socket.settimeout(5)
    stream = 1
    try:
        while stream < 20_000 and offender.send(request(stream, message)):
            stream += 2
    except TimeoutError:
        pass  # both directions are full
    until(lambda: greeter.snapshot()["totals"]["connections_open"] == 0, PATIENCE_S)
    totals = greeter.snapshot()["totals"]
    assert totals["connections_timed_out"] == 1
    assert_bounded(greeter)
    assert greet_others(greeter) > 0


@pytest.mark.parametrize(
    ("begun", "code"),
    [
        (b"", SETTINGS_TIMEOUT),
        (PREFACE[:10], SETTINGS_TIMEOUT),
        (PREFACE, SETTINGS_TIMEOUT),
        (PREFACE + frame(SETTINGS, 0, 0) + request(1)[:30], ENHANCE_YOUR_CALM),
        (PREFACE + frame(SETTINGS, 0, 0) + frame(HEADERS, END_HEADERS, 1, HEAD), ENHANCE_YOUR_CALM),
    ],
    ids=["nothing", "half a preface", "no SETTINGS", "half a frame", "half a request"],
)
def test_what_is_begun_has_to_go_on(greeter, begun, code):
    if greeter.http2 == "nghttp2" and len(begun) == len(PREFACE) + 9 + 30:
        pytest.skip("nghttp2 keeps half a frame to itself: it is bounded, and may stay")
    started = time.monotonic()
    offender = RawClient(greeter.target, begun)
    assert offender.goaway() == code
    assert 0.9 < time.monotonic() - started < 10
    assert greeter.snapshot()["totals"]["connections_timed_out"] == 1
    assert_bounded(greeter)


@pytest.mark.parametrize(
    ("whole", "code"),
    [(b"", SETTINGS_TIMEOUT), (PREFACE + frame(SETTINGS, 0, 0), ENHANCE_YOUR_CALM)],
    ids=["greeting", "request"],
)
def test_a_byte_now_and_then_is_too_slow(greeter, whole, code):
    """Of the preface, and of a request behind its head. Bytes alone do not finish anything."""
    slowly = PREFACE
    if whole:
        whole += frame(HEADERS, END_HEADERS, 1, HEAD)
        slowly = frame(DATA, 0, 1, b"x" * 100)
    offender = RawClient(greeter.target, whole)
    started = time.monotonic()
    for byte in slowly:
        if not offender.send(bytes([byte])) or time.monotonic() - started > 5:
            break
        time.sleep(0.3)
    assert time.monotonic() - started < 5
    assert greeter.snapshot()["totals"]["connections_timed_out"] == 1
    assert offender.goaway() in (code, None)  # our bytes, sent on, may have reset the connection
    assert_bounded(greeter)


def test_idle_connections_are_no_offence(greeter):
    offender = RawClient(greeter.target)
    offender.send(request(1))
    for kind, flags, stream, _ in offender.frames():
        if kind == HEADERS and flags & END_STREAM:
            break
    time.sleep(3)  # three times the patience, with nothing begun
    assert offender.send(request(3))
    assert any(kind == DATA and stream == 3 for kind, _, stream, _ in offender.frames())


def test_calls_that_go_on_finishing_are_never_cut_off(greeter):
    """Always something unfinished, and always something finished."""
    offender = RawClient(greeter.target)
    started = time.monotonic()
    stream = 1
    offender.send(frame(HEADERS, END_HEADERS, stream, HEAD))  # begun, and left so
    while time.monotonic() - started < 3:
        stream += 2
        assert offender.send(request(stream))
        time.sleep(0.1)
    assert greeter.snapshot()["totals"]["connections_timed_out"] == 0
    offender.close()
