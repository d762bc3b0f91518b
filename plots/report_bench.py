#!/usr/bin/env python3
"""What all charts and the page of a run of 2,000 trials cost: CPU time of one process on one core.

`make bench-report` runs it. Its two runs are invented, and as large as real ones: a closed loop,
and an open one at several rates, which has other charts. Each trial has histograms of its own, as
wide as a real trial's. CPU time, and not the clock's, since others may use the machine. Exit 1
where it is more than the design allows.
"""

from __future__ import annotations

import os
import random
import re
import resource
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import fairness_test
from latency_cases import latency_sweep
from synthetic_run import as_version_2, histogram_text, sweep, write_run

MOST_S = 20.0  # by the design
TRIALS = 2_000
BUCKETS = 2_800  # that the requests of a real trial lie in
NAMES = ("shared_reactor", "reuseport_loops", "dealt_loops")
RATES = [1_000 * step for step in range(1, 11)]
CONNECTIONS = [64, 1024]
HTTP2 = ["nghttp2", "lean"]
HEADLINE = {"architecture": NAMES[1], "against": NAMES[0], "engine": "epoll",
            "against_engine": "epoll", "http2": HTTP2[0], "against_http2": HTTP2[0]}
EIGHT_CPUS = {"server": list(range(8)), "load": list(range(8, 16)), "physical_cores": 8}


def closed() -> dict:
    lines = fairness_test.sharing(
        sweep(NAMES, range(1, 9), blocks=21, http2=HTTP2, ceiling_per_s=9e6,
              conditions=[{"connections": count} for count in CONNECTIONS]), fairness_test.uneven)
    for line in lines:
        line["cell"] += f"/c{line['factors']['connections']}"
    return {"trials": list(map(as_version_2, lines)), "plan__http2": HTTP2, "plan__blocks": 21,
            "plan__connections": CONNECTIONS,
            "headline": {**HEADLINE, "threads": 8, "connections": CONNECTIONS[0]}}


def open_at_rates() -> dict:
    return {"trials": latency_sweep(NAMES, RATES, blocks=51), "plan__mode": "poisson",
            "plan__rate": RATES, "plan__blocks": 51,
            "headline": {**HEADLINE, "threads": 1, "rate": RATES[-1]}}


@cache
def values() -> list[int]:
    """1,024 to a power of two, as HdrHistogram's buckets are."""
    return [int(50_000 * 2 ** (i / 1_024)) for i in range(BUCKETS)]


def histogram(chance: random.Random) -> str:
    return histogram_text([(value, 1 + chance.randrange(60)) for value in values()])


def write(case: dict, folder: Path) -> Path:
    """`case`, with the histograms; its first TRIALS lines."""
    chance = random.Random(1)
    lines = case.pop("trials")
    assert len(lines) >= TRIALS, len(lines)
    lines = lines[:TRIALS]
    for i, line in enumerate(lines):
        for key in ("latency_from_due_ns", "latency_from_sent_ns"):
            line[key] = {**line[key], "p50": 100_000 + i % 97, "p99": 300_000 + i % 89,
                         "max": values()[-1], "histogram": histogram(chance)}
    return write_run(folder, lines, cpu_division=EIGHT_CPUS, machine__physical_cores=16, **case)


def cpu_seconds_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> int:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    program = Path(__file__).resolve().with_name("report.py")
    is_over = False
    for case in (closed, open_at_rates):
        with tempfile.TemporaryDirectory() as parent:
            folder = write(case(), Path(parent) / "run")
            before = cpu_seconds_of_children()
            done = subprocess.run([sys.executable, "-B", program, folder], text=True,
                                  capture_output=True)
            taken = cpu_seconds_of_children() - before
            if done.returncode != 0 or done.stderr:
                sys.exit(f"report_bench: exit code {done.returncode}: {done.stderr}")
            page = (folder / "report.html").read_text(encoding="utf-8")
        drawn = len(re.findall(r'data-chart="', page))
        is_over = is_over or taken > MOST_S
        print(f"{case.__name__.replace('_', ' ')}: {drawn} charts and the page of {TRIALS:,} "
              f"trials: {taken:.1f} s of CPU time, {'ABOVE' if taken > MOST_S else 'within'} "
              f"{MOST_S:.0f} s", flush=True)
    return 1 if is_over else 0


if __name__ == "__main__":
    sys.exit(main())
