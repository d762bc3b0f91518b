"""Clients that begin at one instant: `go EPOCH_NS` on stdin, what is refused there, who is late."""

import array
import fcntl
import json
import pathlib
import signal
import termios
import time

import pytest
from conftest import BIN, Greeter, Program, until

MS = 1_000_000


@pytest.fixture
def waiting(start):
    """waiting(flag, ...) is a loadgen with open connections that waits for its word."""
    greeter = start(Greeter, "reuseport_loops")

    def begin(*flags):
        loadgen = start(
            Program,
            *(BIN / "loadgen", "--target", greeter.target, "--connections", 4, "--start", "go"),
            *("--warmup", "0s", "--duration", "500ms", "--quiet", *flags),
        )
        loadgen.event("ready")
        return loadgen

    return begin


def refusal(loadgen, exit_code):
    """Its one line, once it has ended with that code and without a report."""
    assert loadgen.wait() == exit_code
    assert loadgen.process.stdout.read() == b""
    (line,) = loadgen.process.stderr.read().decode().splitlines()
    return line.removeprefix("loadgen: ")


def states(loadgen):
    """Of its threads, as the kernel calls them: T is stopped, S asleep."""
    tasks = pathlib.Path(f"/proc/{loadgen.process.pid}/task").glob("*/stat")
    return {task.read_text().rpartition(")")[2].split()[0] for task in tasks}


def has_read_all(loadgen):
    unread = array.array("i", [0])
    fcntl.ioctl(loadgen.process.stdin.fileno(), termios.FIONREAD, unread)
    return unread[0] == 0


def sleep_until(epoch_ns):
    time.sleep(max(epoch_ns - time.time_ns(), 0) / 1e9)


def test_go_at_a_time_begins_then(waiting):
    loadgen = waiting("--threads", 2)
    at = time.time_ns() + 300 * MS
    at_monotonic = at - time.time_ns() + time.monotonic_ns()
    loadgen.say(f"go {at}")
    assert loadgen.event("measuring")["monotonic_ns"] >= at_monotonic - MS
    loadgen.event("measured")
    report = loadgen.event("report")
    assert loadgen.wait() == 0
    assert report["window_begin_epoch_ns"] == at
    assert [thread["begun_late_ns"] >= 0 for thread in report["load_threads"]] == [True, True]


@pytest.mark.parametrize(
    "line",
    [
        *("go soon", "go ", "go  5", "go 5 ", "go -1", "go +5", "go 0", "go 1e18", "go 0x5"),
        *("go 99999999999999999999", "go 9000000000000000000", "go 5\0"),
    ],
)
def test_go_at_no_time_is_refused(waiting, line):
    loadgen = waiting()
    loadgen.say(line)
    assert refusal(loadgen, 2) == (
        f"'{line}' on stdin: allowed is go, or go and nanoseconds since 1970, at most a day ahead"
    ).replace("\0", " ")


def test_a_line_that_does_not_end_is_refused(waiting):
    loadgen = waiting()
    loadgen.say("x" * 5_000 + "\ngo")
    assert refusal(loadgen, 2).startswith(f"'{'x' * 64}' on stdin: allowed is go, or go and ")


def test_go_at_a_time_that_has_passed_is_refused(waiting):
    loadgen = waiting()
    at = time.time_ns() - 1_500 * MS
    loadgen.say(f"go {at}")
    line = refusal(loadgen, 1)
    assert line.startswith(f"go {at} passed ")
    assert line.endswith(" s before it could be begun")
    assert float(line.split()[3]) >= 1.5


def test_go_at_a_time_is_for_one_rate(waiting):
    loadgen = waiting("--mode", "constant", "--rate-steps", "100,200")
    loadgen.say(f"go {time.time_ns() + 300 * MS}")
    assert refusal(loadgen, 2) == (
        "--rate-steps: clients that share a start do one rate at a time: not with go at a time"
    )


def test_the_end_of_stdin_ends_the_wait_for_the_time(waiting):
    loadgen = waiting()
    loadgen.say(f"go {time.time_ns() + 60_000 * MS}")
    until(lambda: has_read_all(loadgen))
    loadgen.close_stdin()
    began = time.monotonic()
    assert refusal(loadgen, 1) == "stdin ended, so nobody waits for a report"
    assert time.monotonic() - began < 20


def test_a_client_that_is_held_up_until_after_the_time_is_refused(waiting):
    loadgen = waiting()
    at = time.time_ns() + 2_000 * MS
    loadgen.say(f"go {at}")
    until(lambda: has_read_all(loadgen) and states(loadgen) == {"S"})
    loadgen.process.send_signal(signal.SIGSTOP)
    sleep_until(at + 50 * MS)
    loadgen.process.send_signal(signal.SIGCONT)
    line = refusal(loadgen, 1)
    assert line.startswith(f"go {at} is -")
    assert float(line.split()[3]) < -0.05
    assert line.endswith(" s off: the clock was set while it waited, or it was held up")


def test_a_client_that_is_stopped_over_its_begin_says_how_late_it_was(waiting):
    """It looks at the clock for the last time 30 ms before, and has to be stopped after that. Where
    it was not, or too late, that was another test."""
    for _ in range(20):
        loadgen = waiting("--threads", 2)
        at = time.time_ns() + 100 * MS
        loadgen.say(f"go {at}")
        sleep_until(at - 12 * MS)
        loadgen.process.send_signal(signal.SIGSTOP)
        while states(loadgen) != {"T"}:
            pass
        was_in_time = time.time_ns() < at
        sleep_until(at + 100 * MS)
        late = time.time_ns() - at
        loadgen.process.send_signal(signal.SIGCONT)
        began = loadgen.wait() == 0
        ended = time.time_ns() - at
        if began and was_in_time:
            break
    report = json.loads(loadgen.process.stdout.read().splitlines()[-1])
    assert report["window_begin_epoch_ns"] == at, "what was scheduled"
    assert len(report["load_threads"]) == 2
    for thread in report["load_threads"]:
        assert late - MS < thread["begun_late_ns"] < ended
