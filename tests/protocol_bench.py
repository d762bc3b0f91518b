#!/usr/bin/env python3
"""What the protocol costs: our lean sessions beside the whole of nghttp2, and memory a connection.

`make bench-protocol` runs it. The server has CPU 0, the client CPU 1; A and B take turns, and every
figure is a median of the rounds. On loopback a packet's way through the kernel is charged to
whoever sends it, or to whoever is interrupted, so the kernel's share is the machine's own.
"""

import argparse
import functools
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile

from conftest import BIN, Greeter
from raw_client import RawClient, request

CPUS = sorted(os.sched_getaffinity(0))
STREAMS = (1, 10, 100)
CONNECTIONS = 32
# What issue and design ask for: the least ratio at each number of streams, the most bytes.
LEAST_SERVER = (1.3, 2.8, 8.0)
LEAST_CLIENT = (1.6, 2.3, 6.0)
MOST_SILENT_BYTES, MOST_ANSWERED_BYTES = 2_048, 4_096
REQUEST_MESSAGE = b"\x00\x00\x00\x00\x07\x0a\x05world"


def serve(http2, *flags):
    return Greeter("reuseport_loops", "--http2", http2, "--pin", CPUS[0], *flags, threads=1)


def process_cpu_s(snapshot):
    return snapshot["process"]["cpu_user_s"] + snapshot["process"]["cpu_system_s"]


def requests_a_server_cpu_second(http2, streams, duration):
    """Of a server driven by loadgen."""
    greeter = serve(http2)
    try:
        before = greeter.snapshot()
        run_client(loadgen(greeter.target, streams, duration))
        after = greeter.snapshot()
    finally:
        greeter.end()
    requests = after["totals"]["requests"] - before["totals"]["requests"]
    return requests / (process_cpu_s(after) - process_cpu_s(before))


def loadgen(target, streams, duration):
    return [
        *(BIN / "loadgen", "--target", target, "--connections", CONNECTIONS),
        *("--streams", streams, "--pin", CPUS[-1], "--warmup", "0s", "--duration", duration),
        "--quiet",
    ]


def h2load(target, streams, duration, body):
    return [
        *("taskset", "-c", CPUS[-1], "h2load", "-c", CONNECTIONS, "-m", streams, "-D"),
        *(duration.removesuffix("s"), "-d", body, "-H", "content-type: application/grpc"),
        *("-H", "te: trailers", f"http://{target}/helloworld.Greeter/SayHello"),
    ]


def run_client(command):
    """CPU time of the client's whole life (seconds)."""
    process = subprocess.Popen(
        [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"protocol_bench: {command[0]} failed with {status}")
    return usage.ru_utime + usage.ru_stime


def requests_a_client_cpu_second(command_of):
    """Of a client that drives the lean session."""
    greeter = serve("lean")
    try:
        used_s = run_client(command_of(greeter.target))
        return greeter.snapshot()["totals"]["requests"] / used_s
    finally:
        greeter.end()


def in_turn(rounds, *arms):
    """Each arm once a round, in turn. One list of figures an arm."""
    figures = [[] for _ in arms]
    for _ in range(rounds):
        for arm, found in zip(arms, figures):
            found.append(arm())
    return figures


def verdict(reached, asked):
    return f" asked {asked}{'' if reached else ': MISSED'}"


def round_ratios(ours, theirs):
    return sorted(a / b for a, b in zip(ours, theirs))


def print_ratio(what, streams, ours, theirs, least, note=""):
    ratios = round_ratios(ours, theirs)
    ratio, a, b = (statistics.median(figures) for figures in (ratios, ours, theirs))
    print(
        f"{what:<22}{streams:>8}{a:>14,.0f}{b:>14,.0f}{ratio:>9.2f}x"
        f"  ({ratios[0]:.2f}-{ratios[-1]:.2f})",
        verdict(ratio >= least, f"{least}x") + note,
        flush=True,
    )
    return ratio >= least


def compare_servers(rounds, duration):
    """The null responder in the same rounds is what a session that costs nothing would reach: the
    rest is the kernel's, and grows and shrinks with the machine."""
    print(f"{'requests/CPU-second':<22}{'streams':>8}{'lean':>14}{'nghttp2':>14}{'ratio':>10}")
    reached = True
    for streams, least in zip(STREAMS, LEAST_SERVER):
        lean, nghttp2, null = in_turn(
            rounds,
            *(
                functools.partial(requests_a_server_cpu_second, http2, streams, duration)
                for http2 in ("lean", "nghttp2", "null")
            ),
        )
        bound = statistics.median(round_ratios(null, nghttp2))
        note = f"; null responder {bound:.2f}x"
        reached &= print_ratio("server session", streams, lean, nghttp2, least, note)
    return reached


def compare_clients(rounds, duration):
    print(f"{'requests/CPU-second':<22}{'streams':>8}{'loadgen':>14}{'h2load':>14}{'ratio':>10}")
    reached = True
    with tempfile.NamedTemporaryFile() as body:
        pathlib.Path(body.name).write_bytes(REQUEST_MESSAGE)
        for streams, least in zip(STREAMS, LEAST_CLIENT):
            ours, theirs = in_turn(
                rounds,
                lambda: requests_a_client_cpu_second(
                    lambda target: loadgen(target, streams, duration)
                ),
                lambda: requests_a_client_cpu_second(
                    lambda target: h2load(target, streams, duration, body.name)
                ),
            )
            reached &= print_ratio("client", streams, ours, theirs, least)
    return reached


def measure_memory(connections):
    """Resident memory of the process a connection; the kernel's own is not in it."""
    greeter = serve("lean")
    try:
        run_client(loadgen(greeter.target, 1, "200ms"))
        before = greeter.snapshot()
        clients = [RawClient(greeter.target) for _ in range(connections)]
        for client in clients:
            client.await_settings()
        silent = greeter.snapshot()
        for client in clients:
            client.send(request(1))
            client.await_end(1)
        answered = greeter.snapshot()
    finally:
        greeter.end()
    reached = True
    for name, after, most in (
        ("silent after the preface", silent, MOST_SILENT_BYTES),
        ("after an answer", answered, MOST_ANSWERED_BYTES),
    ):
        grown_kb = after["process"]["resident_kb"] - before["process"]["resident_kb"]
        size = grown_kb * 1024 / connections
        reached &= size <= most
        print(
            f"bytes a connection, {connections:,} {name}: {size:,.0f} ",
            verdict(size <= most, f"{most:,}"),
        )
    return reached


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--duration", default="2s", help="of each arm in each round, whole seconds")
    parser.add_argument("--connections", type=int, default=10_000, help="for the memory figures")
    options = parser.parse_args()
    if len(CPUS) < 2:
        sys.exit("protocol_bench: one CPU for server and client measures the scheduler")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    connections = min(options.connections, most - 100)
    reached = compare_servers(options.rounds, options.duration)
    reached &= compare_clients(options.rounds, options.duration)
    reached &= measure_memory(connections)
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
