"""The real programs for the tests here: greeters and load generators started, talked to, and gone.

Every greeter listens on a free loopback port of its own, so that tests do not meet each other.
"""

import functools
import json
import os
import pathlib
import select
import socket
import subprocess
import time

import pytest
from again import (  # noqa: F401
    pytest_report_teststatus,
    pytest_runtest_makereport,
    pytest_runtest_protocol,
    pytest_terminal_summary,
    pytest_unconfigure,
)
from report_pages import cells, counting, downloads, driver, opened, pages  # noqa: F401

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = pathlib.Path(os.environ.get("CORESWEEP_BIN", ROOT / "build" / "release" / "bin"))
LIST = [
    json.loads(line)
    for line in subprocess.run(
        [BIN / "greeter", "--list"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
]
ARCHITECTURES = [line["architecture"] for line in LIST if "architecture" in line]
# Who speaks all of HTTP/2: the null responder does not.
HTTP2 = [line["http2"] for line in LIST if line.get("http2") not in (None, "null")]
# Instrumented programs are many times slower; what they must do stays the same.
PATIENCE_S = 60


class Program:
    """A running program of ours: JSON lines out, plain lines in. Gone when the test is over."""

    def __init__(self, *command, stderr=subprocess.PIPE, **options):
        self.process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            **options,
        )
        self._unread = b""

    def event(self, name):
        """The next line on stdout, which must be this event."""
        event = self.next_event(name)
        assert event["event"] == name, event
        return event

    def next_event(self, name):
        """The next line on stdout; `name` is what is waited for."""
        deadline = time.monotonic() + PATIENCE_S
        waiting = select.poll()  # select() knows no descriptor above 1,023
        waiting.register(self.process.stdout, select.POLLIN)
        while b"\n" not in self._unread:
            ready = waiting.poll(1000 * (deadline - time.monotonic()))
            assert ready, f"no event {name} within {PATIENCE_S} s"
            chunk = os.read(self.process.stdout.fileno(), 65536)
            assert chunk, f"ended before event {name}: {self.process.communicate()[1]!r}"
            self._unread += chunk
        line, self._unread = self._unread.split(b"\n", 1)
        return json.loads(line)

    def say(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def wait(self):
        """Exit code, once it has ended on its own."""
        return self.process.wait(PATIENCE_S)

    def close_stdin(self):
        self.process.stdin.close()
        self.process.stdin = None

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


class Greeter(Program):
    """A greeter that listens; `target` says where. `within`: words of a command that runs it."""

    def __init__(
        self, architecture, *flags, threads=2, listen="127.0.0.1:0", program="greeter", within=(),
        stderr=subprocess.PIPE, **options,
    ):  # fmt: skip
        super().__init__(
            *within,
            BIN / program,
            *("--architecture", architecture, "--threads", threads, "--listen", listen),
            *flags,
            stderr=stderr,
            **options,
        )
        self.ready = self.event("ready")
        # Said before, so that it is there; what a test finds on stderr is what came after.
        crowded = stderr == subprocess.PIPE and threads > len(os.sched_getaffinity(0))
        self.warning = self.process.stderr.readline().decode() if crowded else ""
        self.target = self.ready["listen"]

    def snapshot(self):
        self.say("snapshot")
        return self.event("snapshot")

    def stop(self):
        """Its last counters; it must leave with exit code 0."""
        self.say("stop")
        stopped = self.event("stopped")
        assert self.wait() == 0
        return stopped


@pytest.fixture
def start():
    """start(Class, ...) makes one of the programs above, which ends with the test."""
    started = []

    def starter(kind, *arguments, **options):
        program = kind(*arguments, **options)
        started.append(program)
        return program

    yield starter
    for program in started:
        program.end()


def write_plan(folder, **changes):
    """A plan of short trials on a free port; returns its path."""
    from sweeps import free_port  # which needs the programs above

    fields = {
        "question": "Does it work?",
        "architectures": ["shared_reactor", "reuseport_loops"],
        "threads": [1],
        "connections": 8,
        "streams": 4,
        "warmup": "50ms",
        "duration": "200ms",
        "blocks": 2,
        # Of itself a sweep has twins and controls, and runs again what the host spoilt.
        "twin_blocks": 0,
        "controls": False,
        "reruns": 0,
        "seed": 7,
        "listen": f"127.0.0.1:{free_port()}",
        **changes,
    }
    path = folder / "small.json"
    path.write_text(json.dumps(fields))
    return path


@pytest.fixture
def plan(tmp_path):
    """plan(**changes) is write_plan() to this test's folder."""
    return functools.partial(write_plan, tmp_path)


@pytest.fixture
def listener():
    """A socket that listens; told_servers.serve() makes a server of it."""
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listening:
        yield listening


@pytest.fixture
def answering():
    """answering(function) makes a real TCP server; it calls function(socket) a connection."""
    from told_servers import ToldServers

    servers = ToldServers()
    yield servers.serve
    servers.close()


def run_program(name, *arguments, **options):
    """A program of ours run to its end with no stdin."""
    options.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run(
        [str(BIN / name), *(str(word) for word in arguments)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S * 2,
        **options,
    )


def reports_of(result):
    """All the reports of a loadgen that has ended."""
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    return [line for line in lines if line["event"] == "report"]


def load_shortly(target, connections=16):
    """A short closed loop against `target`; returns the finished process."""
    return run_program(
        "loadgen",
        *("--target", target, "--warmup", "50ms", "--duration", "300ms"),
        *("--connections", connections, "--streams", 5, "--threads", 2),
    )


def greet_others(greeter, duration="200ms"):
    """Throughput of well-behaved clients (requests per second)."""
    result = run_program(
        *("loadgen", "--target", greeter.target, "--connections", 4, "--streams", 1),
        *("--warmup", "50ms", "--duration", duration),
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])["throughput_per_s"]


def until(condition, patience_s=PATIENCE_S / 3):
    """Returns once condition() is true."""
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {patience_s} s"
        time.sleep(0.05)


def took(began, most_s, least_s=0.0):
    """Whether it is so many seconds since `began`; under a sanitizer, which is slow, no less."""
    most_s = float("inf") if os.environ.get("CORESWEEP_SANITIZE") else most_s
    return least_s < time.monotonic() - began < most_s


def one_line(result, name):
    """The single line on stderr, after the program's name."""
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith(f"{name}: "), lines[0]
    return lines[0].removeprefix(f"{name}: ")
