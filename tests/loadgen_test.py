"""loadgen from outside: its contract and its accounting."""

import json
import signal
import subprocess
import time

import pytest
from conftest import BIN, PATIENCE_S, Greeter, Program, one_line, run_program

SHORT = ("--warmup", "50ms", "--duration", "300ms", "--quiet")


def test_events_come_in_order_and_the_sum_is_right(start):
    greeter = start(Greeter, "reuseport_loops")
    loadgen = start(
        Program,
        *(BIN / "loadgen", "--target", greeter.target, "--connections", 7, "--streams", 3),
        *("--threads", 2, "--start", "go", "--warmup", "100ms", "--duration", "400ms"),
    )
    assert loadgen.event("ready")["connections"] == 7
    loadgen.say("go")
    began = loadgen.event("measuring")["monotonic_ns"]
    ended = loadgen.event("measured")["monotonic_ns"]
    assert 0.35e9 < ended - began < 2e9
    report = loadgen.event("report")
    assert loadgen.wait() == 0
    totals = report["totals"]
    assert totals["requests_sent"] == (
        totals["requests_answered"]
        + totals["requests_failed"]
        + totals["requests_in_flight_at_end"]
    )
    assert totals["requests_failed"] == totals["requests_in_flight_at_end"] == 0
    assert totals["connections_opened"] == 7 and totals["connections_lost"] == 0
    assert 0 < report["requests_answered"] < totals["requests_answered"]
    assert report["throughput_per_s"] == pytest.approx(report["requests_answered"] / 0.4)
    assert sum(t["connections"] for t in report["load_threads"]) == 7
    answered = sum(t["requests_answered"] for t in report["load_threads"])
    assert answered == report["requests_answered"]
    latency = report["latency_from_sent_ns"]
    assert latency["count"] == report["requests_answered"]
    assert 0 < latency["p50"] <= latency["p90"] <= latency["p99"] <= latency["max"]
    for thread in report["load_threads"]:
        assert 0 < thread["busy_share"] < 1.1


def test_keeps_every_stream_busy(start):
    """Little's law: requests in flight = throughput x mean latency; in a closed loop, all. But for
    what is on its way at an edge: of a second, 100 ms without a CPU there are a tenth."""
    greeter = start(Greeter, "shared_reactor")
    report = load_report(
        greeter,
        *("--connections", 10, "--streams", 8, "--warmup", "50ms", "--duration", "1s", "--quiet"),
    )
    in_flight = report["throughput_per_s"] * report["latency_from_sent_ns"]["mean"] / 1e9
    assert in_flight == pytest.approx(80, rel=0.1)


def test_a_percentile_with_fewer_than_ten_values_above_is_null(start):
    greeter = start(Greeter, "shared_reactor")
    loadgen = start(
        Program,
        *(BIN / "loadgen", "--target", greeter.target, "--connections", 1, "--warmup", "0s"),
        *("--duration", "200ms"),
    )
    loadgen.event("ready")
    loadgen.event("measuring")
    greeter.process.send_signal(signal.SIGSTOP)  # so that few are answered
    loadgen.event("measured")
    greeter.process.send_signal(signal.SIGCONT)
    latency = loadgen.event("report")["latency_from_sent_ns"]
    if latency["count"] < 10_000:
        assert latency["p999"] is None
    if latency["count"] < 20:
        assert latency["p50"] is None
    assert latency["count"] < 10_000, "the server was not stopped in time to show anything"


