"""The chart tells each pair's own ratio, and which pair lies farthest from the others."""

import math

import pytest

import answer
import cells
import comparison
import panels
import timeline
from drawn import drawn_apart, said
from ratio_by_pair import draw, missing, reading, rows_of
from results import load_run
from synthetic_hosts import of_fleet, of_hosts, over_hosts
from synthetic_run import as_version_2, sweep, write_run

HEADLINE = {"architecture": "reuseport_loops", "against": "shared_reactor", "threads": 4}


def factor_of(block: int, pairs: int) -> float:
    """pair04 is ahead by more; the rest lie from 1.98 to 2.08."""
    pair = block % pairs + 1
    return 2.31 if pair == 4 else 1.98 + 0.01 * ((pair - 1) % 11)


def case(pairs=12, blocks=36, verdict_of=lambda *_: [], factor=factor_of) -> dict:
    def throughput(architecture, threads, block):
        return 1000 * (factor(block, pairs) if architecture == "reuseport_loops" else 1)

    trials = sweep(thread_counts=(4,), blocks=blocks, throughput_of=throughput,
                   verdict_of=verdict_of, ceiling_per_s=None)
    return {"trials": over_hosts([as_version_2(trial) for trial in trials], 2, pairs),
            **of_fleet(pairs, headline=HEADLINE, plan__blocks=blocks)}


def test_each_pair_has_its_blocks_and_their_median(tmp_path):
    run = load_run(write_run(tmp_path, **case()))
    rows = {row.name: row for row in rows_of(run)}
    assert list(rows) == [f"pair{i:02}" for i in range(1, 13)]
    assert rows["pair04"].median == pytest.approx(2.31)
    assert [one.block for one in rows["pair04"].blocks] == [3, 15, 27]
    assert rows["pair01"].median == pytest.approx(1.98)


def test_what_is_drawn_and_listed_is_what_the_interval_is_of(tmp_path):
    """Blocks 0 and 2 ran on one pair, block 1 on the other: the middle lies between both pairs.

    That of a pair's two figures is halfway, and of its two ratios their geometric mean.
    """
    case_of_two = case(pairs=2, blocks=3, factor=lambda block, _: (1, 4, 2)[block])
    for trial in case_of_two["trials"]:
        trial["latency_from_sent_ns"]["p50"] = 100 * (0, 4, 3)[trial["block"]]
    run = load_run(write_run(tmp_path, **case_of_two))
    (panel,) = panels.panels_of(run)
    loops = next(one for one in panel.series if one.name == "reuseport_loops")
    assert loops.intervals(run)[4].median == loops.medians()[4] == (1500 + 4000) / 2
    cell = next(one for one in cells.cells_of(run) if one.arm_name == "reuseport_loops")
    assert (cell.throughput.median, cell.p50) == ((1500 + 4000) / 2, (150 + 400) / 2)
    at = (run.headline.threads, run.headline.conditions)
    found = comparison.ratio_of(*(comparison.trials_at(run, arm, *at) for arm in
                                  (run.headline.over, run.headline.under)), run)
    assert found.interval.median == pytest.approx((math.sqrt(1 * 2) + 4) / 2)


def test_the_pairs_are_the_evidence_and_not_their_blocks(tmp_path):
    """Of 36 blocks on 12 pairs the interval is that of 12 values: the third to the tenth."""
    run = load_run(write_run(tmp_path, **case()))
    at = (run.headline.threads, run.headline.conditions)
    over, under = (comparison.trials_at(run, arm, *at)
                   for arm in (run.headline.over, run.headline.under))
    found = comparison.ratio_of(over, under, run)
    assert (len(found.values), found.pairs, found.interval.values) == (36, 12, 12)
    assert found.interval.low == pytest.approx(1.99)
    assert found.interval.high == pytest.approx(2.07)
    assert found.text() == "2.04x (1.99–2.07, 96.1 % interval) over 36 blocks on 12 pairs"
    medians = [comparison.told_median(side, lambda trial: trial.throughput_per_s, run)
               for side in (over, under)]
    assert [median.values for median in medians] == [12, 12]
    few = load_run(write_run(tmp_path / "few", **case(pairs=2)))
    over, under = (comparison.trials_at(few, arm, *at)
                   for arm in (run.headline.over, run.headline.under))
    assert not comparison.ratio_of(over, under, few).shows_difference
    assert "fewer than 6 pairs give a range" in answer.answer_of(few).sentence
    assert "time" in timeline.missing(few)


def test_its_reading_names_the_pair_that_lies_farthest(tmp_path):
    run = load_run(write_run(tmp_path, **case()))
    assert reading(run) == "pair04: 2.31x; the other 11: 1.98–2.08x."
    slow = load_run(write_run(tmp_path / "slow", **case(
        factor=lambda block, pairs: 1.2 if block % pairs == 6 else 2.0)))
    assert reading(slow) == "pair07: 1.20x; the other 11: 2.00–2.00x."
    two = load_run(write_run(tmp_path / "two", **case(pairs=2, blocks=4)))
    assert reading(two) == "pair01: 1.98x; pair02: 1.99x."


def test_a_pair_whose_leaving_out_would_select_has_no_ratio(tmp_path):
    run, figure = drawn_apart(draw, tmp_path, **case(
        verdict_of=lambda name, threads, block: ["client_bound"] if block == 15 else []))
    assert "no ratio, 3 blocks" in said(figure)
    assert "pair04: no ratio: 2 of 3 blocks have both valid (client_bound 2)" in said(figure)
    assert "hollow: a trial of the block is not valid" in said(figure)
    assert "There is no ratio on pair04." in reading(run) and "pair04: 2.31x" not in reading(run)


def test_all_pairs_are_drawn(tmp_path):
    run, figure = drawn_apart(draw, tmp_path, **case())
    (axes,) = figure.axes
    assert "2.31x, 3 blocks" in said(figure)
    medians = [line for line in axes.lines if line.get_label() == "_median"]
    dots = sum(len(line.get_xdata()) for line in axes.lines if line.get_label() == "_block")
    assert len(medians) == 12 and dots == 36


def test_one_pair_has_nobody_to_differ_from(tmp_path):
    trials = over_hosts([as_version_2(trial) for trial in sweep(blocks=2)], 2)
    one = load_run(write_run(tmp_path / "one", trials, **of_hosts(2)))
    assert missing(one) == "second pair of hosts with a ratio: a fleet has them (coresweep fleet)"
    fleet = load_run(write_run(tmp_path / "fleet", **case(pairs=1, blocks=2)))
    assert missing(fleet)
    nothing = load_run(write_run(tmp_path / "no", **{**case(pairs=3, blocks=3), "headline": None}))
    assert missing(nothing)
