"""Where each connection lives, and what each architecture promises: tested, not believed."""

import contextlib
import json
import os
import signal
import socket
import subprocess

import pytest
from conftest import ARCHITECTURES, BIN, Greeter, one_line, run_program, until
from raw_client import DATA, RawClient, request

CPUS = sorted(os.sched_getaffinity(0))
two_cpus = pytest.mark.skipif(len(CPUS) < 2, reason="needs two CPUs")
LISTENERS = {
    "reuseport_loops": 4,
    "reuseport_processes": 4,
    "reuseport_shared_reactor": 4,
    "steered_loops": 4,
}  # all others: one


def load(target, *flags):
    """A short closed loop's report; every request was answered rightly."""
    result = run_program(
        *("loadgen", "--target", target, "--warmup", "50ms", "--duration", "300ms", "--quiet"),
        *flags,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


def connect(target, count):
    host, port = target.rsplit(":", 1)
    return [socket.create_connection((host, int(port))) for _ in range(count)]


def close(sockets):
    for each in sockets:
        each.close()


def begun(greeter, count):
    """Connections that each thread serves, once there are so many."""
    counts = []

    def all_there():
        counts[:] = [thread["connections_begun"] for thread in greeter.snapshot()["threads"]]
        return sum(counts) == count

    until(all_there)
    return counts


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_opens_the_listeners_that_its_answer_says(start, architecture):
    greeter = start(Greeter, architecture, threads=4)
    port = f":{int(greeter.target.rsplit(':', 1)[1]):04X}"
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [row.split() for row in table.readlines()[1:]]
    listening = [row for row in rows if row[1].endswith(port) and row[3] == "0A"]
    assert len(listening) == LISTENERS.get(architecture, 1)


def test_dealt_loops_deal_exactly_in_turn(start):
    greeter = start(Greeter, "dealt_loops", threads=4)
    sockets = connect(greeter.target, 66)
    assert sorted(begun(greeter, 66)) == [16, 16, 17, 17]
    assert [thread["connections_accepted"] for thread in greeter.snapshot()["threads"]] == [
        66, 0, 0, 0,
    ]  # fmt: skip
    close(sockets)


@pytest.mark.parametrize("architecture", ["reuseport_loops", "reuseport_processes"])
def test_the_kernel_hashes_connections_to_every_loop(start, architecture):
    greeter = start(Greeter, architecture, threads=2)
    sockets = connect(greeter.target, 64)
    assert min(begun(greeter, 64)) > 0  # all 64 on one side: a chance of 2^-63
    close(sockets)


def test_shared_listener_loops_lose_no_connection(start):
    """Totals, not balance: who wakes first has most."""
    greeter = start(Greeter, "shared_listener_loops", threads=4)
    sockets = connect(greeter.target, 200)
    assert sum(begun(greeter, 200)) == 200
    close(sockets)


def connect_from(cpu, target, count, within=()):
    """Connections made on that CPU by a process of its own; they stay until its stdin ends."""
    host, port = target.rsplit(":", 1)
    script = (
        "import os, socket, sys\n"
        f"os.sched_setaffinity(0, [{cpu}])\n"
        f"kept = [socket.create_connection(({host!r}, {port})) for _ in range({count})]\n"
        "print('open', flush=True)\n"
        "sys.stdin.read()\n"
    )
    process = subprocess.Popen(
        [*within, "/usr/bin/python3", "-c", script],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout.readline() == b"open\n"
    return process


@two_cpus
@pytest.mark.parametrize("swapped", [False, True])
def test_steered_loops_take_what_their_cpu_took(start, swapped):
    """On loopback that CPU is the client's. The pinning decides, not the numbers."""
    pin = CPUS[1::-1] if swapped else CPUS[:2]
    greeter = start(Greeter, "steered_loops", "--pin", ",".join(map(str, pin)), threads=2)
    clients = [connect_from(pin[1], greeter.target, 40)]
    assert begun(greeter, 40) == [0, 40]
    clients.append(connect_from(pin[0], greeter.target, 30))
    assert begun(greeter, 70) == [30, 40]
    for client in clients:
        client.communicate()


@contextlib.contextmanager
def two_hosts():
    """Two network namespaces with a cable between them: (server's, client's, set the CPU that takes
    the server's packets)."""
    names = [f"coresweep{os.getpid()}{side}" for side in "sc"]

    def run(*words):
        subprocess.run(words, check=True, capture_output=True)

    try:
        for name in names:
            run("ip", "netns", "add", name)
        run(*f"ip -n {names[0]} link add v0 type veth peer name v1 netns {names[1]}".split())
        for side, name in enumerate(names):
            run(*f"ip -n {name} addr add 10.77.0.{side + 1}/24 dev v{side}".split())
            run(*f"ip -n {name} link set v{side} up".split())

        def take_on(cpu):
            path = "/sys/class/net/v0/queues/rx-0/rps_cpus"
            run("ip", "netns", "exec", names[0], "sh", "-c", f"echo {1 << cpu:x} > {path}")

        yield names[0], names[1], take_on
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


def may_make_hosts():
    name = f"coresweep{os.getpid()}t"
    try:
        made = subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False)
        subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)
        return made.returncode == 0
    except FileNotFoundError:
        return False


