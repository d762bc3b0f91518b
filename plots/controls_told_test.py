"""Controls say what a sweep could have seen: of cases whose truth is known, and of a real run."""

from dataclasses import replace

import pytest

from answer import answer_of, measured_text
from controls_told import facts_of, noise_text, positive_control_text
from limits import limits_of
from page import page_of
from report_page_test import Page
from results import load_run
from synthetic_run import PUBLISHED, as_version_2, sweep, write_run

ARM = "shared_reactor"


def run_of(folder, factors, blocks=9, verdicts=(), **changes):
    """The arm, and each role at `factors[role](block)` times what it answers."""
    lines = []
    for trial in sweep([ARM], [1], blocks, ceiling_per_s=None, throughput_of=lambda *at: 1e5):
        line = as_version_2(trial)
        lines.append(line)
        for role, factor in factors.items():
            lines.append({**line, "role": role, "twin_of": line["cell"],
                          "cell": line["cell"] + ("" if role == "aa" else f"/{role}"),
                          "throughput_per_s": 1e5 * factor(line["block"]),
                          "verdict": ["noisy_host"] if (role, line["block"]) in verdicts else []})
    lines = [{**line, "trial": number} for number, line in enumerate(lines)]
    return load_run(write_run(folder / "run", lines, plan__blocks=blocks, plan__twin_blocks=blocks,
                              **changes))


def about(middle: float, spread: float = 0.01):
    return lambda block: middle * (1 + spread * (block % 3 - 1))


def texts(run) -> dict:
    return {fact.key: fact.text for fact in facts_of(run)}


@pytest.mark.parametrize("slower, said", [
    (about(0.909), "0.91x (0.90–0.92, 96.1 % interval) over 9 blocks, expected 0.91x: recovered"),
    (about(1.0), "expected 0.91x: not recovered: this sweep could not have seen 10 %"),
    (about(0.985, 0.001), "not recovered: this sweep could not have seen 10 %"),  # in the noise
    (about(0.8), "not recovered: this sweep could not have seen 10 % as what it is"),
])
def test_the_positive_control_is_recovered_or_the_sweep_could_not_have_seen_it(
        tmp_path, slower, said):
    run = run_of(tmp_path, {"aa": about(1.0, 0.03), "slower": slower})
    assert texts(run)["positive-control"].startswith("+10 % service time: ")
    assert texts(run)["positive-control"].endswith(said)
    assert said in Page(page_of(run, [])).text


def test_few_blocks_recover_nothing(tmp_path):
    run = run_of(tmp_path, {"slower": about(0.909)}, blocks=3)
    assert positive_control_text(run).endswith(": a range, which recovers nothing")


def test_an_arm_that_differs_from_itself_says_so(tmp_path):
    assert noise_text(run_of(tmp_path / "off", {"aa": about(0.9)})) == (
        "the same arm beside itself: 0.90x (0.89–0.91, 96.1 % interval) over 9 blocks: the same "
        "arm differs from itself; 0.89–1.12x is no difference")
    assert noise_text(run_of(tmp_path / "even", {"aa": about(1.0)})) == (
        "the same arm beside itself: 1.00x (0.99–1.01, 96.1 % interval) over 9 blocks; "
        "0.99–1.01x is no difference")


def test_what_did_not_run_and_what_was_refused_are_told_apart(tmp_path):
    without = run_of(tmp_path / "without", {})
    assert texts(without) == {"noise": "not known: the same arm did not run twice",
                              "positive-control": "not known: no arm ran slowed by a known amount"}
    spoilt = {(role, block) for role in ("aa", "slower") for block in range(6)}
    run = run_of(tmp_path / "refused", {"aa": about(1.0), "slower": about(0.9)}, verdicts=spoilt)
    why = "not known: 3 of 9 blocks have both valid (noisy_host 6)"
    assert texts(run) == {"noise": why, "positive-control": why}
    assert any("of the A/A arm 3 of 9 blocks have both valid" in what for what, _ in limits_of(run))
    assert not any("no A/A arm ran" in what for what, _ in limits_of(run))


