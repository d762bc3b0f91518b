"""Other people's servers of servers/peers: built, started, greeted, stopped as peer.json says."""

import json
import re
import shutil
import subprocess

import pytest
from conftest import run_program, until
from peers import ADDRESS, FOLDER, Peer, build, description, fill_in
from raw_client import ACK, DATA, END_STREAM, GOAWAY, HEADERS, PING, PREFACE, SETTINGS
from raw_client import RawClient, frame, request, setting
from sweeps import PYTHON, run_folder, trials_of

GRPCPP = [FOLDER / "grpcpp" / api for api in ("callback", "completion_queue")]
EXAMPLE = FOLDER / "example_python"
INITIAL_WINDOW_SIZE = 4
# Of 50 calls under way, so that one that is lost is not lucky.
STREAMS = range(1, 100, 2)
each_grpcpp = pytest.mark.parametrize("folder", GRPCPP, ids=lambda folder: folder.name)
each_peer = pytest.mark.parametrize("folder", [*GRPCPP, EXAMPLE], ids=lambda folder: folder.name)


@pytest.fixture(scope="module")
def built():
    """built(folder) builds that peer once; skips where what it needs is not there."""
    done = set()

    def build_once(folder):
        if folder == EXAMPLE:
            if subprocess.run([PYTHON, "-c", "import grpc"], stderr=subprocess.DEVNULL).returncode:
                pytest.skip(f"{PYTHON} has no grpcio")
        elif not shutil.which("grpc_cpp_plugin"):
            pytest.skip("no grpc++ here: grpc_cpp_plugin is not installed")
        if folder not in done:
            build(folder)
            done.add(folder)
        return folder

    return build_once


@each_peer
def test_a_peer_greets_and_leaves_when_told(built, start, folder):
    peer = start(Peer, built(folder), threads=2)
    for streams, *reply in ([10], [100, "--reply-bytes", 1000]):
        result = run_program(
            *("loadgen", "--target", peer.target, "--connections", 32, "--streams", streams),
            *("--warmup", "0s", "--duration", "300ms", "--quiet", *reply),
        )
        assert result.returncode == 0, result.stderr
        totals = json.loads(result.stdout.splitlines()[-1])["totals"]
        assert totals["requests_sent"] == totals["requests_answered"] > 100
    exit_code, took_s = peer.stop()
    assert (exit_code, peer.process.stderr.read()) == (0, b"")
    assert took_s < 2


def call_without_taking_answers(peer):
    """A client with calls that the peer has answered as far as it may: no window is open."""
    no_window = frame(SETTINGS, 0, 0, setting(INITIAL_WINDOW_SIZE, 0))
    client = RawClient(peer.target, PREFACE + no_window + b"".join(map(request, STREAMS)))
    begun = set()
    for kind, _, stream, _ in client.frames():
        begun |= {stream} if kind == HEADERS else set()
        if begun == set(STREAMS):
            return client
    raise AssertionError(f"only {begun} were answered")


@each_peer
def test_calls_under_way_are_answered_before_it_leaves(built, start, folder):
    peer = start(Peer, built(folder), threads=2)
    client = call_without_taking_answers(peer)
    peer.ask_to_stop()
    greeted, ended = [], set()
    for kind, flags, stream, payload in client.frames():
        if kind == GOAWAY and not greeted:  # it knows that it is to leave
            client.send(frame(SETTINGS, 0, 0, setting(INITIAL_WINDOW_SIZE, 65_535)))
        if kind == PING and not flags & ACK:
            client.send(frame(PING, ACK, 0, payload))
        if kind == DATA and b"Hello world" in payload:
            greeted.append(stream)
        if kind == HEADERS and flags & END_STREAM:
            ended.add(stream)
    assert sorted(greeted) == list(STREAMS)
    assert ended == set(STREAMS)
    assert (peer.wait(), peer.process.stderr.read()) == (0, b"")


@each_peer
def test_a_client_that_takes_no_answer_does_not_keep_it(built, start, folder):
    peer = start(Peer, built(folder), threads=2)
    client = call_without_taking_answers(peer)
    exit_code, took_s = peer.stop()
    assert (exit_code, peer.process.stderr.read()) == (0, b"")
    assert took_s < 2
    client.close()


