"""`coresweep agent`, as a controller sees it: one serves, one loads, both over pipes on loopback.

Whatever happens to an agent or its controller, the programs that it runs do not outlive it.
"""

import array
import fcntl
import itertools
import json
import os
import pathlib
import pty
import signal
import subprocess
import termios
import threading
import time

import pytest
from conftest import BIN, PATIENCE_S, Program, took, until
from sweeps import children_of, free_port

MS = 1_000_000
SECOND = 1_000 * MS
BEAT_S = 0.5
# One agent an address: all of these are this machine's.
ADDRESSES = (f"127.0.0.{number}" for number in itertools.cycle(range(1, 250)))


class Agent(Program):
    """An agent, and its controller's heart, that beats until silence() or its end."""

    def __init__(self):
        super().__init__(BIN / "coresweep", "agent", "--address", next(ADDRESSES))
        self._speaks = threading.Lock()
        self._is_silent = threading.Event()
        self.beats = 0  # that were heard
        threading.Thread(target=self._beat, daemon=True).start()

    def _beat(self):
        while not self._is_silent.wait(BEAT_S):
            try:
                self.do("beat")
            except (OSError, ValueError, AttributeError):
                return  # nobody listens any more

    def do(self, word, **fields):
        with self._speaks:
            self.say(Agent.line(word, **fields))

    @staticmethod
    def line(word, **fields):
        return json.dumps({"do": word, **fields}, separators=(",", ":"))

    def next_event(self, name):
        while (event := super().next_event(name)) == {"event": "beat"}:
            self.beats += 1
        return event

    def silence(self):
        self._is_silent.set()

    def close_stdin(self):
        self.silence()
        with self._speaks:
            super().close_stdin()

    def end(self):
        self.silence()
        super().end()

    def refusal(self, exit_code):
        """Its one line, once it has ended with that code."""
        assert self.wait() == exit_code
        (line,) = self.process.stderr.read().decode().splitlines()
        return line.removeprefix("coresweep: ")

    def program(self):
        """The number of the one program that it runs."""
        (pid,) = children_of(self.process.pid).values()
        return pid