def load_report(greeter, *flags):
    result = run_program("loadgen", "--target", greeter.target, *flags, check=True)
    return json.loads(result.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    ("mode", "rate"), [("constant", 10), ("constant", 2_000), ("poisson", 5_000)]
)
def test_an_open_loop_sends_what_is_due(start, mode, rate):
    greeter = start(Greeter, "reuseport_loops")
    report = load_report(
        greeter,
        *("--mode", mode, "--rate", rate, "--connections", 8, "--streams", 10, "--threads", 2),
        *("--warmup", "100ms", "--duration", "2s"),
    )
    assert (report["mode"], report["rate_per_s"]) == (mode, rate)
    due = report["requests_due"]
    if mode == "constant":
        assert due == 2 * rate
    else:
        assert abs(due - 2 * rate) < 5 * (2 * rate) ** 0.5
    # What is under way at either edge: a neighbour may take this machine's CPUs for long.
    assert abs(report["requests_sent"] - due) <= rate * 0.1
    assert report["requests_overdue_at_begin"] + due - report["requests_sent"] == (
        report["requests_overdue_at_end"]
    )
    totals = report["totals"]
    assert totals["requests_due"] == totals["requests_sent"] + totals["requests_unsent_at_end"]
    assert totals["requests_sent"] == totals["requests_answered"]
    assert [second["second"] for second in report["seconds"]] == [0, 1]
    for key in ("requests_due", "requests_sent", "requests_answered"):
        assert sum(second[key] for second in report["seconds"]) == report[key]
    from_due, from_sent = report["latency_from_due_ns"], report["latency_from_sent_ns"]
    answered = due - report["requests_due_unanswered"]
    assert from_due["count"] == from_sent["count"] == answered
    assert due - answered <= rate * 0.1
    assert from_due["mean"] >= from_sent["mean"]
    assert report["client_late_ns"]["count"] == report["requests_sent"]
    assert report["client_read_late_ns"]["count"] == answered
    assert report["client_read_late_ns"]["max"] <= from_sent["max"]
    for thread in report["load_threads"]:
        assert 0 <= thread["spun_s"] <= thread["window_s"] * 1.01
        assert 0 <= thread["busy_share"] < 1


def after_a_stall(start):
    """The report of 1 s in which the server stood still for 200 ms."""
    greeter = start(Greeter, "reuseport_loops", threads=1)
    loadgen = start(
        Program,
        *(BIN / "loadgen", "--target", greeter.target, "--mode", "constant", "--rate", 5_000),
        *("--connections", 32, "--warmup", "200ms", "--duration", "1s"),
    )
    loadgen.event("ready")
    loadgen.event("measuring")
    time.sleep(0.3)
    greeter.process.send_signal(signal.SIGSTOP)
    time.sleep(0.2)
    greeter.process.send_signal(signal.SIGCONT)
    loadgen.event("measured")
    report = loadgen.event("report")
    assert loadgen.wait() == 0
    return report


def test_a_stall_shows_in_the_latency_from_due(start):
    """A fifth of the requests is due meanwhile, and waits; 32 of them, those on their way, are all
    that the latency from sent has seen of it: a tenth of all is far from what is on its way here,
    whatever else holds this machine up."""
    for _ in range(3):
        report = after_a_stall(start)
        if report["client_late_ns"]["p90"] < 75e6:
            break  # else a neighbour held the client up, which tells nothing of the server
    assert report["client_late_ns"]["p90"] < 75e6
    # A hundredth of all is a twentieth of those: the longest wait, but for that.
    assert 150e6 < report["latency_from_due_ns"]["p99"] < 600e6
    # Half of those waited 100 ms and more.
    assert report["latency_from_sent_ns"]["p90"] < 75e6
    assert report["requests_due"] == 5_000


