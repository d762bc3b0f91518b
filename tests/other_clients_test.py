"""Clients and servers that are not ours: grpc++, h2load, curl and nghttpd."""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess

import pytest
from conftest import ARCHITECTURES, BIN, HTTP2, Greeter, Program, run_program, until
from raw_client import DATA, PREFACE
from recorder import Recorder

each_architecture = pytest.mark.parametrize("architecture", ARCHITECTURES)
each_http2 = pytest.mark.parametrize("http2", HTTP2)
REQUEST = b"\x00\x00\x00\x00\x07\x0a\x05world"


def run(*command, **options):
    return subprocess.run(
        [str(word) for word in command], capture_output=True, timeout=120, check=False, **options
    )


@each_architecture
@each_http2
def test_a_grpcpp_client_gets_its_greetings(start, architecture, http2):
    client = BIN / "grpcpp_client"
    if not client.exists():
        pytest.skip("grpcpp_client is not built: this build has no grpc++")
    greeter = start(Greeter, architecture, "--http2", http2)
    result = run(client, greeter.target)
    assert (result.returncode, result.stdout) == (0, b"all answered\n"), result.stdout
    totals = greeter.stop()["totals"]
    assert totals["requests"] == 3 + 1 + 1 + 1 + 1 + 100 + 100 + 3
    assert totals["protocol_errors"] == 0


@each_architecture
@each_http2
def test_a_grpcpp_client_may_be_hasty(start, architecture, http2):
    """Deadlines that pass and calls that are cancelled, at every moment of a call."""
    client = BIN / "grpcpp_client"
    if not client.exists():
        pytest.skip("grpcpp_client is not built: this build has no grpc++")
    greeter = start(Greeter, architecture, "--http2", http2)
    result = run(client, greeter.target, "hasty")
    assert (result.returncode, result.stdout) == (0, b"all answered\n"), result.stdout
    # Cancelled early enough, grpc++ resets a stream that it never opened, which RFC 9113, section
    # 5.1, wants answered with the connection's end: it may lose some, and makes others.
    totals = greeter.stop()["totals"]
    assert totals["connections_flooding"] == totals["connections_open"] == 0


@each_architecture
@each_http2
@pytest.mark.parametrize("streams", [1, 10, 100])
def test_h2load_has_no_failed_request(start, architecture, http2, streams, tmp_path):
    if not shutil.which("h2load"):
        pytest.skip("h2load is not installed")
    greeter = start(Greeter, architecture, "--http2", http2)
    body = tmp_path / "request"
    body.write_bytes(REQUEST)
    result = run(
        *("h2load", "-c", 16, "-m", streams, "-n", 20_000, "-d", body),
        *("-H", "content-type: application/grpc", "-H", "te: trailers"),
        f"http://{greeter.target}/helloworld.Greeter/SayHello",
    )
    counted = re.search(rb"requests: .*", result.stdout).group()
    assert counted == (
        b"requests: 20000 total, 20000 started, 20000 done, 20000 succeeded, "
        b"0 failed, 0 errored, 0 timeout"
    )
    # 18 bytes of body each, so each was greeted and not merely answered.
    assert b"(360000) data" in result.stdout
    assert greeter.stop()["totals"]["requests"] == 20_000


@each_architecture
@each_http2
def test_curl_gets_its_greeting(start, architecture, http2, tmp_path):
    if not shutil.which("curl"):
        pytest.skip("curl is not installed")
    greeter = start(Greeter, architecture, "--http2", http2)
    body = tmp_path / "request"
    body.write_bytes(REQUEST)
    reply = tmp_path / "reply"
    result = run(
        *("curl", "--silent", "--http2-prior-knowledge", "--dump-header", "-", "--output", reply),
        *("--header", "content-type: application/grpc", "--data-binary", f"@{body}"),
        f"http://{greeter.target}/helloworld.Greeter/SayHello",
    )
    assert result.returncode == 0, result.stderr
    assert pathlib.Path(reply).read_bytes() == b"\x00\x00\x00\x00\x0d\x0a\x0bHello world"
    assert b"grpc-status: 0" in result.stdout.replace(b"\r", b"")


