"""Twins and controls on real programs: what limits a cell is found, and a known difference too."""

import json
import re
import shutil
import sys

import pytest
from conftest import ROOT, run_program, write_plan
from sweeps import CPUS, free_port, run_folder, sweep, trials_of

sys.path.insert(0, str(ROOT / "plots"))
import results  # noqa: E402  plots/results.py validates against results/schema.json

pytestmark = pytest.mark.skipif(len(CPUS) < 2, reason="needs a CPU for each side")
# Of noise the twins may come out either way: what a neighbour spoils is tried again here.
TRIES = 4
# Where neighbours spoil more of the trials than this, each time, nothing can be seen.
MOST_NOISY = 0.25


def is_spoilt(trials):
    return sum("noisy_host" in trial["verdict"] for trial in trials) > MOST_NOISY * len(trials)


def skip_if_spoilt(trials):
    if is_spoilt(trials):
        noisy = sum("noisy_host" in trial["verdict"] for trial in trials)
        pytest.skip(f"neighbours spoilt {noisy} of {len(trials)} trials, the last of {TRIES} times")


def swept(plan, tmp_path, is_done, **fields):
    """What a sweep printed, and its arms' trials; again until `is_done` of these."""
    for attempt in range(TRIES):
        folder = tmp_path / str(attempt)
        result = sweep(plan(blocks=1, twin_blocks=3, duration="200ms", **fields), folder)
        trials = trials_of(run_folder(folder))
        arms = [trial for trial in trials if trial["role"] == "arm"]
        # So starved that a load generator got no answer at all, a trial fails.
        assert result.returncode == 0 or is_spoilt(trials), result.stderr
        if result.returncode == 0 and is_done(arms):
            break
    else:
        skip_if_spoilt(trials)
    return result.stdout, trials, arms


def all_have(verdict):
    return lambda arms: all(verdict in trial["verdict"] for trial in arms)


def test_one_connection_shows_latency_and_no_capacity(plan, tmp_path):
    out, _, arms = swept(plan, tmp_path, all_have("unsaturated"), connections=1, streams=1,
                         http2="nghttp2", architectures=["reuseport_loops"],
                         ceiling=False, headline=None, reruns=3)
    for trial in arms:
        detail = trial["verdict_details"]["unsaturated"]
        assert re.fullmatch(r"with twice the connections it reaches \d\.\d\dx "
                            r"\(\d\.\d\d-\d\.\d\d, \d blocks?\), above 1\.05x", detail), detail
    assert "twins of reuseport_loops/nghttp2/t1/c1/s1: 20 % more client CPU a request: " in out


def test_a_client_that_is_the_limit_is_found_by_its_twin(plan, tmp_path):
    """The null responder as an arm: whether or not the load thread looks busy, it is the limit."""
    _, _, arms = swept(
        plan, tmp_path,
        lambda arms: all("it reaches" in trial["verdict_details"].get("client_bound", "")
                         for trial in arms),
        connections=32, streams=10, http2="null", ceiling=False, headline=None,
        architectures=["reuseport_loops"], reruns=3)
    for trial in arms:
        assert re.search(r"with 20 % more client CPU a request it reaches 0\.\d\dx \(.*\), below "
                         r"0\.95x", trial["verdict_details"]["client_bound"])


@pytest.fixture(scope="module")
def controlled(tmp_path_factory):
    """A plan with controls, its run's folder, and what it printed."""
    where = tmp_path_factory.mktemp("controlled")
    path = write_plan(where, controls=True, ceiling=False, http2="nghttp2", connections=32,
                      streams=10)
    result = sweep(path, where)
    assert result.returncode == 0, result.stderr
    return path, run_folder(where), result.stdout