@two_cpus
def test_steered_loops_follow_the_network_and_not_the_client(start):
    """Over a cable, packets are taken where receive packet steering says."""
    if not may_make_hosts():
        pytest.skip("may make no network namespace here")
    with two_hosts() as (server, client, take_on):
        greeter = start(
            Greeter, "steered_loops", "--pin", f"{CPUS[0]},{CPUS[1]}", threads=2,
            listen="10.77.0.1:10051", within=("ip", "netns", "exec", server),
        )  # fmt: skip
        clients = []
        wanted = [0, 0]
        for thread in (1, 0):
            take_on(CPUS[thread])
            wanted[thread] = 25
            within = ("ip", "netns", "exec", client)
            clients.append(connect_from(CPUS[0], greeter.target, 25, within))
            assert begun(greeter, sum(wanted)) == wanted
        for each in clients:
            each.communicate()
        greeter.stop()


def test_a_process_that_dies_leaves_the_others_serving_and_is_reported(start):
    greeter = start(Greeter, "reuseport_processes", threads=3)
    pids = greeter.ready["pids"]
    assert len(pids) == 4 and pids[0] == greeter.process.pid
    load(greeter.target, "--connections", 60)
    before = greeter.snapshot()["totals"]["requests"]
    os.kill(pids[2], signal.SIGKILL)
    assert greeter.process.stderr.readline().decode() == (
        f"greeter: process 1 of 3 (pid {pids[2]}) was killed by signal 9 (Killed): its connections "
        "are lost, the others serve on\n"
    )
    # A listener of the dead that anybody held open would take a third of these.
    report = load(greeter.target, "--connections", 200)
    greeter.say("stop")
    stopped = greeter.event("stopped")
    assert stopped["totals"]["requests"] == before + report["totals"]["requests_answered"]
    assert len(stopped["threads"]) == 3
    assert greeter.wait() == 1
    said = greeter.process.stderr.read().decode()
    assert f"(pid {pids[2]}) was killed by signal 9 (Killed) before the end" in said


def test_processes_leave_when_the_one_that_watches_them_is_killed(start):
    greeter = start(Greeter, "reuseport_processes", threads=3)
    greeter.process.kill()
    until(lambda: not any(is_alive(pid) for pid in greeter.ready["pids"][1:]))


def is_alive(pid):
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    return False