def commands_of_real_clients(target, body):
    """Each asks for greetings, and for what a greeter cannot give."""
    url = f"http://{target}/helloworld.Greeter/SayHello"
    grpc = ("--header", "content-type: application/grpc")
    curl = ("curl", "--silent", "--http2-prior-knowledge", "--output", "/dev/null")
    h2load = ("h2load", "-n", 200, "-c", 2, "-d", body, "-H", "content-type: application/grpc")
    client = BIN / "grpcpp_client"
    return {
        "curl": (*curl, *grpc, "--header", "te: trailers", "--data-binary", f"@{body}", url),
        "curl, an upload": (*curl, *grpc, "--header", "expect:", "--upload-file", body, url),
        "curl, a browser's request": (*curl, f"http://{target}/"),
        "h2load": (*h2load, "-m", 1, url),
        "h2load, many streams": (*h2load, "-m", 50, url),
        "h2load, small windows": (*h2load, "-m", 10, "-w", 4, "-W", 5, url),
        "grpc++": (client, target),
        "grpc++, brief": (client, target, "brief"),
        "grpc++, hasty": (client, target, "hasty"),
    }


@pytest.mark.skipif(
    os.environ.get("CORESWEEP_SANITIZE") == "thread", reason="the comparison has one thread"
)
@pytest.mark.parametrize("name", commands_of_real_clients("", ""))
def test_what_a_real_client_says_means_the_same_to_both_sessions(start, name, tmp_path):
    """What it said is recorded, and then said again to both, cut anywhere."""
    greeter = start(Greeter, "reuseport_loops")
    (tmp_path / "said").mkdir()
    recorder = Recorder(greeter.target, tmp_path / "said")
    body = tmp_path / "request"
    body.write_bytes(REQUEST)
    command = commands_of_real_clients(recorder.target, body)[name]
    if not shutil.which(str(command[0])):
        pytest.skip(f"{pathlib.Path(command[0]).name} is not there")
    result = run(*command)
    assert result.returncode == 0, result.stderr + result.stdout
    files = recorder.files()
    compared = run(BIN / "differential", *files)
    assert files and compared.returncode == 0, compared.stdout.decode()
    lines = compared.stdout.decode().splitlines()
    whole = [line for line in lines if re.search(r": compared (\d+) of \1 bytes", line)]
    # In haste grpc++ resets streams that it never opened, which ends the connection in both alike.
    assert len(whole) == len(lines) or (whole and name == "grpc++, hasty"), lines


def drive(target):
    """What loadgen reports of a server that is not ours."""
    result = run_program(
        *("loadgen", "--target", target, "--connections", 8, "--streams", 10),
        *("--warmup", "100ms", "--duration", "300ms"),
    )
    return result, json.loads(result.stdout.splitlines()[-1])


def test_our_client_is_answered_by_a_grpcpp_server(start):
    server = BIN / "grpcpp_server"
    if not server.exists():
        pytest.skip("grpcpp_server is not built: this build has no grpc++")
    running = start(Program, server)
    port = int(running.process.stdout.readline())
    result, report = drive(f"127.0.0.1:{port}")
    assert result.returncode == 0, result.stderr
    totals = report["totals"]
    assert totals["requests_sent"] == totals["requests_answered"] > 0


@pytest.mark.parametrize("window_bits", [16, 3], ids=["wide", "windows of 7 bytes"])
def test_our_client_gets_on_with_nghttpd(start, tmp_path, window_bits):
    """It echoes the request, which is no greeting: every reply is whole, and found wrong.

    Of a request of 12 bytes, a window of 7 holds a part: the rest is sent when it opens again.
    """
    if not shutil.which("nghttpd"):
        pytest.skip("nghttpd is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    flags = ("--no-tls", "--echo-upload", "--trailer=grpc-status: 0", "-a", "127.0.0.1")
    running = start(Program, "nghttpd", *flags, "-w", window_bits, port)

    def is_listening():
        assert running.process.poll() is None
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    until(is_listening)
    recorder = Recorder(f"127.0.0.1:{port}", tmp_path)
    _, report = drive(recorder.target)
    totals = report["totals"]
    assert list(totals["failures"]) == ["wrong_payload"]
    assert totals["requests_sent"] == totals["requests_failed"] > 0
    assert totals["connections_lost"] == 0
    parts = [parts_of_requests(path.read_bytes()) for path in recorder.files()]
    assert sum(parts) == totals["requests_sent"] * (2 if window_bits == 3 else 1)


def parts_of_requests(said):
    """How many DATA frames a client sent that have a payload."""
    at, count = len(PREFACE), 0
    while at < len(said):
        size = int.from_bytes(said[at : at + 3], "big")
        count += said[at + 3] == DATA and size > 0
        at += 9 + size
    return count
