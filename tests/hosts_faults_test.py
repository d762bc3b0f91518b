"""What befalls a sweep over hosts from outside: a network that is cut and comes back, a clock that
is set, a link that is full, a disk that is.

Run by tests/hosts/inside.py, which makes the namespaces.
"""

import json
import pathlib
import re
import sys
import time

import pytest
from conftest import BIN, run_program, took, until, write_plan
from host_sweeps import ended, failures, running_over
from sweeps import await_trials, run_folder, trials_of

HOSTS = pathlib.Path(__file__).resolve().parent / "hosts"
sys.path.insert(0, str(HOSTS))
from host import libfaketime, why_not  # noqa: E402
from rig import Rig  # noqa: E402

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not() or "")
NAMES = ["server", "client1", "client2"]


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    """One for all tests: each leaves it whole."""
    rig = Rig(tmp_path_factory.mktemp("rig"), clients=2)
    rig.deploy(NAMES, BIN)
    return rig


def measuring(start, rig, plan, tmp_path, *flags):
    """A sweep in its first trial."""
    sweep = running_over(start, rig, plan, tmp_path, *flags)
    until(lambda: "loadgen" in rig.processes("client2"))
    return sweep


def whole(trials, cells):
    """Whether these did not fail, and are of all cells."""
    return failures(trials) == [None] * len(trials) and {t["cell"] for t in trials} == cells


def cells_of(plan):
    fields = json.loads(plan.read_text())
    load = f"lean/t1/c{fields['connections']}/s{fields['streams']}"
    return {f"{architecture}/{load}" for architecture in fields["architectures"]}


def test_a_server_whose_network_is_cut_stops_the_sweep_and_resume_completes_it(
    rig, tmp_path, start
):
    """Its clients fail before it is known to be gone: they are not the reason."""
    plan = write_plan(tmp_path, duration="1s", blocks=1, ceiling=False)
    sweep = measuring(start, rig, plan, tmp_path)
    rig.cut("server")
    cut_at = time.monotonic()
    code, _, errors = ended(sweep)
    assert took(cut_at, 9), errors
    # Nobody could tell it to end.
    until(lambda: "greeter" not in rig.processes("server"))
    assert took(cut_at, 10)
    rig.mend("server")
    folder = run_folder(tmp_path)
    (lost,) = trials_of(folder)
    assert lost["verdict"] == ["failed", "lost_host"]
    for verdict in lost["verdict"]:
        assert lost["verdict_details"][verdict] == "server: no sign of life for 5 s"
    assert code == 1
    *_, last = errors.splitlines()
    assert last == (
        "coresweep: server: no sign of life for 5 s; "
        f"1 of 2 trials kept in {folder}; go on: coresweep resume {folder}"
    )
    said = run_program("coresweep", "resume", folder, "--no-report")
    assert said.returncode == 0, said.stderr
    assert whole(trials_of(folder)[1:], cells_of(plan))


def test_keep_going_goes_on_once_a_server_that_was_cut_off_is_back(rig, tmp_path, start):
    plan = write_plan(tmp_path, duration="1s", blocks=1, ceiling=False)
    sweep = measuring(start, rig, plan, tmp_path, "--keep-going")
    rig.cut("server")
    await_trials(tmp_path, 1)
    rig.mend("server")
    mended_at = time.monotonic()
    code, _, errors = ended(sweep)
    assert code == 0, errors
    assert took(mended_at, 30)
    lost, *rest = trials_of(run_folder(tmp_path))
    assert lost["verdict_details"]["lost_host"] == "server: no sign of life for 5 s"
    assert whole(rest, cells_of(plan))
    assert {trial["session"] for trial in rest} == {lost["session"]}


@pytest.mark.skipif(not libfaketime(), reason="has no libfaketime here")
def test_a_clock_that_is_set_within_a_trial_stops_the_sweep_until_it_is_right(
    rig, tmp_path, start
):
    rig.slow_clock("client2", 0.1)  # which is allowed
    plan = write_plan(tmp_path, duration="1s", blocks=1, ceiling=False)
    sweep = measuring(start, rig, plan, tmp_path)
    rig.slow_clock("client2", 5)
    code, _, errors = ended(sweep)
    rig.slow_clock("client2", 0)
    assert code == 1
    complaint = re.compile(
        r"client2: its clock is [45]\.\d ms \(\+- \d+ us\) behind client1's: allowed is 1 ms: "
        "chronyc tracking there"
    )
    folder = run_folder(tmp_path)
    *_, last = errors.splitlines()
    said, kept = last.removeprefix("coresweep: ").split("; ", 1)
    assert complaint.fullmatch(said), last
    assert kept == f"1 of 2 trials kept in {folder}; go on: coresweep resume {folder}"
    (lost,) = trials_of(folder)
    assert complaint.fullmatch(lost["verdict_details"]["lost_host"])
    assert lost["throughput_per_s"] is lost["load"] is None  # nothing was merged
    assert abs(lost["hosts"]["client2"]["clock"]["offset_ns"]) < 1_000_000  # before it

    said = run_program("coresweep", "resume", folder, "--no-report")
    assert said.returncode == 0, said.stderr
    assert whole(trials_of(folder)[1:], cells_of(plan))


def test_a_trial_that_its_network_limited_says_so(rig, tmp_path):
    document = json.loads(rig.inventory.read_text())
    document["hosts"]["server"]["network_gbps"] = 0.02
    inventory = rig.folder / "limited.json"
    inventory.write_text(json.dumps(document))
    plan = write_plan(tmp_path, architectures=["shared_reactor"], reply_bytes=1000,
                      warmup="200ms", duration="600ms", blocks=1, ceiling=False)  # fmt: skip
    rig.limit("server", 20)
    said = run_program("coresweep", "run", plan, "--results", tmp_path / "runs", "--no-report",
                       "--hosts", inventory)  # fmt: skip
    rig.unlimit("server")
    assert said.returncode == 0, said.stderr
    (trial,) = trials_of(run_folder(tmp_path))
    sentence = trial["verdict_details"]["network_limited"]
    found = re.fullmatch(
        r"server sent (0\.0\d+) Gbit/s, (\d+\.\d) % of its link's 0\.02 Gbit/s, above 90 %",
        sentence,
    )
    assert found, sentence
    # What the qdisc lets through, and not what the reader of it made up.
    assert 0.018 < float(found[1]) < 0.0215 and 90 < float(found[2]) < 108
    assert trial["throughput_per_s"] * 8 * 1000 < 0.0215e9
    assert "network_limited 1" in said.stdout


def test_hosts_whose_disks_are_full_measure_as_before(rig, tmp_path, start):
    """A trial writes nothing there: neither one that runs nor one that begins needs space."""
    plan = write_plan(tmp_path, blocks=1, ceiling=False)
    sweep = measuring(start, rig, plan, tmp_path)
    for name in NAMES:
        rig.fill_home(name)
    code, _, errors = ended(sweep)
    again = run_program("coresweep", "run", plan, "--results", tmp_path / "again", "--no-report",
                        "--hosts", rig.inventory)  # fmt: skip
    for name in NAMES:
        rig.empty_home(name)
    assert code == 0, errors
    assert again.returncode == 0, again.stderr
    assert whole(trials_of(run_folder(tmp_path)), cells_of(plan))