def test_controls_stand_beside_the_headlines_arm_in_each_block(controlled):
    _, folder, out = controlled
    trials = trials_of(folder)
    roles = [trial["role"] for trial in trials]
    assert roles[0] == "base" and roles.count("aa") == roles.count("slower") == 2
    for trial in trials:
        if trial["role"] in ("aa", "slower"):
            assert trial["twin_of"] == "shared_reactor/nghttp2/t1/c32/s10"
    slower = next(trial for trial in trials if trial["role"] == "slower")
    assert slower["cell"] == "shared_reactor/nghttp2/t1/c32/s10/slower"
    added_ns = float(slower["factors"]["handler_cpu"].removesuffix("ns"))
    base = trials[0]
    server = base["server"]
    cost_ns = 1e9 * (server["cpu_user_s"] + server["cpu_system_s"]) / server["window_s"] / (
        base["throughput_per_s"])
    assert added_ns == pytest.approx(cost_ns / 10, abs=1)
    assert re.search(r"^(no )?A/A: ", out, re.MULTILINE)
    assert re.search(r"^(no )?positive control[,:] ", out, re.MULTILINE)


def test_past_noise_that_its_own_sweep_refused_tells_no_plan_what_it_can_show(controlled, tmp_path):
    path, stored, _ = controlled
    folder = tmp_path / "runs" / stored.name
    shutil.copytree(stored, folder)

    def planned(is_refused):
        trials = trials_of(folder)
        for trial in trials:
            is_it = is_refused and trial["role"] == "aa" and trial["block"] == 0
            trial["verdict"] = ["client_late"] if is_it else []
        (folder / "trials.jsonl").write_text("".join(json.dumps(one) + "\n" for one in trials))
        return run_program("coresweep", "plan", path, "--results", tmp_path / "runs").stdout

    assert f"; seen in {folder}\n" in planned(is_refused=False)
    unknown = "smallest difference that 2 blocks can show: not known until "
    assert unknown not in planned(is_refused=False)
    assert unknown in planned(is_refused=True)
    # Connections that were "auto" may have come to another number then.
    record = json.loads((folder / "run.json").read_text())
    record["plan"]["connections"] += 1
    (folder / "run.json").write_text(json.dumps(record))
    assert unknown in planned(is_refused=False)


def test_what_a_headline_compares_is_told_before_it_runs(plan):
    for fields, told in (
            ({}, "headline: reuseport_loops / "),
            ({"mode": "poisson", "rate": 500},
             "headline: p99 from due (below 1 is sooner), reuseport_loops / "),
            ({"capacity_p99": "2ms"}, "headline: capacity, reuseport_loops / ")):
        planned = run_program("coresweep", "plan", plan(**fields))
        assert f"{told}shared_reactor at 1 thread\n" in planned.stdout, planned.stderr


def test_no_capacity_is_searched_for_until_an_interval_is_narrow(plan):
    result = run_program("coresweep", "run", plan(capacity_p99="2ms"), "--until-ci", "2%")
    assert result.returncode == 2
    assert result.stderr == (
        "coresweep: --until-ci: the plan has capacity_p99, whose blocks are all searched\n")


def test_a_capacity_is_searched_for_in_each_block(plan, tmp_path):
    path = plan(handler_cpu="50us", duration="200ms", blocks=2, architectures=["reuseport_loops"])
    result = run_program("coresweep", "capacity", path, "--p99", "100ms",
                         "--results", tmp_path / "runs")
    assert result.returncode == 0, result.stderr
    trials = trials_of(run_folder(tmp_path))
    assert {trial["role"] for trial in trials} == {"capacity"}
    assert {trial["factors"]["mode"] for trial in trials} == {"closed", "poisson"}
    assert re.search(r"^reuseport_loops/lean/t1/c8/s4/cpu50us"
                     r"(:| holds (at least )?\d+,\d\d\d/s[ ,])", result.stdout, re.MULTILINE)
    end = json.loads((run_folder(tmp_path) / "end.json").read_text())
    assert end["answer"] and "\n".join(["", *end["answer"], "run: "]) in result.stdout
    assert [found["block"] for found in end["capacities"]] == [0, 1]
    assert "/capacity_by_cores.png\nreport: " in result.stdout
    # A call takes 50 us and more: no thread answers above 20,000 a second, whatever is searched.
    assert all(trial["throughput_per_s"] < 21_000 for trial in trials)


