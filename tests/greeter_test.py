"""greeter from outside: contract, counters and errors, over every architecture."""

import json
import os
import pathlib
import socket
import subprocess

import pytest
from conftest import (
    ARCHITECTURES,
    BIN,
    HTTP2,
    Greeter,
    Program,
    load_shortly,
    one_line,
    run_program,
    until,
)
from raw_client import RawClient

each_architecture = pytest.mark.parametrize("architecture", ARCHITECTURES)


@each_architecture
@pytest.mark.parametrize("http2", [*HTTP2, "null"])
def test_counts_what_the_load_generator_counts(start, architecture, http2):
    greeter = start(Greeter, architecture, "--http2", http2)
    result = load_shortly(greeter.target)
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout.splitlines()[-1])
    totals = greeter.stop()["totals"]
    assert report["requests_answered"] > 0
    assert totals["requests"] == report["totals"]["requests_answered"]
    assert totals["connections_accepted"] == totals["connections_closed"] == 16
    assert totals["connections_open"] == 0
    assert totals["protocol_errors"] == 0


@each_architecture
def test_snapshots_count_up_while_it_serves(start, architecture):
    greeter = start(Greeter, architecture)
    loadgen = start(
        Program,
        *(BIN / "loadgen", "--target", greeter.target, "--connections", 8, "--warmup", "0s"),
        *("--duration", "500ms"),
    )
    loadgen.event("ready")
    loadgen.event("measuring")
    before = greeter.snapshot()
    loadgen.event("measured")
    after = greeter.snapshot()
    assert before["sequence"] + 1 == after["sequence"]
    assert before["monotonic_ns"] < after["monotonic_ns"]
    assert before["totals"]["requests"] < after["totals"]["requests"]
    assert before["totals"]["connections_open"] == 8
    for snapshot in (before, after):
        for counter in ("requests", "connections_accepted", "bytes_sent"):
            assert snapshot["totals"][counter] == sum(t[counter] for t in snapshot["threads"])


@pytest.mark.parametrize(
    ("architecture", "other"),
    zip(ARCHITECTURES, [*ARCHITECTURES[1:], ARCHITECTURES[0]]),  # sharers and loners, both ways
)
def test_two_greeters_on_one_port_are_refused(start, architecture, other):
    first = start(Greeter, architecture)
    second = run_program("greeter", "--architecture", other, "--listen", first.target)
    assert second.returncode == 3
    assert one_line(second, "greeter") == (
        f"{first.target} is in use by another listener (--listen): stop it or choose another port"
    )
    assert second.stdout == ""
    assert load_shortly(first.target).returncode == 0, "the first is as it was"


def test_a_port_in_time_wait_is_free(start):
    first = start(Greeter, "reuseport_loops")
    host, port = first.target.rsplit(":", 1)
    peer = socket.create_connection((host, int(port)))
    first.stop()  # the server closes first, so the port lingers in TIME_WAIT on its side
    peer.close()
    again = start(Greeter, "reuseport_loops", listen=first.target)
    assert again.target == first.target


def test_a_silent_peer_is_asked_whether_it_is_there(start):
    """TCP's keep-alive: of a peer that is gone without a word, the kernel learns by asking."""
    greeter = start(Greeter, "reuseport_loops", threads=1)
    client = RawClient(greeter.target)
    client.await_settings()
    ports = (client.socket.getpeername()[1], client.socket.getsockname()[1])
    until(lambda: pending_timer(*ports)[0] == "02")  # first it awaits acknowledgements
    assert 100 < pending_timer(*ports)[1] <= 120


def pending_timer(local_port, remote_port):
    """Kind and time left (seconds) of the timer of the socket between these."""
    for row in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, _, _, timer, *_ = row.split()
        ports = [int(end.split(":")[1], 16) for end in (local, remote)]
        if ports == [local_port, remote_port]:
            kind, due = timer.split(":")
            return kind, int(due, 16) / 100
    raise AssertionError(f"no socket of port {local_port} is connected to {remote_port}")


def test_an_http1_request_is_counted_and_hurts_nobody(start):
    greeter = start(Greeter, "shared_reactor")
    host, port = greeter.target.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=5) as browser:
        browser.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        while browser.recv(4096):
            pass  # until it is closed
    assert load_shortly(greeter.target).returncode == 0
    totals = greeter.stop()["totals"]
    assert (totals["connections_not_http2"], totals["protocol_errors"]) == (1, 0)


def test_connections_beyond_the_limit_are_closed_and_counted(start):
    greeter = start(Greeter, "reuseport_loops", "--max-connections", "64", threads=1)
    host, port = greeter.target.rsplit(":", 1)
    sockets = [socket.create_connection((host, int(port)), timeout=5) for _ in range(80)]

    def all_are_dealt_with():
        totals = greeter.snapshot()["totals"]
        return totals["connections_accepted"] + totals["connections_refused"] == 80

    until(all_are_dealt_with)
    assert greeter.snapshot()["totals"]["connections_refused"] == 16
    for each in sockets:
        each.close()


def test_a_line_on_stdin_without_end_is_said_once_and_its_tail_is_not_obeyed(start):
    greeter = start(Greeter, "reuseport_loops", threads=1)
    greeter.process.stdin.write(b"x" * 1_000_000)
    greeter.say("stop")  # the end of that line
    assert greeter.snapshot()["totals"]["requests"] == 0
    greeter.stop()
    assert greeter.process.stderr.read().splitlines() == [
        b"greeter: a line on stdin is too long: allowed are snapshot and stop"
    ]


