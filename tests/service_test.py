"""Any unary gRPC method: a grpc++ server of another service, and requests of all sizes to ours."""

import json

import pytest
from conftest import BIN, HTTP2, ROOT, Greeter, Program, one_line, run_program

LEDGER = ROOT / "tests" / "ledger.proto"
BOOK = ("--proto", LEDGER, "--method", "coresweep.test.Ledger/Book")
SHORT = ("--connections", 4, "--streams", 5, "--warmup", "50ms", "--duration", "200ms")


def load(target, *flags):
    result = run_program("loadgen", "--target", target, *SHORT, "--quiet", *flags)
    return result, json.loads(result.stdout.splitlines()[-1])


class Ledger(Program):
    """The grpc++ server; `target` says where."""

    def __init__(self):
        super().__init__(BIN / "grpcpp_server")
        self.target = "127.0.0.1:{}".format(int(self.process.stdout.readline()))

    def booked(self):
        self.close_stdin()
        return json.loads(self.process.stdout.readline())


@pytest.fixture
def ledger(start):
    if not (BIN / "grpcpp_server").exists():
        pytest.skip("grpcpp_server is not built: this build has no grpc++")
    return start(Ledger)


def test_a_request_in_json_is_what_the_server_gets(ledger):
    request = '{"amounts": ["2", 3], "note": "ü", "at": "2026-11-24T00:00:00Z"}'
    metadata = ("--metadata", "tag=seven", "--metadata", "raw-bin=ü")
    result, report = load(ledger.target, *BOOK, "--json", request, *metadata)
    assert result.returncode == 0, result.stderr
    answered = report["totals"]["requests_answered"]
    assert answered > 20
    assert report["method"] == "/coresweep.test.Ledger/Book"
    assert ledger.booked() == {
        "booked": answered,
        "sum": 5 * answered,
        "later_than_2020": answered,
        "tagged": answered,
    }


def test_requests_of_a_file_are_sent_in_turn(ledger, tmp_path):
    path = tmp_path / "requests.jsonl"
    path.write_text('{"amounts":[1]}\n\n{"amounts":[10]}\r\n{"amounts":[100],"note":"c"}\n')
    result, report = load(ledger.target, *BOOK, "--json-lines", path)
    assert result.returncode == 0, result.stderr
    answered = report["totals"]["requests_answered"]
    booked = ledger.booked()
    assert booked["booked"] == answered > 300
    # Each of the four connections has all three in turn, from another one on.
    assert booked["sum"] == pytest.approx(answered * 37, abs=4 * 111)


def test_a_status_is_counted_by_its_code(ledger, tmp_path):
    path = tmp_path / "requests.jsonl"
    path.write_text('{"note":"good"}\n{"note":"bad"}\n')
    result, report = load(ledger.target, *BOOK, "--json-lines", path)
    assert result.returncode == 1
    totals = report["totals"]
    assert totals["requests_answered"] == pytest.approx(totals["requests_failed"], abs=4)
    assert totals["failures"] == {"wrong_status": totals["requests_failed"]}
    assert totals["grpc_statuses"][3] == totals["requests_failed"]
    assert totals["first_grpc_message"] == "bad"
    assert totals["first_wrong_reply"] == 'HTTP status 200 and grpc-status 3 "bad"'
    assert one_line(result, "loadgen").endswith(
        f"(grpc-status: {totals['requests_failed']} of 3); the first wrong reply: "
        'HTTP status 200 and grpc-status 3 "bad"')


def test_bytes_need_no_proto(ledger, tmp_path):
    path = tmp_path / "request"
    path.write_bytes(b"\x0a\x01\x07")  # amounts: [7]
    result, report = load(
        ledger.target, "--method", "coresweep.test.Ledger/Book", "--request-file", path
    )
    assert result.returncode == 0, result.stderr
    assert ledger.booked()["sum"] == 7 * report["totals"]["requests_answered"]


