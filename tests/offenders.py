"""Clients that mean harm: what they say, and many of each kind at once."""

import resource
import threading

import pytest
from raw_client import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    HEAD,
    HEADERS,
    PING,
    PREFACE,
    PRIORITY,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    RawClient,
    frame,
    literal,
    request,
    setting,
)

CANCEL = b"\0\0\0\x08"


def floods():
    streams = range(1, 100_001, 2)
    return {
        "rapid reset": b"".join(
            frame(HEADERS, END_HEADERS, stream, HEAD) + frame(RST_STREAM, 0, stream, CANCEL)
            for stream in streams
        ),
        "rapid reset of whole requests": b"".join(
            request(stream) + frame(RST_STREAM, 0, stream, CANCEL) for stream in streams
        ),
        "PING": frame(PING, 0, 0, b"12345678") * 50_000,
        "SETTINGS": frame(SETTINGS, 0, 0, setting(4, 65_535)) * 50_000,
        "empty DATA": frame(HEADERS, END_HEADERS, 1, HEAD) + frame(DATA, 0, 1) * 50_000,
        "PRIORITY": frame(PRIORITY, 0, 1, b"\0\0\0\x03\x10") * 50_000,
        "WINDOW_UPDATE": frame(WINDOW_UPDATE, 0, 0, b"\0\0\0\x01") * 50_000,
        "unknown frames": frame(0xBE, 0, 0) * 50_000,
        "CONTINUATION": frame(HEADERS, 0, 1, HEAD)
        + frame(CONTINUATION, 0, 1, literal(b"x-more", b"y" * 100)) * 50_000,
        "empty CONTINUATION": frame(HEADERS, 0, 1, HEAD) + frame(CONTINUATION, 0, 1) * 50_000,
        "empty header blocks": b"".join(
            frame(HEADERS, END_HEADERS, stream) for stream in streams
        ),
        "a header list that unpacks to a megabyte": frame(
            HEADERS, END_HEADERS, 1, HEAD + b"\x40\x01x\x7f\xd1\x0e" + b"y" * 2_000 + b"\xbe" * 500
        ),
    }


class Again(threading.Thread):
    """Does `what()` every `pause_s` until it is closed; it must not fail."""

    def __init__(self, pause_s, what):
        super().__init__(daemon=True)
        self._pause_s, self._what = pause_s, what
        self._closed = threading.Event()
        self._error = None
        self.start()

    def run(self):
        try:
            while not self._closed.wait(self._pause_s):
                self._what()
        except Exception as error:
            self._error = error

    def close(self):
        self._closed.set()
        self.join()
        if self._error:
            raise self._error


def idle(target):
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < 10_500:
        pytest.skip(f"10,000 connections need as many descriptors: the limit is {most}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return [RawClient(target) for _ in range(10_000)]


def without_window(target):
    offenders = [
        RawClient(target, PREFACE + frame(SETTINGS, 0, 0, setting(4, 0))) for _ in range(8)
    ]
    for offender in offenders:
        offender.send(b"".join(request(2 * i + 1) for i in range(1_000)))
    return offenders


def without_preface(target):
    return [RawClient(target, PREFACE[:5]) for _ in range(60)]


def never_reading(target):
    """Each is owed more than its socket takes."""
    offenders = [RawClient(target) for _ in range(20)]
    message = b"\x0a\x80\x7d" + b"w" * 16_000
    for offender in offenders:
        offender.send(frame(WINDOW_UPDATE, 0, 0, b"\x7f\x00\x00\x00"))
        offender.socket.setblocking(False)
        try:
            offender.send(b"".join(request(2 * i + 1, message) for i in range(500)))
        except BlockingIOError:
            pass  # both directions are full
    return offenders


def a_byte_at_a_time(target):
    offenders = [RawClient(target) for _ in range(20)]
    bytes_of_all = [iter(request(1)) for _ in offenders]

    def send_one_each():
        for offender, rest in zip(offenders, bytes_of_all):
            offender.send(bytes([next(rest)]))

    return [Again(1, send_one_each), *offenders]


def flooding(flood):
    """Five floods a second of one kind; who is sent away comes back."""

    def begin(target):
        def once():
            offender = RawClient(target)
            offender.send(flood)
            offender.goaway_within(0.1)  # closed at once, it could be reset before it is read
            offender.close()

        return [Again(0.2, once)]

    return begin


def kinds_of_offenders():
    too_many = b"".join(frame(HEADERS, END_HEADERS, 2 * i + 1, HEAD) for i in range(2_000))
    fields = b"".join(literal(b"x-%d" % i, b"y" * 100) for i in range(140))
    too_long = frame(HEADERS, END_HEADERS | END_STREAM, 1, HEAD + fields)
    every_flood = {**floods(), "more streams than allowed": too_many, "a long list": too_long}
    return {
        "idle": idle,
        "without window": without_window,
        "without preface": without_preface,
        "never reading": never_reading,
        "a byte at a time": a_byte_at_a_time,
        **{kind: flooding(flood) for kind, flood in every_flood.items()},
    }
