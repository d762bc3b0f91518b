#!/usr/bin/env python3
"""What our greeter does with a second of CPU beside those of others, at 1, 10 and 100 streams.

`make bench-peers` runs it. It is no sweep: a client that is the limit, as it is beside our lean
server on two CPUs, spoils what a server answers, and not what it uses for each answer. The server
has CPU 0, the client CPU 1, and one thread serves (where no number can be asked for, all take
turns on that CPU). All arms take turns, each round in the order that the last one ended with:
A B C, C B A. Every figure is a median of the rounds. CPU time is the server process's own, read
before its load and after.

The null responder, which speaks no HTTP/2 at all, in the same rounds is the most that any protocol
could reach here: a ratio asked for above its own is out of this machine's reach.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys

from conftest import BIN, Greeter
from peers import FOLDER, Peer, cpu_s, state
from protocol_bench import round_ratios, verdict

CPUS = sorted(os.sched_getaffinity(0))
STREAMS = (1, 10, 100)
OURS = ("lean", "nghttp2")
PEERS = {"grpcpp_callback": FOLDER / "grpcpp" / "callback",
         "grpcpp_completion_queue": FOLDER / "grpcpp" / "completion_queue",
         "tonic_per_thread": FOLDER / "tonic" / "per_thread",
         "pajamax": FOLDER / "pajamax"}
# What the issues ask for: the least ratio at each number of streams.
LEAST = {("lean", "grpcpp_callback"): (6.0, 25.0, 80.0),
         ("lean", "grpcpp_completion_queue"): (6.0, 25.0, 80.0),
         ("nghttp2", "grpcpp_callback"): (4.5, 8.0, 10.0),
         ("nghttp2", "grpcpp_completion_queue"): (4.5, 8.0, 10.0),
         ("lean", "tonic_per_thread"): (2.0, 7.0, 30.0),
         ("lean", "pajamax"): (1.3, 1.4, 1.3)}
BOUND = "null"


def start(name):
    if name in PEERS:
        return Peer(PEERS[name], cpus=CPUS[:1])
    return Greeter("reuseport_loops", "--http2", name, "--pin", CPUS[0], threads=1)


def requests_a_cpu_second(name, streams, options):
    server = start(name)
    try:
        drive(server, streams, "200ms", options)  # connections, pages and caches are warm then
        before_s = cpu_s(server.process)
        answered = drive(server, streams, options.duration, options)
        return answered / (cpu_s(server.process) - before_s)
    finally:
        server.end()


def drive(server, streams, duration, options):
    """How many requests were answered, of whatever was sent from first to last."""
    command = [
        *(BIN / "loadgen", "--target", server.target, "--connections", options.connections),
        *("--streams", streams, "--pin", CPUS[-1], "--warmup", "0s", "--duration", duration),
        "--quiet",
    ]
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"peers_bench: loadgen failed with {done.returncode}")
    return json.loads(done.stdout.splitlines()[-1])["totals"]["requests_answered"]


def measure(streams, peers, options):
    """One list of figures an arm."""
    order = [*OURS, BOUND, *peers]
    figures = {name: [] for name in order}
    for _ in range(options.rounds):
        for name in order:
            figures[name].append(requests_a_cpu_second(name, streams, options))
        order.reverse()
    return figures


def compare(place, figures):
    """Prints a line a pair, with what the bound reaches. True when each ratio asked for is."""
    streams = STREAMS[place]
    medians = {name: statistics.median(values) for name, values in figures.items()}
    print(f"{streams} streams:", ", ".join(f"{name} {m:,.0f}" for name, m in medians.items()))
    reached = True
    for (ours, theirs), leasts in LEAST.items():
        if theirs not in figures:
            continue
        ratios, bounds = (round_ratios(figures[name], figures[theirs]) for name in (ours, BOUND))
        ratio, bound = statistics.median(ratios), statistics.median(bounds)
        reached &= ratio >= leasts[place]
        print(
            f"  {ours + ' / ' + theirs:<35}{ratio:>8.2f}x  ({ratios[0]:.2f}-{ratios[-1]:.2f})",
            f"{verdict(ratio >= leasts[place], f'{leasts[place]}x')}; null responder {bound:.2f}x",
            flush=True,
        )
    return reached


def buildable():
    """Names of those that can be built and are then; a line for each of the others."""
    names = []
    for name, folder in PEERS.items():
        told, said = state(folder, "--build")
        if told["state"] == "built":
            names.append(name)
        else:
            print(f"{name} is not measured: {told['why']}", flush=True)
            assert told["state"] == "missing", said
    return names


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--duration", default="2s", help="of each arm in each round")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--check", action="store_true", help="exit 1 where a ratio is not reached")
    options = parser.parse_args()
    if len(CPUS) < 2:
        sys.exit("peers_bench: one CPU for server and client measures the scheduler")
    peers = buildable()
    print(f"requests a server CPU-second, one server CPU; medians of {options.rounds} rounds")
    reached = True
    for place, streams in enumerate(STREAMS):
        reached &= compare(place, measure(streams, peers, options))
    return 0 if reached or not options.check else 1


if __name__ == "__main__":
    sys.exit(main())
