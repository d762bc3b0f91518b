"""What chrony on the hosts says of their clocks, where a controller is too far from them to tell: a
real chrony on each host of the rig, that follows a time server of the rig's or does not.

Run by tests/hosts/inside.py, which makes the namespaces. All hosts have the machine's one clock,
which no chrony here may set: where one is said to be off, it was told a wrong offset.
"""

import json
import pathlib
import re
import sys

import pytest
from conftest import BIN, ROOT, one_line, run_program, until, write_plan
from sweeps import run_folder, trials_of

sys.path.append(str(ROOT / "plots"))
HOSTS = pathlib.Path(__file__).resolve().parent / "hosts"
sys.path.insert(0, str(HOSTS))
import hosts_told  # noqa: E402
from host import chronyd, why_not  # noqa: E402
from results import load_run  # noqa: E402
from rig import Rig  # noqa: E402


def why_none():
    if why_not():
        return why_not()
    return None if chronyd() else "has no chrony here: cmake/unpack_package.sh chrony"


pytestmark = pytest.mark.skipif(bool(why_none()), reason=why_none() or "")
FAR_MS = 3
OFF_NS = 300_000
ENOUGH_NS = 150_000


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    """The server and client1 follow client3, which follows itself; whom client2 would follow is not
    there."""
    rig = Rig(tmp_path_factory.mktemp("rig"), clients=3)
    rig.deploy(rig.hosts, BIN)
    rig.keep_time("client3", "local stratum 1", "allow")
    follow = f"server {rig.hosts['client3'].address} iburst minpoll -6 maxpoll -6"
    rig.keep_time("server", follow)
    rig.keep_time("client1", f"{follow} offset {OFF_NS / 1e9}")
    rig.keep_time("client2", "server 10.77.0.253 iburst")
    return rig


def inventory_of(rig, client):
    """The server with that one client."""
    document = json.loads(rig.inventory.read_text())
    document["hosts"] = {name: document["hosts"][name] for name in ("server", client)}
    document["pairs"]["pair01"]["clients"] = [client]
    path = rig.folder / f"{client}.json"
    path.write_text(json.dumps(document))
    return path


def over(rig, client, tmp_path):
    """Beside other load its trial may fail; what is known of the clocks is recorded anyway."""
    plan = write_plan(tmp_path, architectures=["shared_reactor"], blocks=1, ceiling=False)
    said = run_program("coresweep", "run", plan, "--results", tmp_path / "runs", "--no-report",
                       "--hosts", inventory_of(rig, client))  # fmt: skip
    assert (tmp_path / "runs").exists(), said.stderr
    return said, run_folder(tmp_path)


def told_by_chrony(rig, name):
    """What chrony there prints for people: each field's name to its words."""
    lines = rig.on(name, "chronyc -n tracking").stdout.splitlines()
    return dict(re.split(r"\s*: ", line, maxsplit=1) for line in lines)


def is_known_well(rig, name):
    told = told_by_chrony(rig, name)
    bound_s = sum(float(told[f"Root {part}"].split()[0]) for part in ("delay", "dispersion"))
    return bound_s * 1e9 < ENOUGH_NS


def clock_of_server(folder):
    record = json.loads((folder / "run.json").read_text())
    return record["hosts"]["machines"]["server"]["clock"]


def test_a_controller_far_away_takes_the_word_of_chrony_on_both_hosts(rig, tmp_path):
    until(lambda: is_known_well(rig, "server") and is_known_well(rig, "client1"))
    # Which way its clock is off is chrony's to say.
    assert re.fullmatch(
        r"0\.000\d+ seconds slow of NTP time", told_by_chrony(rig, "client1")["System time"]
    )
    with rig.far_away(FAR_MS):
        said, folder = over(rig, "client1", tmp_path)
    clock = clock_of_server(folder)
    assert clock["source"] == "chrony"
    assert abs(clock["offset_ns"] - OFF_NS) <= clock["bound_ns"] < 1_000_000 - OFF_NS
    (line,) = (line for line in said.stderr.splitlines() if line.startswith("server: "))
    assert re.search(r"; clock \d+ us \(\+- \d+ us by chrony\) ahead of client1's$", line), line
    # It is asked when its host is connected to, and not again.
    (trial,) = trials_of(folder)
    assert trial["hosts"]["server"]["clock"] == clock
    server, client = hosts_told.rows_of(load_run(folder))
    assert re.fullmatch(r"[\d.]+\sµs ahead, ±\s[\d.]+\sµs \(chrony\)", server["clock"])
    assert client["clock"] == "the others' measure"


def test_near_hosts_are_measured_whatever_chrony_says(rig, tmp_path):
    """That of client2 is not synchronised."""
    assert told_by_chrony(rig, "client2")["Leap status"] == "Not synchronised"
    _, folder = over(rig, "client2", tmp_path)
    clock = clock_of_server(folder)
    assert clock["source"] == "measured"
    assert abs(clock["offset_ns"]) <= clock["bound_ns"] < 1_000_000


@pytest.mark.parametrize(
    ("client", "why"),
    [
        ("client2", "client2: chronyc: not synchronised"),
        ("client3", "client3: chronyc: synchronised to this clock itself"),
    ],
)
def test_who_is_far_and_has_no_time_from_elsewhere_is_refused(rig, tmp_path, client, why):
    until(lambda: is_known_well(rig, "server"))
    with rig.far_away(FAR_MS):
        said = run_program("coresweep", "plan", write_plan(tmp_path), "--hosts",
                           inventory_of(rig, client))  # fmt: skip
    assert said.returncode == 1
    line = one_line(said, "coresweep")
    found = re.fullmatch(
        rf"(?:server|{client}): its clock can only be told to (\d+\.\d) ms over this connection: "
        rf"chrony on all hosts tells better \({why}\)",
        line,
    )
    assert found, line
    assert float(found[1]) >= FAR_MS