def test_the_plan_latency_compares_at_shares_of_what_the_slowest_arm_holds(tmp_path):
    """A call takes 200 us: 5,000 a second are the most, and the arms are offered shares of less."""
    plan = json.loads((ROOT / "harness" / "plans" / "latency.json").read_text())
    assert plan["rate"] == ["30%", "50%", "70%"]
    path = tmp_path / "latency.json"
    path.write_text(json.dumps({
        **plan, "handler_cpu": "200us", "threads": [1], "connections": 32, "blocks": 1,
        "warmup": "50ms", "duration": "300ms", "twin_blocks": 0, "reruns": 1, "trace": False,
        "listen": f"127.0.0.1:{free_port()}"}))
    for attempt in range(TRIES):  # what a neighbour spoils is no capacity
        result = sweep(path, tmp_path / str(attempt))
        folder = tmp_path / str(attempt)
        if result.returncode == 0:
            break
    else:
        skip_if_spoilt(trials_of(run_folder(folder)))
    assert result.returncode == 0, result.stderr
    folder = run_folder(folder)
    assert results.load_run(folder).is_complete
    trials = trials_of(folder)
    assert not [trial for trial in trials if "failed" in trial["verdict"]]
    assert trials[0]["role"] == "capacity" and trials[0]["factors"]["mode"] == "closed"
    held = [trial["factors"]["rate_per_s"] for trial in trials
            if trial["role"] == "capacity" and trial["factors"]["mode"] == "poisson"
            and "missed_rate" not in trial["verdict"]]
    told = re.findall(
        r"^(?:shared_reactor|reuseport_loops)/.* holds (?:at least )?([\d,]+)/s", result.stdout,
        re.MULTILINE)
    lowest = min(int(number.replace(",", "")) for number in told)
    assert min(held) <= lowest <= max(held) and lowest < 5_000
    offered = {(trial["role"], trial["factors"]["rate_share"], trial["factors"]["rate_per_s"])
               for trial in trials if trial["role"] in ("arm", "ceiling")}
    assert offered == {(role, percent / 100, lowest * percent // 100)
                       for role in ("arm", "ceiling") for percent in (30, 50, 70)}
    assert "/poisson70% (floor)" in result.stdout


@pytest.mark.parametrize(("flags", "complaint"), [
    (["--p99", "2"], "--p99: "),
    ([], "--p99 is required"),
])
def test_a_bound_that_is_none_is_refused(plan, flags, complaint):
    result = run_program("coresweep", "capacity", plan(), *flags)
    assert result.returncode == 2
    assert complaint in result.stderr


def test_churn_has_no_rate_to_search_for(plan):
    result = run_program("coresweep", "capacity", plan(mode="churn"), "--p99", "2ms")
    assert result.returncode == 2
    assert result.stderr == ("coresweep: capacity: a plan of mode churn has no rate: allowed are "
                             "closed, constant and poisson\n")


def test_a_headline_narrow_enough_ends_the_sweep_at_a_look(plan, tmp_path):
    for attempt in range(TRIES):
        folder = tmp_path / str(attempt)
        result = sweep(plan(duration="100ms", warmup="20ms", ceiling=False), folder,
                       "--until-ci", "50%")
        trials = trials_of(run_folder(folder))
        if result.returncode == 0 or not is_spoilt(trials):
            break
    else:
        skip_if_spoilt(trials)
    assert result.returncode == 0, result.stderr
    blocks = 1 + max(trial["block"] for trial in trials)
    assert blocks in (8, 12, 16, 23, 32)
    assert f"after {blocks} blocks" in result.stdout


@pytest.mark.parametrize("share", ["2", "0%", "51%", "two%"])
def test_a_width_that_is_none_is_refused(plan, share):
    result = run_program("coresweep", "run", plan(), "--until-ci", share)
    assert result.returncode == 2
    assert result.stderr == (
        f"coresweep: --until-ci is {share}: allowed is from 0.1% to 50%\n")