def test_a_thousand_threads_serve_a_thousand_connections(start):
    greeter = start(Greeter, "thread_per_connection", "--backlog", 1000)
    report = load(greeter.target, "--connections", 1000, "--streams", 1)
    totals = greeter.stop()["totals"]
    assert totals["connections_accepted"] == totals["connections_closed"] == 1000
    assert totals["requests"] == report["totals"]["requests_answered"]


def test_connections_beyond_its_threads_are_refused_with_one_line(start):
    greeter = start(Greeter, "thread_per_connection", "--max-connections", 20)
    sockets = connect(greeter.target, 30)
    until(lambda: greeter.snapshot()["totals"]["connections_refused"] == 10)
    assert greeter.snapshot()["totals"]["connections_open"] == 20
    close(sockets)
    until(lambda: greeter.snapshot()["totals"]["connections_open"] == 0)
    load(greeter.target, "--connections", 20)
    greeter.stop()
    assert greeter.process.stderr.read().decode() == (
        "greeter: 20 connections are open, a thread each, and there can be no more "
        "(--max-connections): others are closed at once\n"
    )


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_counts_what_its_sockets_and_loops_did(start, architecture):
    greeter = start(Greeter, architecture, threads=1)
    report = load(greeter.target, "--connections", 1, "--streams", 1)
    stopped = greeter.stop()
    totals, process = stopped["totals"], stopped["process"]
    answered = report["totals"]["requests_answered"]
    # A request a read and a reply a write, and the greeting beside them.
    assert answered < totals["reads"] <= answered + 4
    assert answered < totals["writes"] <= answered + 4
    assert totals["connections_begun"] == 1
    if architecture == "thread_per_connection":
        assert stopped["threads"][0]["loop_waits"] is None
    else:
        # How often depends on who is faster: a read may find the next request there.
        assert totals["loop_waits"] + totals["loop_polls"] > 3
        assert totals["loop_events"] > 3
    assert process["page_faults_minor"] > 0 and process["context_switches_voluntary"] > 0


@pytest.mark.parametrize("architecture", ["reuseport_loops", "shared_epoll"])
def test_a_handler_costs_the_cpu_time_that_it_shall(start, architecture):
    greeter = start(Greeter, architecture, "--handler-cpu", "1ms", threads=1)
    report = load(greeter.target, "--connections", 2, "--streams", 1)
    user_s = greeter.stop()["process"]["cpu_user_s"]
    each_ms = 1000 * user_s / report["totals"]["requests_answered"]
    assert 0.7 < each_ms < 1.6


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_handlers_wait_beside_each_other(start, architecture):
    greeter = start(Greeter, architecture, "--handler-wait", "20ms", threads=2)
    report = load(greeter.target, "--connections", 100, "--streams", 2)
    greeter.stop()
    assert report["latency_from_sent_ns"]["p50"] > 20e6
    # One after the other, two threads would answer a hundred a second.
    assert report["throughput_per_s"] > 1_000


def test_replies_are_as_long_as_the_server_was_told(start):
    greeter = start(Greeter, "reuseport_loops", "--reply-bytes", 2_000)
    client = RawClient(greeter.target)
    client.send(request(1))
    body = b""
    for kind, flags, stream, payload in client.frames():
        body += payload if kind == DATA else b""
        if stream == 1 and flags & 1:
            break
    assert len(body) == 5 + 3 + 2_000  # gRPC's prefix, the field's tag and length
    client.close()


def overdue_share(start, architecture):
    """Of requests due at a steady rate, how many took longer than 50 ms while a thread stalls."""
    greeter = start(Greeter, architecture, "--stall-thread", "0:400ms", threads=2)
    result = run_program(
        *("loadgen", "--target", greeter.target, "--mode", "constant", "--rate", 1000, "--quiet"),
        *("--connections", 16, "--streams", 500, "--warmup", "0s", "--duration", "2500ms"),
    )
    assert result.returncode == 0, result.stderr
    latency = json.loads(result.stdout.splitlines()[-1])["latency_from_due_ns"]
    greeter.stop()
    return [latency[key] > 50e6 for key in ("p90", "p99")]


