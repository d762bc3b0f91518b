"""A sweep shared out over twelve pairs of hosts, by GNU parallel: one pair lost, and the rest of it
stopped and resumed; and what is said of a fleet that cannot be.

Run by tests/hosts/inside.py, which makes the namespaces. All hosts share two CPUs, so no trial is
valid here: what is asserted is that each block ran once, whole, on one pair.
"""

import collections
import json
import os
import pathlib
import re
import shutil
import signal
import sys

import pytest
from conftest import BIN, PATIENCE_S, one_line, run_program, until, write_plan
from sweeps import RunningSweep, run_folder, trials_of

HOSTS = pathlib.Path(__file__).resolve().parent / "hosts"
sys.path.insert(0, str(HOSTS))
from host import why_not  # noqa: E402
from rig import Rig  # noqa: E402

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not() or "")
PAIRS = [f"pair{number:02}" for number in range(1, 13)]
BLOCKS = 20  # most pairs have two
LIGHT = {"mode": "poisson", "rate": 200, "ceiling": False}  # twelve loads at once on two CPUs


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    """One for all tests: each leaves it whole."""
    rig = Rig(tmp_path_factory.mktemp("rig"), pairs=len(PAIRS), clients=1)
    rig.deploy(list(rig.hosts), BIN)
    return rig


def inventory_of(rig, name, pairs, **changes):
    """Those pairs of the rig's, in a file of their own; changes: of one host, by its name."""
    document = json.loads(rig.inventory.read_text())
    document["pairs"] = {pair: document["pairs"][pair] for pair in pairs}
    used = {host for pair in pairs for host in rig.pairs[pair]}
    document["hosts"] = {host: fields | changes.get(host.replace("-", "_"), {})
                         for host, fields in document["hosts"].items() if host in used}
    path = rig.folder / f"{name}.json"
    path.write_text(json.dumps(document))
    return path


def fleet(plan, tmp_path, hosts, *flags, **options):
    return run_program("coresweep", "fleet", plan, "--hosts", hosts, "--results",
                       tmp_path / "runs", "--no-report", *flags, **options)


class RunningFleet(RunningSweep):
    command = "fleet"


def lost(folder):
    path = folder / "lost.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def whole_blocks(tmp_path):
    return [path for path in tmp_path.glob("runs/*/blocks/block-*") if path.suffix != ".part"]


def running_pair(rig, program="loadgen"):
    """One of the pairs on which it runs just now."""
    found = []

    def look():
        found[:] = [pair for pair, (server, client) in rig.pairs.items()
                    if program in rig.processes(client)]
        return found

    until(look)
    return found[-1]


def failures(trials):
    """Why they failed, but for clients that were not awake at the start: two CPUs for all."""
    reasons = [trial["verdict_details"].get("failed", "") for trial in trials]
    return [why for why in reasons if why and not re.search(r"passed \d+\.\d+ s before", why)]


def check_ended(said, folder):
    """A failed trial is told by the exit code, and by nothing that is left to do."""
    has_failed = any("failed" in trial["verdict"] for trial in trials_of(folder))
    assert said.returncode == (1 if has_failed else 0), said.stderr
    assert (folder / "end.json").exists()


def check_blocks(trials, blocks):
    """Each ran once and whole, on one pair."""
    assert failures(trials) == []
    assert [trial["trial"] for trial in trials] == list(range(len(trials)))
    assert [trial["block"] for trial in trials] == sorted(trial["block"] for trial in trials)
    by_block = collections.defaultdict(list)
    for trial in trials:
        by_block[trial["block"]].append(trial)
    assert sorted(by_block) == list(range(blocks))
    for own in by_block.values():
        (pair,) = {trial["pair"] for trial in own}
        assert {host for trial in own for host in trial["hosts"]} == {
            f"{pair}-server", f"{pair}-client1"}
        assert len({trial["cell"] for trial in own}) == len(own) == 2


def check_begun_before(folder, trials, losses):
    """What was measured of a block that came to no end is kept, and its later trials say so."""
    assert losses[0]["begun"]
    kept = [json.loads(path.read_text().splitlines()[0]) for path in
            folder.glob("begun/*/trials.jsonl")]
    told = {f"its block was begun on {loss['pair']} before: {loss['why']}" for loss in losses
            if loss["begun"]} | {"its block was begun before, and stopped"}
    for trial in trials:
        was_begun = any(one["block"] == trial["block"] for one in kept)
        assert bool(told & set(trial.get("notes") or [])) == was_begun, trial["notes"]
    assert losses[0]["pair"] in {one["pair"] for one in kept}


