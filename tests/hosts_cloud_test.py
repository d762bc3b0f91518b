"""From machines to graphs by the README's commands: terraform/local applied for real to hosts of
the rig, and all that `make bench-cloud` does over a server and four clients; a fleet interrupted.

Run by tests/hosts/inside.py, which makes the namespaces.
"""

import json
import os
import pathlib
import pwd
import re
import shlex
import shutil
import signal
import subprocess
import sys

import pytest
import terraforms
from conftest import BIN, PATIENCE_S, ROOT, until, write_plan
from sweeps import PYTHON, trials_of

HOSTS = pathlib.Path(__file__).resolve().parent / "hosts"
sys.path.insert(0, str(HOSTS))
from host import INSIDE, PORT, call, why_not  # noqa: E402
from rig import Rig  # noqa: E402

# Of the rig's hosts, in the order in which a file of machines has them.
SERVER_AND_FOUR = ["pair01-server", *(f"pair{pair:02}-client{client}"
                                      for pair in (1, 2) for client in (1, 2))]  # fmt: skip
TWO_PAIRS = ["pair01-server", "pair01-client1", "pair02-server", "pair02-client1"]
CLIENTS = [f"pair01-client{number}" for number in range(1, 5)]  # as the first's are called
CONTROLLER = "pair01-client1"  # in both


def why_none():
    if why_not():
        return why_not()
    if INSIDE != "root":
        return "no host has a root here: who tunes is root"
    if not shutil.which("ansible-playbook"):
        return "has no ansible-playbook here: cmake/install_packages.sh cloud"
    return terraforms.why_not()


pytestmark = pytest.mark.skipif(bool(why_none()), reason=why_none() or "")


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    return Rig(tmp_path_factory.mktemp("rig"), pairs=2, clients=2)


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of what the commands read, with this build's programs: nothing is written here."""
    tree = terraforms.copied_to(tmp_path_factory.mktemp("tree")).parent
    shutil.copy(ROOT / "Makefile", tree)
    (tree / "build" / "release").mkdir(parents=True)
    (tree / "build" / "release" / "bin").symlink_to(BIN)
    return tree


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory):
    """With the programs to send, and a home: who is root in here has no right to root's, in which
    this tree may be. Its place, too, is told in these namespaces only."""
    home, programs = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("programs")
    passwd = tmp_path_factory.mktemp("etc") / "passwd"
    user = pwd.getpwuid(os.getuid())
    passwd.write_text(f"{user.pw_name}:x:{user.pw_uid}:{user.pw_gid}::{home}:/bin/sh\n" + "".join(
        ":".join(map(str, one)) + "\n" for one in pwd.getpwall() if one.pw_uid != user.pw_uid))
    call("mount", "--bind", passwd, "/etc/passwd")
    for name in ("coresweep", "greeter", "loadgen"):
        (programs / name).symlink_to(BIN / name)
    # Nothing of the make that runs these tests.
    own = {name: value for name, value in terraforms.SURROUNDINGS.items() if "MAKE" not in name}
    return {**own, "HOME": str(home), "BIN": str(programs)}


def run(words, tree, surroundings):
    return subprocess.run(words, cwd=tree, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False, timeout=240, env=surroundings)


def command(words, tree, surroundings):
    """What it said, to its end; it must do."""
    done = run(words, tree, surroundings)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def bench_cloud(rig, tree, surroundings, names, clients, **plan):
    """What `make bench-cloud` runs at last over these hosts; what comes before is built already.

    They are described as the README has it, by who has a key, a port and known_hosts of his own.
    """
    machines = [{"private_address": host.address, "cpus": len(host.cpus), "ssh_port": PORT,
                 "arch": os.uname().machine} for host in map(rig.hosts.get, names)]  # fmt: skip
    described = {"user": rig.user, "identity_file": str(rig.key), "client_count": clients,
                 "known_hosts": str(rig.folder / "known_hosts"), "hosts": machines}
    (tree / "mine.tfvars").write_text(
        "".join(f"{name} = {json.dumps(value)}\n" for name, value in described.items()))
    said = command(["make", "inventory-local", "HOSTS=mine.tfvars"], tree, surroundings)
    assert (said.splitlines() or [""])[-1] == "make bench-cloud HOSTS=build/hosts/inventory.json"
    words = [*shlex.split(said.splitlines()[-1]), f"PLAN={write_plan(tree, **plan)}"]
    said = command([*words, f"PYTHON={PYTHON}", "--dry-run"], tree, surroundings)
    assert "terraform/bench_cloud.sh" in said.splitlines()[-1]
    return ["sh", "-c", said.splitlines()[-1]]


