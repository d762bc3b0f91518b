"""Where each connection lives: which thread serves it, and who decides."""

import contextlib
import os
import subprocess

import pytest
from clients import begun, close, connect
from conftest import ARCHITECTURES, Greeter, until

CPUS = sorted(os.sched_getaffinity(0))
two_cpus = pytest.mark.skipif(len(CPUS) < 2, reason="needs two CPUs")


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


ONE_LOOP = {"shared_reactor", "reuseport_shared_reactor", "stranded_reactor", "shared_epoll"}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_thread_says_what_is_open_on_it_where_that_is_one_threads(start, architecture):
    greeter = start(Greeter, architecture, threads=2)
    sockets = connect(greeter.target, 20)
    begun(greeter, 20)

    def open_on():
        return [thread["connections_open"] for thread in greeter.snapshot()["threads"]]

    if architecture in ONE_LOOP:
        assert open_on() == [None, None]
    else:
        assert sum(open_on()) == 20
        close(sockets[:7])
        until(lambda: sum(open_on()) == 13)
        if architecture == "dealt_loops":
            assert sorted(open_on()) == [6, 7]
        assert len(open_on()) == (1 if architecture == "thread_per_connection" else 2)
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
