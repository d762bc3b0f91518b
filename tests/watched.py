"""A greeter whose memory is watched while somebody means harm to it."""

import os
import pathlib
import re

from conftest import Greeter, greet_others

# What all the offenders of a test may add to the server's resident memory at any time, where no
# other bound is said.
MOST_GROWTH_KB = 48 * 1024
SANITIZED = bool(os.environ.get("CORESWEEP_SANITIZE"))


def peak_kb(greeter):
    """The most that was resident since forget_peak()."""
    status = pathlib.Path(f"/proc/{greeter.process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1))


def forget_peak(greeter):
    pathlib.Path(f"/proc/{greeter.process.pid}/clear_refs").write_text("5")
    greeter.resident_before_kb = peak_kb(greeter)


def assert_bounded(greeter, most_kb=MOST_GROWTH_KB):
    """A sanitizer keeps what was freed: there memory says nothing of ours, and is not looked at."""
    if not SANITIZED:
        assert peak_kb(greeter) - greeter.resident_before_kb < most_kb


def start_watched(start, http2):
    """One with little patience that has served once, so that what it keeps for ever is there."""
    flags = ("--http2", http2, "--patience", "1s")
    served = start(Greeter, "reuseport_loops", *flags, threads=1)
    served.http2 = http2
    greet_others(served)
    forget_peak(served)
    return served