def is_gone(pid):
    """Or waits for nothing but to be waited for."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"


def unread_in(pipe):
    unread = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, unread)
    return unread[0]


@pytest.fixture
def agent(start):
    """agent() is one that has said hello."""

    def begin():
        agent = start(Agent)
        agent.hello = agent.event("agent")
        return agent

    return begin


def serve(agent, target):
    agent.do(
        "serve",
        program="greeter",
        flags=["--architecture", "reuseport_loops", "--threads", "1", "--listen", target],
        cpus=[],
    )


def load(agent, target):
    flags = ["--target", target, "--connections", "4", "--streams", "2", "--threads", "1"]
    times = ["--warmup", "100ms", "--duration", "2s", "--start", "go", "--quiet"]
    agent.do("load", flags=[*flags, *times], connect_within_ns=10 * SECOND)


@pytest.fixture
def pair(agent):
    """A server and a client that are connected, and where."""
    target = f"127.0.0.1:{free_port()}"
    server, client = agent(), agent()
    serve(server, target)
    server.event("serving")
    load(client, target)
    client.event("connected")
    return server, client


def begin_window(server, client):
    """When it begins and ends, in ns of the epoch; it takes 2 s."""
    start_ns = time.time_ns() + 150 * MS
    begin_ns = start_ns + 100 * MS
    end_ns = begin_ns + 2 * SECOND
    server.do("window", begin_ns=begin_ns, end_ns=end_ns, cpus=[0])
    client.do("go", start_ns=start_ns, warmup_ns=100 * MS, duration_ns=2 * SECOND, cpus=[0])
    return begin_ns, end_ns


@pytest.fixture
def in_window(pair):
    """The same in the midst of their window."""
    begin_ns, _ = begin_window(*pair)
    time.sleep((begin_ns - time.time_ns()) / SECOND + 0.3)
    return pair


def test_a_whole_trial(pair):
    server, client = pair
    for key in ("machine", "cores", "build", "doctor", "chrony", "network", "numa_nodes"):
        assert key in server.hello
    assert server.hello["protocol"] == 1
    assert server.hello["pid"] == server.process.pid
    assert server.hello["host"] == os.uname().nodename
    assert server.hello["arch"] == os.uname().machine
    assert "127.0.0.1" in server.hello["addresses"]
    assert server.hello["most_connections"] > 0
    assert {line.get("architecture") for line in server.hello["greeter"]} >= {"reuseport_loops"}
    digest = subprocess.run(["sha256sum", BIN / "loadgen"], capture_output=True, text=True)
    assert server.hello["binaries"]["loadgen"] == {"sha256": digest.stdout.split()[0]}

    before = time.time_ns()
    server.do("clock")
    assert before <= server.event("clock")["realtime_ns"] <= time.time_ns()

    begin_ns, _ = begin_window(server, client)
    windowed = server.event("windowed")
    assert all(late >= 0 for late in windowed["late_ns"])
    told = client.event("report")
    assert told["report"]["window_begin_epoch_ns"] == begin_ns
    assert server.beats >= 2 and client.beats >= 2, "however long a step takes"
    server.do("stop")
    stopped = server.event("stopped")

    answered = told["report"]["requests_answered"]
    assert answered > 0
    assert told["errors"] == stopped["errors"] == ""
    assert stopped["totals"] == {
        "requests": told["report"]["totals"]["requests_answered"],
        "connections_accepted": 4,
    }
    served = windowed["server_window"]
    assert 0 < served["threads"][0]["requests"] <= stopped["totals"]["requests"]
    if not os.environ.get("CORESWEEP_SANITIZE"):
        assert max(windowed["late_ns"]) < 500 * MS
        assert served["window_s"] == pytest.approx(2, rel=0.25)
    for agent, host in ((server, windowed["host"]), (client, told["host"])):
        assert host["machine_cpu"]["per_cpu"] and "listen_drops" in host["network"]
        assert "cpu_frequency" in host
        if agent.hello["network"]:  # 127.0.0.1 alone is an address of a device
            assert host["device"]["counters"]["rx_packets"] > 0
        else:
            assert host["device"] is None
    assert "network_connecting" in windowed["host"]

    for agent in pair:
        agent.close_stdin()
        assert agent.wait() == 0
        assert agent.process.stderr.read() == b""


def test_hearts_beat_each_second(agent):
    idle = agent()
    began = time.monotonic()
    for _ in range(3):
        assert Program.next_event(idle, "beat") == {"event": "beat"}
    assert took(began, 4, 1.9)


@pytest.mark.parametrize("side", [0, 1], ids=["server", "client"])
def test_the_end_of_stdin_ends_a_window_and_its_program(in_window, side):
    agent = in_window[side]
    program = agent.program()
    began = time.monotonic()
    agent.close_stdin()
    until(lambda: is_gone(program))
    assert agent.wait() == 0
    assert took(began, 1)


def test_a_silent_controller_is_taken_for_gone(in_window):
    programs = [agent.program() for agent in in_window]
    began = time.monotonic()
    for agent in in_window:
        agent.silence()
    for agent, program in zip(in_window, programs, strict=True):
        assert agent.refusal(1) == "agent: heard nothing for 5 s"
        assert is_gone(program)
    assert took(began, 8, 4)


def test_one_that_was_stopped_itself_takes_nobody_for_gone(agent):
    stopped = agent()
    stopped.process.send_signal(signal.SIGSTOP)
    time.sleep(6)  # longer than anybody may be silent
    stopped.process.send_signal(signal.SIGCONT)
    stopped.do("clock")
    stopped.event("clock")


def test_a_killed_agent_leaves_no_program(in_window):
    programs = [agent.program() for agent in in_window]
    for agent in in_window:
        agent.process.kill()
    until(lambda: all(is_gone(program) for program in programs))


def test_a_program_that_hangs_is_killed(pair):
    server, _ = pair
    program = server.program()
    os.kill(program, signal.SIGSTOP)
    began = time.monotonic()
    server.close_stdin()
    assert server.wait() == 0
    assert is_gone(program)
    assert took(began, 6, 3)


def test_an_agent_that_cannot_say_a_word_is_ended_all_the_same(pair):
    """Its replies fill its stdout, which nobody reads: it hangs in a write."""
    server, _ = pair
    program = server.program()
    stdout = server.process.stdout.fileno()
    size = fcntl.fcntl(stdout, fcntl.F_SETPIPE_SZ, 4096)
    for said in (size // 2, size - 64):
        for _ in range(60):
            server.do("clock")
        until(lambda said=said: unread_in(stdout) > said)
    began = time.monotonic()
    server.close_stdin()
    until(lambda: is_gone(program))
    assert server.wait() == 1
    assert took(began, 9, 5)


@pytest.mark.parametrize("side", [0, 1], ids=["server", "client"])
def test_abandoned_within_a_window_it_is_idle_soon(in_window, side):
    agent = in_window[side]
    program = agent.program()
    began = time.monotonic()
    agent.do("abandon")
    assert set(agent.event("idle")) == {"event", "errors"}
    assert is_gone(program) and children_of(agent.process.pid) == {}
    assert took(began, 1.5)  # the window has 1.7 s left
    target = f"127.0.0.1:{free_port()}"
    serve(agent, target)
    agent.event("serving")
    agent.do("abandon")
    agent.event("idle")
    agent.do("clock")
    agent.event("clock")


def test_a_word_and_its_abandon_get_one_idle(agent):
    """However they meet."""
    server = agent()
    for wait_ms in range(30):
        serve(server, "127.0.0.1:0")
        time.sleep(wait_ms / 1000)
        server.do("abandon")
        answer = server.next_event("idle")
        if answer["event"] == "serving":  # which was on its way
            answer = server.event("idle")
        assert answer["event"] == "idle"
    server.do("clock")
    server.event("clock")


@pytest.mark.parametrize("side", [0, 1], ids=["server", "client"])
def test_a_program_that_is_killed_breaks_the_trial(in_window, side):
    agent = in_window[side]
    os.kill(agent.program(), signal.SIGKILL)
    name = ["server", "load generator"][side]
    assert agent.event("broken")["reason"] == f"the {name} was killed by signal 9 (Killed)"
    assert children_of(agent.process.pid) == {}


def test_a_server_that_is_lost_to_its_client_is_in_the_report(in_window):
    server, client = in_window
    os.kill(server.program(), signal.SIGKILL)
    server.event("broken")
    told = client.event("report")
    assert told["report"]["totals"]["connections_lost"] == 4
    assert told["errors"].startswith("loadgen: ")


def test_a_port_that_is_taken_is_taken_for_all_trials(agent, listener):
    target = f"127.0.0.1:{listener.getsockname()[1]}"
    other = agent()
    serve(other, target)
    cannot = other.event("cannot")
    assert cannot["reason"].startswith(f"greeter: {target} is in use by another listener ")
    assert cannot["errors"] == cannot["reason"] + "\n"
    assert children_of(other.process.pid) == {}


def test_who_cannot_connect_says_why(agent):
    client = agent()
    load(client, f"127.0.0.1:{free_port()}")
    answer = client.event("cannot_connect")
    assert answer["failures"] == {"refused": 4}
    assert answer["ending"].startswith("the load generator exited with 1: loadgen: cannot connect")
    assert children_of(client.process.pid) == {}


def test_flags_that_are_none_break_the_trial(agent):
    server = agent()
    server.do("serve", program="greeter", flags=["--threads", "none"], cpus=[])
    broken = server.event("broken")
    assert broken["reason"].startswith("the server exited with 2: greeter: --threads")
    assert broken["errors"].startswith("greeter: --threads")


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        ("hello", "'hello' on stdin is no word of coresweep's"),
        (Agent.line("dance"), "'dance' on stdin is no word of coresweep's"),
        (Agent.line("stop"), "'stop' on stdin is not due: this host runs no program"),
        (Agent.line("load", flags=5), '{"do":"load","flags":5} on stdin has no proper "flags"'),
    ],
)
def test_a_word_that_is_none_ends_it(agent, line, refusal):
    misled = agent()
    with misled._speaks:
        misled.say(line)
    assert misled.refusal(2) == refusal


def test_a_host_has_one_part(pair):
    server, _ = pair
    program = server.program()
    load(server, "127.0.0.1:1")
    assert server.refusal(2) == "'load' on stdin is not due: this host serves"
    assert is_gone(program)


def test_words_that_nobody_waits_for_end_it(in_window):
    server, _ = in_window
    for _ in range(100):
        server.do("clock")
    server.event("windowed")
    for _ in range(63):
        server.event("clock")
    assert server.refusal(2) == "'too many words' on stdin is no word of coresweep's"


def test_interrupted_from_elsewhere_it_ends(in_window):
    server, _ = in_window
    program = server.program()
    server.process.send_signal(signal.SIGINT)
    assert server.refusal(130) == "agent: interrupted"
    assert is_gone(program)


def test_whoever_types_it_learns_what_it_is_for():
    controller, terminal = pty.openpty()
    try:
        result = subprocess.run(
            [BIN / "coresweep", "agent", "--address", next(ADDRESSES)],
            stdin=terminal, capture_output=True, text=True, timeout=PATIENCE_S,
        )  # fmt: skip
    finally:
        os.close(controller)
        os.close(terminal)
    assert result.returncode == 2
    assert result.stderr == (
        "coresweep: agent: coresweep runs it on each host of a sweep over several, and talks to "
        "it: there is nothing to type\n"
    )
    assert result.stdout == ""