@pytest.mark.parametrize("connections", [1, 32])
def test_a_stall_of_the_clients_is_said_to_be_its_own(start, connections):
    """The same to the client: what was due meanwhile is late by its own doing, and it says so; also
    what then waits for the one before it."""
    greeter = start(Greeter, "reuseport_loops", threads=1)
    loadgen = start(
        Program,
        *(BIN / "loadgen", "--target", greeter.target, "--mode", "constant", "--rate", 2_000),
        *("--connections", connections, "--warmup", "200ms", "--duration", "1s"),
    )
    loadgen.event("ready")
    loadgen.event("measuring")
    time.sleep(0.3)
    loadgen.process.send_signal(signal.SIGSTOP)
    time.sleep(0.2)
    loadgen.process.send_signal(signal.SIGCONT)
    loadgen.event("measured")
    report = loadgen.event("report")
    assert loadgen.wait() == 0
    assert report["requests_due"] == 2_000
    assert abs(report["requests_sent"] - 2_000) <= 200  # at the edges
    assert 100e6 < report["client_late_ns"]["p99"] <= report["latency_from_due_ns"]["max"]
    # Not p99: what is on its way when it is stopped takes as long, and 32 are more than 20.
    assert report["latency_from_sent_ns"]["p90"] < 75e6
    errors = loadgen.process.stderr.read().decode()
    assert "A PART OF THESE LATENCIES IS THE CLIENT'S: p99 of its late sending is " in errors


def test_a_client_that_is_stopped_over_its_end_says_so_and_loses_nothing(start):
    greeter = start(Greeter, "reuseport_loops", threads=1)
    loadgen = start(
        Program,
        *(BIN / "loadgen", "--target", greeter.target, "--mode", "constant", "--rate", 2_000),
        *("--connections", 4, "--warmup", "200ms", "--duration", "500ms"),
    )
    loadgen.event("ready")
    loadgen.event("measuring")
    time.sleep(0.2)
    loadgen.process.send_signal(signal.SIGSTOP)
    time.sleep(4.5)  # longer than it waits for its threads
    loadgen.process.send_signal(signal.SIGCONT)
    loadgen.event("measured")
    report = loadgen.event("report")
    assert loadgen.wait() == 0
    assert report["requests_due"] == 1_000
    assert report["requests_due_unanswered"] > 100
    errors = loadgen.process.stderr.read().decode()
    assert "THE RATE WAS NOT REACHED" in errors
    assert "THE CLIENT MAY HAVE BEEN THE LIMIT: a thread met the window's edges up to 4." in errors


