#!/usr/bin/env python3
"""What each architecture loses with ten thousand connections, and how alike two are at one thread.

`make bench-connections` runs it. One server thread has CPU 0, the client CPU 1. What is compared
takes turns, and every figure is a median of the rounds: requests a second of the server process's
own CPU, between two snapshots inside the load.
"""

import argparse
import os
import resource
import statistics
import sys

from conftest import ARCHITECTURES, BIN, Greeter, Program
from protocol_bench import in_turn, process_cpu_s, round_ratios, verdict

CPUS = sorted(os.sched_getaffinity(0))
FEW, MANY = 10, 10_000
LEAST = 0.7
ALIKE = ("reuseport_loops", "shared_reactor")
MOST_APART = 0.05


def requests_a_cpu_second(architecture, connections, options):
    flags = ("--http2", options.http2, "--pin", CPUS[0], "--backlog", MANY)
    greeter = Greeter(architecture, *flags, threads=1)
    try:
        load = Program(
            *(BIN / "loadgen", "--target", greeter.target, "--connections", connections),
            *("--streams", options.streams, "--pin", CPUS[-1], "--quiet"),
            *("--warmup", "1s", "--duration", options.duration),
        )
        load.event("ready")
        load.event("measuring")
        before = greeter.snapshot()
        load.event("measured")
        after = greeter.snapshot()
        load.event("report")
        if load.wait() != 0:
            sys.exit("connections_bench: loadgen failed")
    finally:
        load.end()
        greeter.end()
    answered = after["totals"]["requests"] - before["totals"]["requests"]
    return answered / (process_cpu_s(after) - process_cpu_s(before))


def print_ratio(name, ratios, figures, reached, asked):
    a, b = (statistics.median(each) for each in figures)
    print(
        f"{name:<42}{a:>12,.0f}{b:>12,.0f}{statistics.median(ratios):>8.2f}x"
        f"  ({ratios[0]:.2f}-{ratios[-1]:.2f})",
        verdict(reached, asked),
        flush=True,
    )
    return reached


def compare_connections(options):
    print(f"{f'requests/CPU-second, {options.streams} streams':<42}{MANY:>12,}{FEW:>12}   ratio")
    all_reached = True
    for architecture in ARCHITECTURES:
        if architecture == "thread_per_connection":
            continue  # a thread each: it refuses so many
        many, few = in_turn(
            options.rounds,
            lambda: requests_a_cpu_second(architecture, MANY, options),
            lambda: requests_a_cpu_second(architecture, FEW, options),
        )
        ratios = round_ratios(many, few)
        reached = statistics.median(ratios) >= LEAST
        all_reached &= print_ratio(architecture, ratios, (many, few), reached, f"{LEAST}x")
    return all_reached


def compare_alike(options):
    """Both run the same code at one thread: as many rounds as it takes to tell 5 % apart."""
    one, other = in_turn(
        options.alike_rounds,
        *(
            lambda name=name: requests_a_cpu_second(name, 32, options)
            for name in ALIKE
        ),
    )  # fmt: skip
    ratios = round_ratios(one, other)
    reached = abs(statistics.median(ratios) - 1) <= MOST_APART
    return print_ratio(" / ".join(ALIKE), ratios, (one, other), reached, "within 5 %")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--alike-rounds", type=int, default=16)
    parser.add_argument("--streams", type=int, default=10)
    parser.add_argument("--http2", default="lean")
    parser.add_argument("--duration", default="1s", help="of each arm in each round")
    options = parser.parse_args()
    if len(CPUS) < 2:
        sys.exit("connections_bench: one CPU for server and client measures the scheduler")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if most < MANY + 200:
        sys.exit(f"connections_bench: needs ulimit -n {MANY + 200}, it is {most}")
    reached = compare_alike(options)
    reached &= compare_connections(options)
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