@pytest.mark.parametrize("http2", HTTP2)
@pytest.mark.parametrize(
    ("flags", "request_bytes"),
    [
        (["--request-bytes", 1_048_576], 1_048_580),
        (["--reply-bytes", 1_048_576], 12),
        (["--request-bytes", 70_000, "--reply-bytes", 16_384], 70_009),
        (["--reply-bytes", 3], 10),
    ],
)
def test_payloads_of_all_sizes_are_answered_and_compared(start, http2, flags, request_bytes):
    greeter = start(Greeter, "reuseport_loops", "--http2", http2)
    result, report = load(greeter.target, *flags)
    assert result.returncode == 0, result.stderr
    assert report["requests_answered"] > 0
    assert report["request_bytes"] == request_bytes


@pytest.mark.parametrize("http2", HTTP2)
def test_many_large_requests_at_once_are_sent_as_the_server_takes_them(start, http2):
    """Six at once, each above its stream's window of 1 MiB: what waits is not held against it.

    Together they are below the 8 MiB that a server holds of one connection: of more, it would
    refuse what it is too slow to answer.
    """
    greeter = start(Greeter, "reuseport_loops", "--http2", http2)
    result = run_program(
        *("loadgen", "--target", greeter.target, "--connections", 1, "--streams", 6),
        *("--request-bytes", 1_048_576, "--warmup", "0s", "--duration", "1s", "--quiet"),
    )
    assert result.returncode == 0, result.stderr
    totals = json.loads(result.stdout.splitlines()[-1])["totals"]
    assert totals["requests_answered"] == totals["requests_sent"] >= 6


@pytest.mark.parametrize("http2", HTTP2)
def test_metadata_that_no_header_table_holds_is_sent_whole(start, http2):
    greeter = start(Greeter, "reuseport_loops", "--http2", http2)
    flags = [word for i in range(4) for word in ("--metadata", f"key{i}=" + "v" * 1_900)]
    result, report = load(greeter.target, *flags)
    assert result.returncode == 0, result.stderr
    assert report["totals"]["requests_answered"] > 100


def test_a_server_that_does_not_know_our_field_gives_a_wrong_payload(ledger):
    result, report = load(ledger.target, "--reply-bytes", 100)
    assert result.returncode == 1
    assert list(report["totals"]["failures"]) == ["wrong_payload"]


SAY_HELLO = ("--proto", ROOT / "protocol" / "greeter.proto", "--method",
             "helloworld.Greeter/SayHello")  # fmt: skip