@pytest.mark.parametrize("to", [">/dev/full", ">&-"])
def test_a_report_that_nobody_gets_is_an_error(start, to):
    greeter = start(Greeter, "shared_reactor")
    flags = "--warmup 0s --duration 50ms --quiet"
    result = subprocess.run(
        ["bash", "-c", f"exec {BIN}/loadgen --target {greeter.target} {flags} {to}"],
        capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert result.returncode == 1
    assert one_line(result, "loadgen").startswith("stdout: ")


def test_go_is_found_among_other_lines(start):
    greeter = start(Greeter, "shared_reactor")
    loadgen = start(
        Program,
        *(BIN / "loadgen", "--target", greeter.target, "--start", "go", "--warmup", "0s"),
        *("--duration", "100ms"),
    )
    loadgen.event("ready")
    loadgen.say("stop\n" + "x" * 100 + "\ngo")
    loadgen.event("measuring")
    loadgen.event("measured")
    loadgen.event("report")
    assert loadgen.wait() == 0
    first = loadgen.process.stderr.read().decode().splitlines()[0]
    assert first == (
        "loadgen: 'stop' on stdin: allowed is go, or go and nanoseconds since 1970, at most a day "
        "ahead"
    )


def test_a_closed_stdin_is_one_that_ended(start):
    greeter = start(Greeter, "shared_reactor")
    command = f"exec {BIN}/loadgen --target {greeter.target} --start go --duration 60s <&-"
    result = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert result.returncode == 1
    assert one_line(result, "loadgen") == "stdin ended, so nobody waits for a report"


@pytest.mark.parametrize("when", ["before go", "in the window"])
def test_the_end_of_stdin_ends_it_at_once(start, when):
    greeter = start(Greeter, "shared_reactor")
    loadgen = start(
        Program,
        *(BIN / "loadgen", "--target", greeter.target, "--start", "go", "--warmup", "0s"),
        *("--duration", "60s"),
    )
    loadgen.event("ready")
    if when == "in the window":
        loadgen.say("go")
        loadgen.event("measuring")
    loadgen.close_stdin()
    assert loadgen.process.wait(1) == 1
    assert loadgen.process.stderr.read() == b"loadgen: stdin ended, so nobody waits for a report\n"


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (["--rate", "5"], "--rate: a closed loop is as fast as the answers"),
        (["--mode", "poisson"], "--mode poisson needs --rate or --rate-steps"),
        (["--mode", "constant", "--rate", "0"], "--rate: '0': allowed is a whole number from 1"),
        (["--mode", "poisson", "--rate", "9", "--seed", "-1"], "--seed: '-1': allowed is"),
        (["--duration", "1s", "--duration", "2s"], "--duration"),
        (["--duration", "5"], "--duration: '5' is no duration: allowed is a number and ns"),
        (["--duration", "1ms"], "--duration: '1ms' is out of range: allowed is 10ms to 10m"),
        (["--connections", "0"], "--connections: '0': allowed is a whole number from 1 to 100000"),
        (["--streams", "1001"], "--streams: '1001': allowed is a whole number from 1 to 1000"),
        (["--connections", "2", "--threads", "3"], "--connections: 2 leave some of --threads 3"),
        (["--mode", "open"], "--mode: 'open': allowed is closed or constant or poisson"),
        (["--start", "later"], "--start: 'later': allowed is now, go, or nanoseconds since 1970"),
        (["--start", "1700000000000000000"], "--start: 1700000000000000000 passed "),
        (["--start", "9000000000000000000"], "nanoseconds since 1970, at most a day ahead"),
        (["--phase", "1/2"], "--phase: a closed loop is as fast as the answers"),
        (["--rate-steps", "5,6"], "--rate-steps: a closed loop is as fast as the answers"),
        (["--mode", "poisson", "--rate", "9", "--phase", "0/2"], "--phase: '0/2': allowed is i/N"),
        (["--mode", "poisson", "--rate", "9", "--phase", "3/2"], "--phase: '3/2': allowed is i/N"),
        (["--mode", "poisson", "--rate", "9", "--phase", "1"], "--phase: '1': allowed is i/N"),
        (["--phase", ""], "--phase: '': allowed is i/N"),
        (["--mode", "poisson", "--rate", "9", "--phase", ""], "--phase: '': allowed is i/N"),
        (["--rate-steps", ""], "--rate-steps: '': allowed are whole numbers"),
        (["--mode", "poisson", "--rate", "9", "--hot-connections", ""], "'': allowed is 10%:90%"),
        (["--mode", "constant", "--rate-steps", "5,,6"], "--rate-steps: '5,,6': allowed are whole"),
        (["--mode", "constant", "--rate-steps", "5,"], "--rate-steps: '5,': allowed are whole"),
        (
            ["--mode", "constant", "--rate-steps", "5", "--rate", "5"],
            "--mode constant needs one of --rate and --rate-steps",
        ),
        (
            ["--mode", "constant", "--rate-steps", "5,6", "--phase", "1/2"],
            "--rate-steps: clients that share a start do one rate at a time: not with --phase",
        ),
        (["--target", "127.0.0.1:0"], "--target: '127.0.0.1:0' is no HOST:PORT"),
        (["--target", "1.2.3:80"], "--target: '1.2.3:80' is no HOST:PORT"),
        (["--pin", "4095"], "--pin: this process may not run on CPU 4095"),
        (["--pin", "0", "--threads", "2"], "--pin: '0' has fewer CPUs than --threads 2"),
    ],
)
def test_wrong_usage_gets_one_line_and_exit_2(flags, text):
    result = run_program("loadgen", *flags)
    assert result.returncode == 2
    assert text in one_line(result, "loadgen")


def test_more_connections_than_descriptors_gets_one_line():
    command = f"ulimit -n 100; exec {BIN}/loadgen --connections 90"
    result = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert result.returncode == 2
    assert one_line(result, "loadgen") == (
        "--connections: 90 is above what the limit of open files leaves: 35 (ulimit -n)"
    )