def check_left(rig, names):
    """Nothing runs, nothing is tuned, and no key is let in."""
    for name in names:
        assert not {"coresweep", "greeter", "loadgen", "parallel"} & set(rig.processes(name))
        assert list((rig.hosts[name].home / "coresweep" / "state").iterdir()) == []
        keys = rig.hosts[name].home / ".ssh" / "authorized_keys"
        assert name == CONTROLLER or keys.read_text() == ""


def test_from_machines_to_graphs(rig, tree, surroundings):
    words = bench_cloud(rig, tree, surroundings, SERVER_AND_FOUR, clients=4, blocks=1)
    done = run(words, tree, surroundings)
    (folder,) = (tree / "results" / "local").iterdir()
    # All hosts share two CPUs: one may be woken too late to start with the others, or get no answer
    # before the window is over.
    late = [why for trial in trials_of(folder) if (why := trial["verdict_details"].get("failed"))]
    assert all(re.search(r"passed \d+\.\d+ s before|: no request was due in the window$", why)
               for why in late), late
    assert 2 * len(late) <= len(trials_of(folder)), late
    assert done.returncode == (1 if late else 0), done.stdout + done.stderr
    assert f"report: {folder}/report.html" in done.stdout
    page = (folder / "report.html").read_text()
    assert "over a network: pair01-server (" in page and "pair01-client1..pair01-client4" in page
    for chart in ("throughput_by_cores", "ratio_by_cores", "softirq_by_cpu", "timeline"):
        assert (folder / f"{chart}.png").read_bytes().startswith(b"\x89PNG")
    for trial in trials_of(folder):
        assert list(trial["hosts"]) == ["pair01-server", *CLIENTS]
        assert "failed" in trial["verdict"] or trial["starts_apart_ns"] > 0
    check_left(rig, SERVER_AND_FOUR)

    # Whoever sweeps there is left alone.
    rig.on(CONTROLLER, "cd coresweep/sweep && rm code && (sleep 99 & echo $! >pid) >/dev/null 2>&1")
    done = run(words, tree, surroundings)
    assert (done.returncode, done.stdout, done.stderr) == (
        1, "", "bench_cloud: a sweep runs on pair01-client1 already; to end it: ssh -F "
        f"{tree}/build/hosts/ssh_config pair01-client1 coresweep/sweep.sh stop\n")
    (sleep,) = rig.processes(CONTROLLER)["sleep"]
    os.kill(sleep, signal.SIGKILL)


def test_an_interrupted_fleet_ends_on_all_hosts_and_what_there_is_comes_here(
    rig, tree, surroundings, tmp_path
):
    words = bench_cloud(rig, tree, surroundings, TWO_PAIRS, clients=1, blocks=40, ceiling=False)
    before = set((tree / "results" / "local").glob("*"))
    with (tmp_path / "said").open("wb") as said:
        process = subprocess.Popen(words, cwd=tree, stdin=subprocess.DEVNULL, stdout=said,
                                   stderr=said, env=surroundings, start_new_session=True)
    text = (tmp_path / "said").read_text
    until(lambda: process.poll() is not None or text().count("trial 2 of 2") >= 2,
          2 * PATIENCE_S)
    assert process.poll() is None, text()
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(PATIENCE_S) != 0
    said = text()
    (folder,) = set((tree / "results" / "local").glob("*")) - before
    (kept,) = re.findall(r"^coresweep: interrupted: ([0-9]+) of 40 blocks kept in ", said, re.M)
    trials = trials_of(folder)
    assert len(trials) == 2 * int(kept) > 0
    assert {trial["pair"] for trial in trials} <= {"pair01", "pair02"}
    assert said.endswith(f"bench_cloud: the run is in results/local/{folder.name}\nbench_cloud: it "
                         "is not at its end: how it goes on is in docs/cloud.md\n")
    check_left(rig, TWO_PAIRS)