@each_grpcpp
def test_a_busy_port_is_refused(built, start, folder):
    """Even by one of its kind: with SO_REUSEPORT both would have a share."""
    first = start(Peer, built(folder))
    command = fill_in(
        description(folder)["start"], folder, address=ADDRESS, port=first.port, threads=1
    )
    second = subprocess.run(command, capture_output=True, text=True, timeout=20)
    name = description(folder)["name"]
    assert (second.returncode, second.stdout) == (3, "")
    assert second.stderr == (
        f"{name}: cannot listen on {first.target}: Address already in use\n"
    )


@each_grpcpp
@pytest.mark.parametrize(
    ("flags", "text"),
    [
        ([], "--listen: '' is no ADDRESS:PORT with a numeric address and a port from 0 to 65535"),
        (["--listen", "localhost:1"], "--listen: 'localhost:1' is no ADDRESS:PORT"),
        (["--listen", "127.0.0.1:0", "--threads", "0"], "--threads: "),
        (["--listen", "127.0.0.1:0", "--threads", "1x"], "--threads: "),
        (["--listen", "127.0.0.1:0", "more"], "'more' is no flag"),
        (["--lissen", "127.0.0.1:0"], "unrecognized option '--lissen'"),
        (["--listen"], "option '--listen' requires an argument"),
    ],
)
def test_a_wrong_flag_gets_one_line(built, folder, flags, text):
    program, *_ = fill_in(
        description(built(folder))["start"], folder, address="", port=0, threads=1
    )
    run = subprocess.run([program, *flags], capture_output=True, text=True, timeout=20)
    assert (run.returncode, run.stdout) == (2, "")
    assert len(run.stderr.splitlines()) == 1
    assert re.match(r"\S*grpcpp_\w+: ", run.stderr) and text in run.stderr


def test_the_number_of_threads_is_honoured(built, start):
    """One a queue, beside the first one, whose name they have; grpc++ names those of its own."""
    for threads in (1, 3):
        peer = start(Peer, built(GRPCPP[1]), threads=threads)
        own_name = peer.proc("comm").read_text()

        def threads_of_ours():  # a thread of grpc++'s has our name until it has taken its own
            names = [task.read_text() for task in peer.proc("task").glob("*/comm")]
            return names.count(own_name)

        until(lambda: threads_of_ours() == 1 + threads)


def fenced(language):
    """The blocks of the README of that language."""
    text = (FOLDER / "README.md").read_text()
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_the_readme_shows_the_example_as_it_is():
    (shown,) = fenced("json")
    assert shown == (EXAMPLE / "peer.json").read_text()
    assert len(shown.splitlines()) <= 15
    assert len((EXAMPLE / "serve.py").read_text().splitlines()) <= 30


def test_the_readme_lists_every_peer():
    text = (FOLDER / "README.md").read_text()
    folders = {str(path.parent.relative_to(FOLDER)) for path in FOLDER.rglob("peer.json")}
    listed = text[text.index("## Those here"):]
    assert folders == set(re.findall(r"^\| `([\w/]+)` \|", listed, re.MULTILINE))


def test_a_sweep_drives_one_beside_ours(built, plan, tmp_path):
    (command,) = [block for block in fenced("sh") if "--peer" in block]
    program, *words = command.split()
    assert program == "build/release/bin/coresweep"
    assert "--peer" in run_program("coresweep", "run", "--help").stdout
    built(EXAMPLE)
    # The README's command, but on a plan of two seconds.
    words[words.index("bench")] = plan(
        architectures=["reuseport_loops"], http2="lean", blocks=1, duration="400ms"
    )
    result = run_program("coresweep", *words, "--results", tmp_path / "runs", cwd=FOLDER.parents[1])
    assert result.returncode == 0, result.stderr
    trials = trials_of(run_folder(tmp_path))
    assert "example_python" in {trial["factors"]["architecture"] for trial in trials}
    assert not [trial for trial in trials if "failed" in trial["verdict"]]