def test_twelve_pairs_of_which_one_is_lost_then_stopped_and_resumed(rig, tmp_path, start):
    plan = write_plan(tmp_path, blocks=BLOCKS, **LIGHT)
    running = start(RunningFleet, plan, tmp_path, flags=("--hosts", rig.inventory))
    pair = running_pair(rig)
    rig.kill(f"{pair}-server")
    until(lambda: lost(run_folder(tmp_path)) and whole_blocks(tmp_path), PATIENCE_S)
    running.process.send_signal(signal.SIGINT)
    _, errors = running.process.communicate(timeout=PATIENCE_S)
    folder = run_folder(tmp_path)
    assert running.process.returncode == 128 + signal.SIGINT
    last = errors.decode().splitlines()[-1]
    kept = len(whole_blocks(tmp_path))
    assert last == (
        f"coresweep: interrupted: {kept} of {BLOCKS} blocks kept in {folder}; draw them: "
        f"coresweep report {folder}; go on: coresweep resume {folder}")
    assert 0 < kept < BLOCKS
    assert len(trials_of(folder)) == 2 * kept  # which a report can draw
    until(lambda: not any({"loadgen", "greeter"} & set(rig.processes(host))
                          for host in rig.hosts if host != f"{pair}-server"))
    loss, *_ = lost(folder)
    assert loss["pair"] == pair
    assert loss["why"] == f"{pair}-server: no sign of life for 5 s"

    said = run_program("coresweep", "resume", folder, "--no-report")
    rig.revive(f"{pair}-server")
    rig.deploy([f"{pair}-server"], BIN)
    check_ended(said, folder)
    assert f" of its plan's blocks are" in said.stderr
    assert f"\n{pair} was lost " in said.stdout
    assert f"{pair} is left alone for 60 s: {pair}-server: " in said.stderr
    trials = trials_of(folder)
    check_blocks(trials, BLOCKS)
    record = json.loads((folder / "run.json").read_text())
    assert list(record["fleet"]["pairs"]) == PAIRS and "hosts" not in record
    assert record["plan"]["listen"].startswith("127.0.0.1:")
    assert json.loads((folder / "end.json").read_text())["trials"] == len(trials)
    assert len({trial["pair"] for trial in trials if trial["pair"] != pair}) == len(PAIRS) - 1
    check_begun_before(folder, trials, lost(folder))
    assert {trial["session"] for trial in trials} == {0, 1}
    for session in (0, 1):
        joblog = (folder / f"parallel-blocks-{session}.joblog").read_text().splitlines()
        assert 2 <= len(joblog) <= 1 + BLOCKS  # a line a job and its heading
    assert not (folder / "blocks").exists() and not (folder / "locks").exists()
    again = run_program("coresweep", "resume", folder, "--no-report")
    assert again.returncode == said.returncode and trials_of(folder) == trials


def test_twins_are_blocks_too_and_the_plans_blocks_know_what_they_found(rig, tmp_path):
    hosts = inventory_of(rig, "two", PAIRS[:2])
    plan = write_plan(tmp_path, blocks=2, twin_blocks=1, duration="100ms", ceiling=False)
    said = fleet(plan, tmp_path, hosts)
    folder = run_folder(tmp_path)
    check_ended(said, folder)
    trials = trials_of(folder)
    roles = [trial["role"] for trial in trials]
    arms = roles.index("arm")
    assert set(roles[arms:]) == {"arm"} and roles.count("arm") == 4
    assert {"base", "client_work", "in_flight"} == set(roles[:arms])
    assert [trial["trial"] for trial in trials] == list(range(len(trials)))
    for stage in ("twins", "blocks"):
        assert len((folder / f"parallel-{stage}-0.joblog").read_text().splitlines()) == 1 + 2
    assert {trial["pair"] for trial in trials[:arms]} == set(PAIRS[:2])  # each has twins
    assert "twins of shared_reactor" in said.stdout
    assert "block-001\ton pair" in said.stderr
    assert "block-001\ttrial 1 of 2: " in said.stderr  # not of the twins


def test_a_run_that_is_at_work_is_not_resumed_beside_it(rig, tmp_path, start):
    hosts = inventory_of(rig, "two", PAIRS[:2])
    plan = write_plan(tmp_path, blocks=2, duration="2s", **LIGHT)
    running = start(RunningFleet, plan, tmp_path, flags=("--hosts", hosts))
    running_pair(rig)
    folder = run_folder(tmp_path)
    said = run_program("coresweep", "resume", folder)
    assert said.returncode == 1
    assert one_line(said, "coresweep") == f"{folder}: another coresweep is at work on it"
    running.process.send_signal(signal.SIGKILL)
    running.process.wait()
    # Whatever ends it: its jobs end, and their agents with them.
    until(lambda: not any({"coresweep", "greeter", "loadgen"} & set(rig.processes(host))
                          for pair in PAIRS[:2] for host in rig.pairs[pair]))
    said = run_program("coresweep", "resume", folder, "--no-report")
    check_ended(said, folder)
    check_blocks(trials_of(folder), 2)


