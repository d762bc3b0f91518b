"""What tests of coresweep share: a sweep run or under way, what it stored, whom it started."""

import json
import os
import pathlib
import random
import re
import socket
import time

from conftest import BIN, PATIENCE_S, Program, run_program

CPUS = sorted(os.sched_getaffinity(0))
PYTHON = "/usr/bin/python3"


def free_port():
    """Below the ephemeral range, where no client's socket can sit between this and its use."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def sweep(path, tmp_path, *flags):
    """To its end, but for its report: drawing one takes longer than most of these sweeps."""
    return drawn_sweep(path, tmp_path, "--no-report", *flags)


def drawn_sweep(path, tmp_path, *flags):
    return run_program("coresweep", "run", path, "--results", tmp_path / "runs", *flags)


def run_folder(tmp_path):
    (folder,) = (tmp_path / "runs").iterdir()
    return folder


def trials_of(folder):
    """Those written to their end: a reader beside the writer may see the beginning of one more."""
    *whole, _ = (folder / "trials.jsonl").read_text().split("\n")
    return [json.loads(line) for line in whole]


def await_trials(tmp_path, count):
    """Returns once a sweep under way has stored so many trials."""
    deadline = time.monotonic() + PATIENCE_S
    stored = "runs/*/trials.jsonl"
    while not list(tmp_path.glob(stored)) or len(trials_of(run_folder(tmp_path))) < count:
        assert time.monotonic() < deadline


def children_of(pid):
    """Process ids by program name."""
    found = {}
    for one in filter(str.isdigit, os.listdir("/proc")):  # glob would look at who is gone by then
        try:
            text = pathlib.Path("/proc", one, "stat").read_text()
        except OSError:
            continue
        name, rest = re.fullmatch(r"\d+ \((.*)\) (.*)", text.strip(), re.S).groups()
        if rest.split()[1] == str(pid):
            found[name] = int(one)
    return found


class RunningSweep(Program):
    """A sweep under way, with long trials; `await_child` finds what it started."""

    command = "run"

    def __init__(self, path, tmp_path, flags=(), **options):
        super().__init__(BIN / "coresweep", self.command, path, "--results", tmp_path / "runs",
                         "--no-report", *flags, **options)

    def await_child(self, name):
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            children = children_of(self.process.pid)
            if name in children:
                return children[name]
            assert self.process.poll() is None, self.process.communicate()
        raise AssertionError(f"no {name} within {PATIENCE_S} s")


def gone(pid, within_s):
    """True when that process has ended (or waits for a parent to ask) within so many seconds."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            return True
        if state in "ZX":
            return True
    return False
