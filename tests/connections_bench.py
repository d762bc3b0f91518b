#!/usr/bin/env python3
"""What each architecture loses with ten thousand connections, and how alike two are at one thread.

`make bench-connections` runs it. One server thread has CPU 0, the client CPU 1. What is compared
takes turns, and every figure is a median of the rounds: requests a second of the server process's
own CPU, between two snapshots inside the load.
"""

import argparse
import functools
import math
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


def interval(ratios, least=0.99):
    """The narrowest of a median by order statistics that covers it so often (exact binomial)."""
    n = len(ratios)
    missed = 0.0
    for k in range(n // 2):
        missed += 2 * math.comb(n, k) / 2**n
        if missed > 1 - least:
            break
    return ratios[k - 1], ratios[n - k]


def compare_alike(options):
    """Both run the same code at one thread: as many rounds as it takes to show 5 %. It looks three
    times; intervals of 99 % keep 95 % in all."""
    arms = [functools.partial(requests_a_cpu_second, name, 32, options) for name in ALIKE]
    one, other = [], []
    for rounds in (16, 32, 64):
        for figures, more in zip((one, other), in_turn(rounds - len(one), *arms)):
            figures += more
        ratios = round_ratios(one, other)
        least, most = interval(ratios)
        reached = 1 - MOST_APART <= least and most <= 1 + MOST_APART
        if reached:
            break
    asked = f"within 5 %: {least:.3f}-{most:.3f} by 99 % after {rounds} rounds"
    return print_ratio(" / ".join(ALIKE), ratios, (one, other), reached, asked)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=6)
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
