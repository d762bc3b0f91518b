"""What a call costs on purpose: CPU time, a wait, a long reply, a thread that stands still."""

import json

import pytest
from clients import load
from conftest import ARCHITECTURES, Greeter, run_program
from raw_client import DATA, RawClient, request


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
