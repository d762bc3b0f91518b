#!/usr/bin/env python3
"""What a trial costs beyond its warm-up and window: to start, connect, drain, stop and store it.

`make bench-trial` runs it. A sweep says a line as each trial ends; the time between two such lines
is one trial, of which warm-up and window are known. Every figure is of all trials but the first.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from conftest import BIN
from sweeps import free_port

MOST_S = 0.5  # by the design
WARMUP_S, WINDOW_S = 0.1, 0.2
TRIALS = 21
CONNECTIONS = (32, 1_000, 10_000)


def overheads(connections):
    """Seconds of each trial beyond warm-up and window."""
    with tempfile.TemporaryDirectory() as folder:
        plan = Path(folder) / "trial.json"
        plan.write_text(json.dumps({
            "question": "What does a trial cost?", "architectures": ["reuseport_loops"],
            "threads": [1], "connections": connections, "streams": 1,
            "warmup": f"{WARMUP_S * 1000:.0f}ms", "duration": f"{WINDOW_S * 1000:.0f}ms",
            "blocks": TRIALS, "twin_blocks": 0, "ceiling": False, "reruns": 0,
            "listen": f"127.0.0.1:{free_port()}"}))
        run = subprocess.Popen(
            [BIN / "coresweep", "run", plan, "--results", Path(folder) / "runs", "--no-report"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        ended = []
        for line in run.stderr:
            if line.startswith("trial "):
                ended.append(time.monotonic())
        run.wait()
    if len(ended) != TRIALS:
        sys.exit(f"trial_bench: {len(ended)} of {TRIALS} trials at {connections} connections")
    return [later - earlier - WARMUP_S - WINDOW_S for earlier, later in zip(ended, ended[1:])]


def main():
    print("beyond warm-up and window, seconds: median (range)")
    for connections in CONNECTIONS:
        taken = overheads(connections)
        middle = statistics.median(taken)
        print(f"{connections:>7,} connections  {middle:.3f} ({min(taken):.3f}-{max(taken):.3f})  "
              f"{'within' if middle <= MOST_S else 'ABOVE'} {MOST_S} s")


if __name__ == "__main__":
    main()
