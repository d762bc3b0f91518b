"""greeter from outside: contract, counters, stop and errors, over every architecture."""

import json
import os
import pathlib
import signal
import socket
import subprocess

import pytest
from conftest import (
    ARCHITECTURES,
    BIN,
    HTTP2,
    Greeter,
    Program,
    one_line,
    run_program,
    until,
)
from raw_client import DATA, GOAWAY, HEADERS, PREFACE, RawClient, frame, request

each_architecture = pytest.mark.parametrize("architecture", ARCHITECTURES)


def load(target, connections=16):
    """A short closed loop against `target`; returns the finished process."""
    return run_program(
        "loadgen",
        *("--target", target, "--warmup", "50ms", "--duration", "300ms"),
        *("--connections", connections, "--streams", 5, "--threads", 2),
    )


def literal(name, value):
    """One header field without indexing, no Huffman code."""
    return b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value


@each_architecture
@pytest.mark.parametrize("http2", [*HTTP2, "null"])
def test_counts_what_the_load_generator_counts(start, architecture, http2):
    greeter = start(Greeter, architecture, "--http2", http2)
    result = load(greeter.target)
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
    assert after["totals"]["connections_open"] == 8
    for snapshot in (before, after):
        for counter in ("requests", "connections_accepted", "bytes_sent"):
            assert snapshot["totals"][counter] == sum(t[counter] for t in snapshot["threads"])


@pytest.mark.parametrize(
    ("architecture", "how"),
    [
        *((architecture, "stop") for architecture in ARCHITECTURES),
        *(("reuseport_loops", how) for how in ("end of stdin", "SIGTERM", "SIGINT")),
        *(("reuseport_processes", how) for how in ("end of stdin", "SIGTERM", "SIGINT")),
    ],
)
def test_stops_while_busy_and_says_what_it_did(start, architecture, how):
    greeter = start(Greeter, architecture)
    loadgen = start(
        Program,
        *(BIN / "loadgen", "--target", greeter.target, "--connections", 16, "--streams", 10),
        *("--warmup", "0s", "--duration", "2s"),
    )
    loadgen.event("ready")
    loadgen.event("measuring")
    # Busy it shall be, however slow this machine.
    until(lambda: greeter.snapshot()["totals"]["requests"] > 0)
    if how == "stop":
        greeter.say("stop")
    elif how == "end of stdin":
        greeter.close_stdin()
    else:
        greeter.process.send_signal(signal.Signals[how])
    totals = greeter.event("stopped")["totals"]
    assert greeter.wait() == 0
    # The client lost its server in mid-run: it says so, keeps its report, and accounts for all.
    loadgen.event("measured")
    report = loadgen.event("report")
    assert loadgen.wait() == 1
    ours = report["totals"]
    # It took its leave of each, and its answers had come: none was lost. (Instrumented, it may be
    # too slow for the 600 ms that peers have.)
    left = ours["connections_drained"] + ours["connections_lost"]
    # One process may take a connection that another has just let go.
    assert left == 16 or (architecture == "reuseport_processes" and left > 16)
    assert ours["connections_lost"] == 0 or os.environ.get("CORESWEEP_SANITIZE")
    assert ours["requests_sent"] == ours["requests_answered"] + ours["requests_failed"]
    assert report["seconds"][-1]["requests_answered"] == 0
    assert totals["requests"] >= ours["requests_answered"] > 0


@each_architecture
def test_stops_within_a_second_though_a_peer_reads_nothing(start, architecture):
    greeter = start(Greeter, architecture)
    host, port = greeter.target.rsplit(":", 1)
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.connect((host, int(port)))
    deaf.settimeout(5)
    # Windows without end, then requests whose replies are never read: the server's write gets
    # stuck, so it reads no more, so ours gets stuck too.
    everything = (2**31 - 1).to_bytes(4, "big")
    deaf.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"\x00\x04" + everything))
    deaf.sendall(frame(8, 0, 0, (2**31 - 2**16).to_bytes(4, "big")))
    headers = b"\x83\x86" + literal(b":path", b"/helloworld.Greeter/SayHello")
    headers += literal(b":authority", b"x") + literal(b"content-type", b"application/grpc")
    deaf.settimeout(0.3)
    with pytest.raises(TimeoutError):
        for stream in range(1, 2**20, 2):
            body = frame(0, 1, stream, b"\x00\x00\x00\x00\x07\x0a\x05world")
            deaf.sendall(frame(1, 4, stream, headers) + body)
    greeter.say("stop")
    greeter.event("stopped")
    assert greeter.process.wait(1.5) == 0
    deaf.close()