@pytest.mark.parametrize("http2", HTTP2)
def test_our_own_greeter_limits_what_it_is_asked_for(start, http2):
    greeter = start(Greeter, "reuseport_loops", "--http2", http2)
    result, report = load(greeter.target, *SAY_HELLO, "--json", '{"replyBytes": 1048577}')
    assert result.returncode == 1
    assert report["totals"]["grpc_statuses"][8] == report["totals"]["requests_failed"] > 0


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (["--json", "{}"], "--json needs --method pkg.Service/Method"),
        (["--proto", LEDGER], "--proto needs --method pkg.Service/Method"),
        (["--method", "a.B/C", "--json", "{}"], "--json needs --proto"),
        (["--method", "a.B"], "--method: 'a.B': allowed is pkg.Service/Method"),
        (["--method", "a.B/ü"], "--method: 'a.B/ü': allowed is pkg.Service/Method"),
        (["--method", "a.B/C", "--reply-bytes", "5"], "--reply-bytes: only SayHello"),
        ([*BOOK, "--request-file", "x"], "--request-file holds bytes"),
        ([*BOOK, "--json", "{}", "--json-lines", "x"], "--json and --json-lines: allowed is one"),
        ([*BOOK, "--json", '{"sum": 5}'], "--json: "),
        ([*BOOK, "--json", '{"amounts": [1'], "--json: "),
        ([*BOOK, "--json-lines", "nowhere"], "--json-lines: 'nowhere': No such file"),
        ([*BOOK, "--json-lines", "/dev/null"], "--json-lines: '/dev/null' has no request"),
        ([*BOOK, "--proto-path", "/proc"], "--proto-path: '"),
        (["--proto", "nowhere", "--method", "a.B/C"], "--proto: 'nowhere' is no file"),
        (["--proto", "/", "--method", "a.B/C"], "--proto: '/' is no file"),
        (["--method", "a.B/C", "--request-file", "nowhere"], "'nowhere': No such file"),
        (["--method", "a.B/C", "--request-file", "/"], "--request-file: '/': Is a directory"),
        (["--method", "a.B/C", "--request-file", "/dev/zero"], "has more than 4194304 bytes"),
        ([*BOOK, "--json-lines", "/"], "--json-lines: '/': Is a directory"),
        ([*BOOK, "--json-lines", "/dev/zero"], "'/dev/zero' has more than 67108864 bytes"),
        (["--proto", "/dev/zero", "--method", "a.B/C"], "--proto: '/dev/zero' is no file"),
        (["--proto", LEDGER, "--method", "coresweep.test.Ledger/Folow"], "there are Book, Follow"),
        (["--proto", LEDGER, "--method", "Ledger/Book"], "there are coresweep.test.Ledger"),
        (["--proto", LEDGER, "--method", "coresweep.test.Ledger/Follow"], "is streaming"),
        (["--method", ""], "--method: '': allowed is pkg.Service/Method"),
        (["--proto", "", "--method", "a.B/C"], "--proto: '' is no file"),
        ([*BOOK, "--json", ""], "--json: "),
        ([*BOOK, "--json-lines", ""], "--json-lines: '': No such file"),
        (["--method", "a.B/C", "--request-file", ""], "--request-file: '': No such file"),
        (["--json", ""], "--json needs --method pkg.Service/Method"),
        (["--metadata", "x"], "--metadata: 'x': allowed is key=value"),
        (["--metadata", "X=y"], "--metadata: 'X=y': allowed is key=value"),
        (["--metadata", "grpc-timeout=1S"], "--metadata: 'grpc-timeout' is not yours to set"),
        (["--metadata", "content-length=5"], "--metadata: 'content-length' is not yours to set"),
        (["--metadata", "x=a\nb"], "--metadata: the value of 'x' is no printable ASCII"),
        (["--request-bytes", "1048577"], "--request-bytes: '1048577': allowed is a whole number"),
    ],
)
def test_wrong_usage_gets_one_line_and_exit_2(flags, text):
    result = run_program("loadgen", *flags)
    assert result.returncode == 2
    assert text in one_line(result, "loadgen")


def test_a_file_has_as_much_as_a_request_and_no_byte_more(start, tmp_path):
    greeter = start(Greeter, "reuseport_loops")
    path = tmp_path / "request"
    path.write_bytes(b"\x0a" * (4 << 20))
    flags = ("--target", greeter.target, "--connections", 1, "--warmup", "0s", "--duration",
             "50ms", "--method", "helloworld.Greeter/SayHello", "--request-file", path)  # fmt: skip
    report = json.loads(run_program("loadgen", *flags).stdout.splitlines()[-1])
    assert report["request_bytes"] == 4 << 20
    path.write_bytes(b"\x0a" * ((4 << 20) + 1))
    result = run_program("loadgen", *flags)
    assert result.returncode == 2
    assert "has more than 4194304 bytes, which is what is allowed" in one_line(result, "loadgen")


def test_a_proto_file_without_end_is_not_read(tmp_path):
    path = tmp_path / "vast.proto"
    with path.open("wb") as file:
        file.truncate(1 << 33)
    result = run_program("loadgen", "--proto", path, "--method", "a.B/C")
    assert result.returncode == 2
    assert "vast.proto' has more than 4194304 bytes" in one_line(result, "loadgen")


def test_a_broken_proto_names_its_line(tmp_path):
    path = tmp_path / "broken.proto"
    path.write_text('syntax = "proto3";\nservice S {\n  rpc M(Nothing) returns (Nothing);\n}\n')
    result = run_program("loadgen", "--proto", path, "--method", "S/M")
    assert result.returncode == 2
    assert one_line(result, "loadgen").startswith("--proto: broken.proto:3:")