@pytest.mark.parametrize("architecture", ["reuseport_loops", "reuseport_processes"])
def test_a_full_disk_under_its_lines_is_no_success(architecture):
    with open("/dev/full", "wb") as full:
        greeter = subprocess.run(
            [BIN / "greeter", "--architecture", architecture, "--listen", "127.0.0.1:0"],
            stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE, check=False,
        )  # fmt: skip
    assert greeter.returncode == 1
    assert b"greeter: standard output: No space left on device" in greeter.stderr


def test_serves_more_connections_than_a_soft_limit_of_files(start):
    flags = "--architecture shared_reactor --listen 127.0.0.1:0"
    greeter = start(Program, "bash", "-c", f"ulimit -Sn 256; exec {BIN}/greeter {flags}")
    target = greeter.event("ready")["listen"]
    result = load_shortly(target, connections=600)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (["--treads", "2"], "--treads"),
        (["--threads", "2", "--threads", "3"], "--threads"),
        (["--threads", "0"], "--threads: '0': allowed is a whole number from 1 to 1024"),
        (["--threads", "x"], "--threads"),
        (["--architecture", "shared_rector"], f"allowed are {', '.join(ARCHITECTURES)}"),
        ([], "--architecture: '' is unknown: allowed are shared_reactor, reuseport_shared"),
        (["--handler-cpu", "11ms"], "--handler-cpu: '11ms'"),
        (["--handler-wait", "1s"], "--handler-wait: '1s'"),
        (["--handler-wait", "-1ms"], "--handler-wait: '-1ms'"),
        (["--reply-bytes", "1048577"], "--reply-bytes: '1048577'"),
        (["--stall-thread", "1:20ms"], "is neither none nor THREAD:TIME with a thread from 0 to 0"),
        (["--stall-thread", ""], "--stall-thread: '' is neither none nor THREAD:TIME"),
        (["--http2", "null", "--reply-bytes", "9"], "--reply-bytes: the null responder has one"),
        (["--stall-thread", "0:1s"], "--stall-thread: '0:1s' is neither none nor THREAD:TIME"),
        (["--stall-thread", "20ms"], "--stall-thread: '20ms' is neither none nor THREAD:TIME"),
        (["--http2", "lean2"], "--http2"),
        (["--listen", "localhost:1"], "--listen: 'localhost:1' is no ADDRESS:PORT"),
        (["--listen", "127.0.0.1:70000"], "--listen: '127.0.0.1:70000' is no ADDRESS:PORT"),
        (["--pin", "0-"], "--pin: '0-' is no list of CPUs"),
        (["--pin", "4095"], "--pin: this process may not run on CPU 4095: allowed are "),
        (["--pin", "0", "--threads", "2"], "--pin: '0' has fewer CPUs than --threads 2"),
        (["--max-connections", "1000000"], "--max-connections: 1000000 is above what"),
        (["extra"], "extra"),
    ],
)
def test_wrong_usage_gets_one_line_and_exit_2(flags, text):
    if flags and "--architecture" not in flags:
        flags = ["--architecture", "shared_reactor", *flags]
    result = run_program("greeter", *flags)
    assert result.returncode == 2
    assert text in one_line(result, "greeter")
    assert result.stdout == ""


@pytest.mark.parametrize("architecture", ["shared_reactor", "reuseport_processes"])
def test_more_threads_than_cpus_serve_with_one_warning(start, architecture):
    cpus = sorted(os.sched_getaffinity(0))[:2]
    allowed = ("taskset", "--cpu-list", ",".join(map(str, cpus)))
    flags = ("--architecture", architecture, "--listen", "127.0.0.1:0", "--threads")
    for threads, warnings in ((len(cpus) + 1, 1), (len(cpus), 0)):
        greeter = start(Program, *allowed, BIN / "greeter", *flags, threads)
        assert load_shortly(greeter.event("ready")["listen"]).returncode == 0
        greeter.say("stop")
        assert len(greeter.event("stopped")["threads"]) == threads
        assert greeter.wait() == 0
        said = greeter.process.stderr.read().decode().splitlines()
        assert len(said) == warnings
        for line in said:
            assert line.startswith(
                f"greeter: warning: --threads {threads} is more than the {len(cpus)} CPU"
            )
            assert " that this process may run on: " in line and line.endswith(str(cpus[-1]))


def test_an_address_that_is_not_ours_gets_one_line():
    result = run_program("greeter", "--architecture", "shared_reactor", "--listen", "192.0.2.1:80")
    assert result.returncode == 3
    assert one_line(result, "greeter") == (
        "cannot listen on 192.0.2.1:80 (--listen): Cannot assign requested address"
    )


def test_a_line_it_does_not_know_is_answered_on_stderr_only(start):
    greeter = start(Greeter, "shared_reactor", stderr=subprocess.PIPE)
    greeter.say("snapshots")
    greeter.snapshot()
    greeter.say("stop")
    greeter.event("stopped")
    greeter.wait()
    errors = greeter.process.stderr.read().decode()
    assert errors == "greeter: 'snapshots' on stdin: allowed are snapshot and stop\n"
