"""Clients that are not ours, against every architecture: grpc++, h2load and curl."""

import pathlib
import re
import shutil
import subprocess

import pytest
from conftest import ARCHITECTURES, BIN, HTTP2, Greeter

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
    assert totals["requests"] == 4 + 1 + 100 + 1 + 1 + 4
    assert totals["protocol_errors"] == 0


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