def test_a_stall_is_felt_by_its_own_connections_alone(start):
    """Half of all connections live on the loop that stands still, for 0.4 s twice in 2.5 s: a sixth
    of what is due waits. A shared loop loses one connection for so long: a fiftieth."""
    assert overdue_share(start, "dealt_loops") == [True, True]
    assert overdue_share(start, "shared_reactor") == [False, True]


class NoRing:
    """For preexec_fn: the kernel refuses io_uring to this process, as many containers do."""

    def __call__(self):
        import ctypes
        import struct

        load_word, jump_if, give = 0x20, 0x15, 0x06
        rules = [(load_word, 0, 0, 0), (jump_if, 0, 1, 425), (give, 0, 0, 0x50001),
                 (give, 0, 0, 0x7FFF0000)]  # fmt: skip
        code = b"".join(struct.pack("HBBI", *rule) for rule in rules)
        program = ctypes.create_string_buffer(code)
        fprog = struct.pack("HxxxxxxP", len(rules), ctypes.addressof(program))
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.prctl(38, 1, 0, 0, 0) == 0  # no new privileges
        assert libc.prctl(22, 2, fprog, 0, 0) == 0  # a filter


RING = [] if not (BIN / "greeter-io_uring").exists() else [
    json.loads(line) for line in run_program("greeter-io_uring", "--list").stdout.splitlines()
]  # fmt: skip
RING_HERE = any(line.get("available") for line in RING)
needs_ring = pytest.mark.skipif(not RING_HERE, reason="no io_uring here, or greeter without it")


@needs_ring
@pytest.mark.parametrize(
    "architecture", [line["architecture"] for line in RING if "architecture" in line]
)
def test_io_uring_serves_the_same(start, architecture):
    greeter = start(Greeter, architecture, program="greeter-io_uring")
    assert greeter.ready["engine"] == "io_uring"
    report = load(greeter.target, "--connections", 32, "--streams", 10)
    stopped = greeter.stop()
    totals = stopped["totals"]
    assert totals["requests"] == report["totals"]["requests_answered"] > 0
    assert totals["connections_accepted"] == totals["connections_closed"] == 32
    assert totals["loop_waits"] > 0 and totals["loop_events"] is None


@needs_ring
def test_an_architecture_outside_asio_has_no_other_engine():
    result = run_program("greeter-io_uring", "--architecture", "shared_epoll")
    assert result.returncode == 2
    assert "shared_epoll waits by itself and knows no io_uring" in one_line(result, "greeter")


@needs_ring
def test_where_io_uring_is_forbidden_one_line_says_so():
    served = run_program(
        "greeter-io_uring", "--architecture", "reuseport_loops", preexec_fn=NoRing()
    )
    assert served.returncode == 1
    assert one_line(served, "greeter") == (
        "io_uring cannot be had here: Operation not permitted"
    )
    listed = run_program("greeter-io_uring", "--list", preexec_fn=NoRing()).stdout
    engine = json.loads(listed.splitlines()[-1])
    assert engine["available"] is False and "Operation not permitted" in engine["why"]


@needs_ring
def test_a_plan_skips_a_forbidden_io_uring_visibly(plan):
    path = plan(engine=["epoll", "io_uring"], architectures=["reuseport_loops"])
    planned = run_program("coresweep", "plan", path, preexec_fn=NoRing())
    assert planned.returncode == 0, planned.stderr
    (line,) = [line for line in planned.stdout.splitlines() if line.startswith("skipped: ")]
    assert "io_uring" in line and "Operation not permitted" in line
    alone = plan(engine="io_uring", architectures=["reuseport_loops"])
    refused = run_program("coresweep", "plan", alone, preexec_fn=NoRing())
    assert refused.returncode == 2
    assert "Operation not permitted" in one_line(refused, "coresweep")
