"""What a search for capacity is said to have found, by the rules of harness/capacity_lines.cpp."""

from dataclasses import replace
from pathlib import Path

import pytest

from answer import answer_of
from capacity_answer import held_interval
from cells import cells_of
from cost import costs_of
from page import page_of
from report_page_test import Page
from results import load_run
from synthetic_run import sweep, write_run
from trial import Capacity

RECORDED = Path(__file__).resolve().parent / "recorded"
OVER, UNDER = "reuseport_loops", "shared_reactor"


def run_of(folder, held_of, blocks: int = 9):
    """held_of: (architecture, block) to the rate held and how the search ended."""
    run = load_run(write_run(folder / "run", sweep(
        thread_counts=[1], blocks=blocks, ceiling_per_s=None), plan__blocks=blocks))
    steps = tuple(replace(trial, role="capacity", twin_of=trial.cell) for trial in run.stored)
    found = tuple(
        Capacity(trial.cell, trial.arm, 1, trial.block, trial.conditions, held, None, end)
        for trial in run.arms
        for held, end in [held_of(trial.arm.architecture, trial.block)])
    return replace(run, stored=steps, trials=(), capacities=found, capacity_p99="2ms")


def confirmed(ratio: float):
    return lambda name, block: (1000 * (ratio if name == OVER else 1.0), "confirmed")


@pytest.mark.parametrize("ratio, kind, begin", [
    (1.5, "difference", f"{OVER} holds more at 1 server thread within a p99 from due of 2ms: "
                        f"{OVER} holds 1.50x (1.50–1.50, 96.1 % interval over 9 blocks) the rate"),
    (0.5, "difference", f"{UNDER} holds more at 1 server thread"),
    (1.0, "none", f"No difference shown between the rates that {OVER} and {UNDER} hold"),
])
def test_the_rates_held_are_compared(tmp_path, ratio, kind, begin):
    found = answer_of(run_of(tmp_path, confirmed(ratio)))
    assert found.kind == kind and found.sentence.startswith(begin)
    assert found.verdicts.startswith("no trial of an arm was judged by itself")


def test_the_verdicts_of_its_steps_are_counted():
    run = load_run(RECORDED / "20261127T042149Z-capacity")
    said = ("; 32 of 54 steps without a verdict; the others: missed_rate 15, client_late 9, "
            "noisy_host 7 (missed_rate is an answer: not held)")
    assert answer_of(run).verdicts == (
        "no trial of an arm was judged by itself: each is a step of a search" + said)
    assert said in Page(page_of(run, [])).text
    ceiling = replace(run.stored[0], role="ceiling", verdict=())
    beside = replace(run, stored=(*run.stored, ceiling), trials=(ceiling,))
    assert answer_of(beside).verdicts == "1 of 1 trial valid" + said


def test_two_blocks_show_no_difference(tmp_path):
    found = answer_of(run_of(tmp_path, confirmed(1.5), blocks=2))
    assert found.kind == "range"
    assert found.sentence.startswith(f"In both blocks {OVER} held more at 1 server thread within ")
    assert found.sentence.endswith(
        "That shows no difference: fewer than 6 blocks give a range, and no interval.")


@pytest.mark.parametrize("held, end, why", [
    (0.0, "nothing_held", "in 1 of 9 blocks an arm held no rate for sure"),
    (900.0, "untold", "in 1 of 9 blocks the load generator, its ports or its window was the limit"),
])
def test_what_was_not_found_refuses_the_answer(tmp_path, held, end, why):
    found = answer_of(run_of(tmp_path, lambda name, block:
                             (held, end) if (name, block) == (OVER, 2) else (1000.0, "confirmed")))
    assert found.kind == "refused" and why in found.sentence
    assert found.sentence.endswith("leaving these out would select the answer.")


def test_a_search_that_the_host_spoilt_is_left_out(tmp_path):
    found = answer_of(run_of(tmp_path, lambda name, block: (
        0.0 if block == 2 else 1500.0 if name == OVER else 1000.0,
        "too_noisy" if block == 2 else "confirmed")))
    assert "1.50x (1.50–1.50, 99.2 % interval over 8 of 9 blocks)" in found.sentence


def test_half_of_the_blocks_are_too_few(tmp_path):
    run = run_of(tmp_path, lambda name, block: (1000.0, "too_noisy" if block % 2 == 0
                                                else "confirmed"))
    assert answer_of(run).sentence.endswith("4 of 9 blocks found what both hold.")
    assert held_interval([one for one in run.capacities if one.arm.architecture == OVER]) is None


def test_without_a_search_that_ended_nothing_is_said(tmp_path):
    run = replace(run_of(tmp_path, confirmed(1.5)), capacities=())
    assert answer_of(run).sentence.endswith(", no search came to its end.")
    assert costs_of(run, cells_of(run), 1.0) == []


def test_the_page_of_a_search_has_its_rates_and_no_median_of_its_steps(tmp_path):
    run = run_of(tmp_path, confirmed(1.5))
    cells = cells_of(run)
    assert [(cell.arm.architecture, cell.throughput.median) for cell in cells] == [
        (OVER, 1500.0), (UNDER, 1000.0)]
    found = Page(page_of(run, [], price_per_hour=1.0))
    assert "5.4 (5.4–5.4, 96.1 % interval)" in found.text
    assert "No chart could be drawn of this run." in found.text