def test_pairs_that_cannot_be_used_are_all_named_before_anything_is_run(rig, tmp_path):
    for pair in PAIRS[:2]:
        (rig.hosts[f"{pair}-client1"].home / "coresweep/bin").unlink()
    hosts = inventory_of(rig, "three", PAIRS[:3])
    said = fleet(write_plan(tmp_path, **LIGHT), tmp_path, hosts)
    rig.deploy([f"{pair}-client1" for pair in PAIRS[:2]], BIN)
    assert said.returncode == 1
    complaints = [line for line in said.stderr.splitlines() if line.startswith("coresweep: ")]
    for pair, complaint in zip(PAIRS, complaints[:2]):
        assert complaint.startswith(
            f"coresweep: {pair}: {pair}-client1: has no ~/coresweep/bin/coresweep: deploy: ")
    assert complaints[2:] == [f"coresweep: {hosts}: 2 of 3 pairs cannot be used as they are"]
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"until_ci": "2%", "blocks": 32}, "until_ci looks at all blocks before the next"),
        ({"mode": "poisson", "rate": "50%"},
         "its rates are shares of what has to be searched for first"),
    ],
)  # fmt: skip
def test_a_plan_whose_blocks_depend_on_each_other_is_refused(rig, tmp_path, changes, complaint):
    plan = write_plan(tmp_path, **changes)
    said = fleet(plan, tmp_path, inventory_of(rig, "two", PAIRS[:2]))
    assert said.returncode == 2
    assert said.stderr.splitlines()[-1] == (
        f"coresweep: {plan}: its blocks cannot be shared out: {complaint}")
    assert not (tmp_path / "runs").exists()


def test_pairs_that_are_not_alike_are_refused(rig, tmp_path):
    other = {"instance_type": "another"}
    hosts = inventory_of(rig, "unlike", PAIRS[:2], pair02_client1=other)
    said = fleet(write_plan(tmp_path, **LIGHT), tmp_path, hosts)
    assert said.returncode == 2
    assert said.stderr.splitlines()[-1] == (
        'coresweep: pair02: its hosts/1/instance_type is "another" and pair01\'s is "rig": allowed '
        "in one fleet are pairs that are alike")
    assert not (tmp_path / "runs").exists()


def test_all_pairs_cut_off_for_a_while_cost_the_blocks_that_they_were_at(rig, tmp_path, start):
    hosts = inventory_of(rig, "two", PAIRS[:2])
    plan = write_plan(tmp_path, blocks=2, **LIGHT)
    running = start(RunningFleet, plan, tmp_path, flags=("--hosts", hosts))
    running_pair(rig)
    for pair in PAIRS[:2]:
        rig.cut(f"{pair}-server")
    until(lambda: len(lost(run_folder(tmp_path))) >= 2, PATIENCE_S)
    for pair in PAIRS[:2]:
        rig.mend(f"{pair}-server")
    # It waits for the first of them, which is left alone for a minute.
    assert running.process.poll() is None
    running.process.send_signal(signal.SIGTERM)
    assert running.wait() == 128 + signal.SIGTERM
    said = run_program("coresweep", "resume", run_folder(tmp_path), "--no-report", "--at-once", 1)
    check_ended(said, run_folder(tmp_path))
    trials = trials_of(run_folder(tmp_path))
    check_blocks(trials, 2)
    assert [trial["pair"] for trial in trials] == [pair for pair in PAIRS[:2] for _ in "ab"]


@pytest.mark.parametrize(
    ("mangled", "complaint"),
    [([], "fleet has no pairs"), ({"pairs": {}}, "fleet has no pairs"),
     ({"pairs": {"pair01": 5}}, "fleet.pairs.pair01 has no server with its machine"),
     ({"pairs": {"pair01": {"server": "s"}}}, "fleet.pairs.pair01 has no server with its machine")],
)  # fmt: skip
def test_a_record_of_no_fleet_is_refused_in_one_line(tmp_path, mangled, complaint):
    record = {"schema_version": 2, "seed": 1, "plan_file": "x.json", "plan": {}, "fleet": mangled}
    (tmp_path / "run.json").write_text(json.dumps(record))
    (tmp_path / "trials.jsonl").touch()
    said = run_program("coresweep", "resume", tmp_path)
    assert said.returncode == 2
    assert one_line(said, "coresweep") == f"{tmp_path}/run.json: {complaint}"


def test_without_gnu_parallel_it_says_how_to_get_it(rig, tmp_path):
    words = tmp_path / "bin"
    words.mkdir()
    plan = write_plan(tmp_path, **LIGHT)
    said = fleet(plan, tmp_path, rig.inventory, env={**os.environ, "PATH": str(words)})
    assert said.returncode == 1
    assert one_line(said, "coresweep") == (
        "there is no parallel: a fleet's blocks are shared out by GNU parallel: sudo apt-get "
        "install parallel")
    shutil.copy("/bin/echo", words / "parallel")  # as moreutils' would: its own, and of that name
    said = fleet(plan, tmp_path, rig.inventory, env={**os.environ, "PATH": str(words)})
    assert one_line(said, "coresweep") == (
        "the parallel in PATH is not GNU's, which shares out a fleet's blocks: sudo apt-get "
        "install parallel")


@pytest.mark.parametrize("job", ["block-2", "block-999999999", "../../etc", "twins"])
def test_a_block_of_no_fleet_is_refused(tmp_path, job):
    said = run_program("coresweep", "block", tmp_path, job)
    assert said.returncode == 2
    assert one_line(said, "coresweep").startswith((f"'{job}' is no block", str(tmp_path)))
