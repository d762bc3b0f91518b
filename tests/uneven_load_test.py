"""Load that is not the same everywhere: hot and idle connections, users that think, more work."""

import json
import socket
import threading

import pytest
from conftest import BIN, Greeter, Program, one_line, run_program

POISSON = ("--mode", "poisson", "--rate", 5)
SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"


def load(target, *flags):
    result = run_program("loadgen", "--target", target, "--quiet", *flags)
    return json.loads(result.stdout.splitlines()[-1])


@pytest.fixture
def counting():
    """A real TCP server that answers nothing, and how many bytes it got on each connection."""
    received = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def take(connection, number):
            connection.sendall(SETTINGS)
            try:
                while chunk := connection.recv(65536):
                    received[number] += len(chunk)
            except OSError:
                pass  # loadgen has closed it

        def accept():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                received.append(0)
                number = len(received) - 1
                threading.Thread(target=take, args=(connection, number), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield "127.0.0.1:{}".format(listener.getsockname()[1]), received


def shares_of_requests(counting, connections, *flags):
    """Each connection's part of what was sent, busiest first."""
    target, received = counting
    report = load(
        target,
        *("--mode", "poisson", "--rate", 2_000, "--streams", 1_000, "--connections", connections),
        *("--warmup", "0s", "--duration", "500ms", *flags),
    )
    assert report["totals"]["requests_sent"] > 800  # some are due when it is held up at the end
    preface = min(received) if "--idle-connections" in flags else 80
    sent = sorted((got - preface for got in received), reverse=True)
    return [part / sum(sent) for part in sent]


@pytest.mark.parametrize("threads", [1, 2])
def test_a_tenth_of_the_connections_has_most_of_the_load(counting, threads):
    shares = shares_of_requests(
        counting, 20, "--hot-connections", "10%:90%", "--threads", threads
    )
    assert sum(shares[:2]) == pytest.approx(0.9, abs=0.04)
    assert shares[0] == pytest.approx(0.45, abs=0.05)


def test_zipfs_law(counting):
    shares = shares_of_requests(counting, 10, "--hot-connections", "zipf:1")
    harmonic = sum(1 / rank for rank in range(1, 11))
    for rank, share in enumerate(shares, start=1):
        assert share == pytest.approx(1 / rank / harmonic, abs=0.05)


def test_load_is_even_unless_told(counting):
    shares = shares_of_requests(counting, 10)
    assert all(share == pytest.approx(0.1, abs=0.01) for share in shares)


def test_idle_connections_stand_beside_the_others_and_say_nothing(counting):
    shares = shares_of_requests(counting, 5, "--idle-connections", 15)
    assert len(shares) == 20
    assert all(share == pytest.approx(0.2, abs=0.02) for share in shares[:5])
    assert all(share == 0 for share in shares[5:])


def test_idle_connections_are_counted_by_the_server_too(start):
    greeter = start(Greeter, "reuseport_loops")
    loadgen = start(
        Program,
        *(BIN / "loadgen", "--target", greeter.target, "--connections", 3, "--threads", 2),
        *("--idle-connections", 8, "--warmup", "0s", "--duration", "300ms"),
    )
    assert loadgen.event("ready")["connections"] == 11
    loadgen.event("measuring")
    assert greeter.snapshot()["totals"]["connections_open"] == 11
    loadgen.event("measured")
    report = loadgen.event("report")
    assert loadgen.wait() == 0
    assert report["totals"]["connections_opened"] == 11


def test_thinking_users_send_as_often_as_their_pauses_let_them(start):
    greeter = start(Greeter, "reuseport_loops")
    report = load(
        greeter.target,
        *("--connections", 20, "--streams", 2, "--threads", 2, "--think-time", "20ms"),
        *("--warmup", "200ms", "--duration", "1s"),
    )
    cycle_s = 0.02 + report["latency_from_due_ns"]["mean"] / 1e9
    # The law of a closed system with thinking; some 2,000 draws.
    assert report["throughput_per_s"] == pytest.approx(40 / cycle_s, rel=0.12)


def test_added_work_costs_what_it_says(start):
    greeter = start(Greeter, "reuseport_loops")
    report = load(
        greeter.target,
        *("--client-work", "100%", "--warmup", "400ms", "--duration", "500ms"),
    )
    (thread,) = report["load_threads"]
    cpu_s = thread["cpu_user_s"] + thread["cpu_system_s"]
    each_ns = cpu_s / thread["requests_answered"] * 1e9
    assert thread["client_work_measured_ns"] == pytest.approx(thread["client_work_ns"], rel=0.5)
    # As much as it cost before, on top. What it costs itself varies with what else runs here.
    assert 1.4 < each_ns / thread["client_work_ns"] < 3.5


def test_added_work_of_too_few_requests_is_refused(start):
    greeter = start(Greeter, "reuseport_loops")
    result = run_program(
        *("loadgen", "--target", greeter.target, "--mode", "constant", "--rate", 10),
        *("--client-work", "20%", "--warmup", "400ms", "--duration", "100ms"),
    )
    assert result.returncode == 1
    assert "answered in the warm-up's middle, too few" in one_line(result, "loadgen")


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        ([*POISSON, "--hot-connections", "5"], "--hot-connections: '5': allowed is 10%:90%"),
        ([*POISSON, "--hot-connections", "10%:90%", "--connections", "1"], "at least two connec"),
        (["--hot-connections", "10%:90%"], "--hot-connections: in a closed loop each connection"),
        (
            ["--mode", "constant", "--rate", 5, "--threads", 2, "--hot-connections", "zipf:1"],
            "--hot-connections: several threads have uneven shares of the load",
        ),
        ([*POISSON, "--think-time", "1ms"], "--think-time: --mode poisson"),
        (["--client-work", "20"], "--client-work: '20': allowed is 0% to 1000%, or a time up to"),
        (["--client-work", "20%", "--warmup", "300ms"], "--client-work: what a request costs is"),
        (["--idle-connections", "-1"], "--idle-connections: '-1': allowed is a whole number"),
    ],
)
def test_wrong_usage_gets_one_line_and_exit_2(flags, text):
    result = run_program("loadgen", *flags)
    assert result.returncode == 2
    assert text in one_line(result, "loadgen")