@pytest.mark.parametrize("work, flight, said", [
    (about(1.0), about(1.0), "20 % more client CPU a request: 1.00x (0.99–1.01, 96.1 % interval) "
     "over 9 blocks: not client_bound by this; twice the connections: 1.00x (0.99–1.01, 96.1 % "
     "interval) over 9 blocks: not unsaturated by this"),
    (lambda block: [0.7, 0.8, 1.1][block % 3], lambda block: [0.9, 1.2, 1.3][block % 3],
     "20 % more client CPU a request: 0.80x (0.70–1.10, 96.1 % interval) over 9 blocks: not "
     "client_bound by this, as the interval contains 1; twice the connections: 1.20x (0.90–1.30, "
     "96.1 % interval) over 9 blocks: not unsaturated by this, as the interval contains 1"),
    (about(0.8), about(1.2), "20 % more client CPU a request: 0.80x (0.79–0.81, 96.1 % interval) "
     "over 9 blocks: client_bound; twice the connections: 1.20x (1.19–1.21, 96.1 % interval) over "
     "9 blocks: unsaturated"),
])
def test_twins_say_what_limits(tmp_path, work, flight, said):
    run = run_of(tmp_path, {"base": about(1.0, 0), "client_work": work, "in_flight": flight})
    (fact,) = [one for one in facts_of(run) if one.key.startswith("twins")]
    assert (fact.name, fact.text) == (f"Twins of {ARM}, 1 thread", said)


def test_a_twin_within_the_threshold_shows_nothing_though_its_interval_leaves_out_1(tmp_path):
    run = run_of(tmp_path, {"base": about(1.0, 0), "in_flight": about(1.03)},
                 thresholds__unsaturated_twin_gain=0.05)
    assert texts(run)["twins-0"].endswith(
        "1.03x (1.02–1.04, 96.1 % interval) over 9 blocks: not unsaturated by this")
    stricter = replace(run, document={**run.document, "thresholds": {
        "unsaturated_twin_gain": 0.01}})
    assert texts(stricter)["twins-0"].endswith(" over 9 blocks: unsaturated")
    untold = replace(run, document={**run.document, "thresholds": {}})
    assert texts(untold)["twins-0"].endswith("1.03x (1.02–1.04, 96.1 % interval) over 9 blocks")


def test_a_base_that_the_slowed_arm_alone_needed_has_no_twins(tmp_path):
    run = run_of(tmp_path, {"base": about(1.0), "slower": about(0.9)})
    assert set(texts(run)) == {"noise", "positive-control"}


def test_a_real_run_says_what_was_reckoned_by_hand():
    run = load_run(PUBLISHED / "20261126T174556Z-bench")
    found = texts(run)
    assert found["positive-control"].endswith(
        "0.89x (0.87–0.93, 96.1 % interval) over 9 blocks, expected 0.91x: recovered")
    assert len([key for key in found if key.startswith("twins")]) == 2
    assert measured_text(run) == "9 blocks"
    again = sum(trial.is_superseded and trial.role in ("arm", "ceiling") for trial in run.stored)
    assert answer_of(run).verdicts.endswith(f"; {again} run again")


def test_steps_of_searches_are_no_blocks_and_what_ran_again_is_of_what_is_counted(tmp_path):
    run = run_of(tmp_path, {"aa": about(1.0)}, blocks=6)
    steps = [replace(run.stored[0], role="capacity", block=block) for block in range(24)]
    again = [replace(trial, is_superseded=True) for trial in run.stored if trial.role == "aa"]
    run = replace(run, stored=(*steps, *again, *run.stored))
    assert measured_text(run) == "6 blocks, and 24 steps of searches"
    assert "Measured 6 blocks, and 24 steps of searches;" in Page(page_of(run, [])).text
    assert answer_of(run).verdicts == "6 of 6 trials valid"
