"""Every peer that comes with coresweep: verified before anybody measures it.

Of what has to be compiled and is not built, nothing is here: `make peers` builds it, and runs this.
"""

import json
import os
import shutil
import subprocess

import pytest
from conftest import BIN, PATIENCE_S, run_program, until
from peers import FOLDER, Peer, all_peers, description, is_proxy, state
from sweeps import run_folder, trials_of

# Built in a few seconds, of packages that the tests install.
QUICK = {"grpcpp", "example_python"}
each_peer = pytest.mark.parametrize(
    "folder", all_peers(), ids=lambda folder: str(folder.relative_to(FOLDER)))


@pytest.fixture(scope="module")
def there():
    """there(folder) returns it once it is built; skips, and says why, where it is not."""
    states = {}

    def ask(folder):
        if folder not in states:
            told, said = state(folder)
            if told["state"] == "buildable" and told["implementation"] in QUICK:
                told, said = state(folder, "--build")
            states[folder] = told, said
        told, said = states[folder]
        if told["state"] == "missing":
            pytest.skip(f"{told['name']}: {told['why']}")
        if told["state"] == "buildable":
            pytest.skip(f"{told['name']} is not built: make peers")
        assert told["state"] == "built", said
        return folder

    return ask


def load(peer, *flags):
    """The whole-life totals of a run of `loadgen`, which failed nowhere."""
    result = run_program("loadgen", "--target", peer.target, "--warmup", "0s", "--quiet", *flags)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])["totals"]


@each_peer
def test_ten_names_are_greeted_at_once(there, start, folder):
    client = BIN / "grpcpp_client"
    if not client.exists():
        pytest.skip("grpcpp_client is not built: this build has no grpc++")
    peer = start(Peer, there(folder), threads=2)
    done = subprocess.run([client, peer.target, "names"], capture_output=True, text=True,
                          timeout=PATIENCE_S)
    assert (done.returncode, done.stdout) == (0, "all answered\n")


@each_peer
def test_nothing_that_our_client_sends_is_refused(there, start, folder):
    peer = start(Peer, there(folder), threads=2)
    varies_size = "reply_bytes" in description(folder).get("varies", []) or is_proxy(folder)
    for streams in (1, 10, 100):
        for size in (0, 1, 1000, 100_000) if varies_size and streams == 10 else (0,):
            asked = ("--reply-bytes", size) if size else ()
            totals = load(peer, "--connections", 8, "--streams", streams, "--duration", "200ms",
                          *asked)
            assert totals["requests_sent"] == totals["requests_answered"] > 0


@each_peer
def test_a_thousand_connections_are_served(there, start, folder):
    """Those that interpret each call take a second for a round of all connections."""
    peer = start(Peer, there(folder), threads=2)
    totals = load(peer, "--connections", 1000, "--streams", 1, "--duration", "300ms")
    assert totals["connections_opened"] == 1000
    assert totals["requests_sent"] == totals["requests_answered"] >= 1000


@each_peer
def test_it_leaves_when_it_is_told(there, start, folder):
    peer = start(Peer, there(folder), threads=2)
    load(peer, "--connections", 8, "--streams", 1, "--duration", "100ms")
    _, took_s = peer.stop()
    assert took_s < 3, "the harness kills after so long"
    until(lambda: not lives(peer.process.pid))  # who stood behind a proxy leaves after it


def lives(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@each_peer
def test_a_sweep_finds_every_listener_its_own(there, plan, tmp_path, folder):
    """A trial of a port that somebody else has a listener of is failed."""
    path = plan(architectures=[], peers=[str(there(folder))], blocks=1, duration="200ms",
                ceiling=False)
    result = run_program("coresweep", "run", path, "--no-report", "--results", tmp_path / "runs")
    assert result.returncode == 0, result.stderr
    (trial,) = trials_of(run_folder(tmp_path))
    assert "failed" not in trial["verdict"], trial["verdict_details"]
    processes = trial["server"]["processes"]
    assert sum(one["threads"] for one in processes) >= 1
    used_s = sum(one["cpu_user_s"] + one["cpu_system_s"] for one in processes)
    whole_s = trial["server"]["cpu_user_s"] + trial["server"]["cpu_system_s"]
    assert used_s == pytest.approx(whole_s, abs=0.03)


def test_envoys_configuration_is_what_its_schema_says():
    """By the messages that Envoy publishes for Go, also where there is no Envoy."""
    if not os.environ.get("CORESWEEP_COMPILE"):
        pytest.skip("the messages of Envoy's schema take a minute to compile: make peers does")
    if not shutil.which("go"):
        pytest.skip("there is no go to compile the messages of Envoy's schema")
    done = subprocess.run(["go", "test", "-mod=readonly", "-count=1", "./..."],
                          cwd=FOLDER / "envoy" / "validate", capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


# Those that call themselves otherwise than their lock file does.
PACKAGES = {"grpc-go": "google.golang.org/grpc", "protobuf-go": "google.golang.org/protobuf"}


@pytest.mark.parametrize(
    "lock", sorted(path for name in ("Cargo.lock", "go.sum") for path in FOLDER.rglob(name)),
    ids=lambda lock: str(lock.relative_to(FOLDER)))
def test_a_version_is_that_of_the_lock_file(lock):
    """What a peer says that it is must be what is built."""
    if lock.parent.name == "validate":
        pytest.skip("of no peer, but of what checks one's configuration")
    text = lock.read_text()
    peers = [description(folder) for folder in all_peers() if folder.is_relative_to(lock.parent)]
    assert peers
    for peer in peers:
        for part in peer["version"].split(", "):
            package, version = part.split()
            package = PACKAGES.get(package, package)
            known = (f'name = "{package}"\nversion = "{version}"\n', f"{package} v{version} h1:")
            assert any(line in text for line in known), f"{peer['name']}: {part}"
