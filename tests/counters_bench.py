#!/usr/bin/env python3
"""What the servers' counters cost: instructions a request, with them and without, by callgrind.

`make bench-counters` builds a greeter without counters beside the usual one and runs this. Counted
instructions repeat where times do not; what a request costs is the difference of two runs whose
requests differ, so that starting and connecting are in neither. Client and server share a CPU, and
the client never takes it from a server that is not done: else chance would decide how often the
next request is there before the server waits.
"""

import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
FEW, MANY = 2_000, 12_000
MOST = 0.01
REQUEST_MESSAGE = b"\x00\x00\x00\x00\x07\x0a\x05world"


def instructions(greeter, architecture, streams, requests, folder):
    """Of the greeter's whole life, in which it answers so many requests."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        target = "127.0.0.1:%d" % probe.getsockname()[1]
    body = folder / "body"
    body.write_bytes(REQUEST_MESSAGE)
    server = subprocess.Popen(
        [
            *("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", greeter),
            *("--architecture", architecture, "--threads", "1", "--listen", target),
        ],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    server.stdout.readline()
    load = subprocess.run(
        [
            *("chrt", "--batch", "0", "h2load", "-c", "1", "-m", str(streams)),
            *("-n", str(requests), "-d", body),
            *("-H", "content-type: application/grpc", "-H", "te: trailers"),
            f"http://{target}/helloworld.Greeter/SayHello",
        ],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert f" {requests} succeeded" in load.stdout, load.stdout
    _, said = server.communicate("stop\n")
    return int(re.search(r"Collected : (\d+)", said).group(1))


def a_request(greeter, architecture, streams, folder):
    few, many = (instructions(greeter, architecture, streams, n, folder) for n in (FEW, MANY))
    return (many - few) / (MANY - FEW)


def main():
    counting = ROOT / "build" / "release" / "bin" / "greeter"
    without = ROOT / "build" / "no-counters" / "bin" / "greeter"
    reached = True
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as folder:
        for architecture in ("reuseport_loops", "shared_reactor", "shared_epoll"):
            for streams in (1, 10, 100):
                cost, bare = (
                    a_request(greeter, architecture, streams, pathlib.Path(folder))
                    for greeter in (counting, without)
                )
                share = cost / bare - 1
                reached &= share <= MOST
                print(
                    f"{architecture:<16} {streams:>3} streams: {cost:,.0f} instructions a request,"
                    f" {bare:,.0f} without counters: {share:+.2%} asked {MOST:.0%}"
                    f"{'' if share <= MOST else ': MISSED'}",
                    flush=True,
                )
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