def test_stays_when_stdin_ends_if_told_so(start):
    greeter = start(Greeter, "shared_reactor", "--stay")
    greeter.close_stdin()
    assert load(greeter.target).returncode == 0
    greeter.process.send_signal(signal.SIGTERM)
    greeter.event("stopped")
    assert greeter.wait() == 0


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
    assert load(first.target).returncode == 0, "the first is as it was"


def test_a_port_in_time_wait_is_free(start):
    first = start(Greeter, "reuseport_loops")
    host, port = first.target.rsplit(":", 1)
    peer = socket.create_connection((host, int(port)))
    first.stop()  # the server closes first, so the port lingers in TIME_WAIT on its side
    peer.close()
    again = start(Greeter, "reuseport_loops", listen=first.target)
    assert again.target == first.target


def await_bytes(greeter, count):
    """Returns once it has received so many, of all its clients."""
    until(lambda: greeter.snapshot()["totals"]["bytes_received"] >= count)


@pytest.mark.parametrize("http2", HTTP2)
def test_a_request_begun_before_stop_is_answered(start, http2):
    greeter = start(Greeter, "reuseport_loops", "--http2", http2, threads=1)
    client, idle = RawClient(greeter.target), RawClient(greeter.target)
    whole = request(1)
    client.send(whole[:60])
    await_bytes(greeter, 2 * (len(PREFACE) + 9) + 60)
    client.await_settings()
    greeter.say("stop")
    assert idle.goaway() == 0, "who has begun nothing is told at once"
    client.send(whole[60:])
    seen = list(client.frames())
    kinds = [kind for kind, _, stream, _ in seen if stream == 1]
    assert kinds == [HEADERS, DATA, HEADERS]
    assert [payload for kind, _, _, payload in seen if kind == GOAWAY] == [b"\0\0\0\1" + b"\0" * 4]
    assert greeter.event("stopped")["totals"]["requests"] == 1
    assert greeter.wait() == 0


@pytest.mark.parametrize("http2", HTTP2)
def test_who_goes_on_while_the_server_stops_is_told_to_begin_nothing_new(start, http2):
    """RFC 9113, section 6.8: first a GOAWAY that names no stream, so none is lost under way."""
    greeter = start(Greeter, "reuseport_loops", "--http2", http2, threads=1)
    client, idle = RawClient(greeter.target), RawClient(greeter.target)
    whole = request(1)
    client.send(whole[:-8])
    await_bytes(greeter, 2 * (len(PREFACE) + 9) + len(whole) - 8)
    greeter.say("stop")
    assert idle.goaway() == 0  # so the server is stopping
    client.send(whole[-8:-4])  # goes on, and is not done
    seen = []
    for kind, _, stream, payload in client.frames():
        seen.append((kind, stream, payload))
        if len([kind for kind, _, _ in seen if kind == GOAWAY]) == 1 and kind == GOAWAY:
            client.send(whole[-4:] + request(3))
    assert [kind for kind, stream, _ in seen if stream == 1] == [HEADERS, DATA, HEADERS]
    assert [kind for kind, stream, _ in seen if stream == 3] == [HEADERS, DATA, HEADERS]
    assert [payload for kind, _, payload in seen if kind == GOAWAY] == [
        b"\x7f\xff\xff\xff" + b"\0" * 4,
        b"\0\0\0\3" + b"\0" * 4,
    ]
    assert greeter.event("stopped")["totals"]["requests"] == 2
    assert greeter.wait() == 0


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
    assert load(greeter.target).returncode == 0
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
    result = load(target, connections=600)
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
        assert load(greeter.event("ready")["listen"]).returncode == 0
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
