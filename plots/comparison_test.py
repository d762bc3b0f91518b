"""Two cells held against each other: cases of known truth, and what may not be left out."""

import math
from collections import Counter

import pytest

import comparison
from comparison import Interval, Ratio, median_interval, ratio_of
from results import load_run
from synthetic_run import as_version_2, sweep, write_run

OVER, UNDER = "reuseport_loops", "shared_reactor"
CELLS = {OVER: 2000.0, UNDER: 1000.0}


def lines_of(blocks=8, over=lambda block: 2000.0, verdict_of=lambda *at: [], **factors):
    """As version 2 has them: `over` beside UNDER's 1,000 requests per second, on one thread."""
    trials = sweep(thread_counts=[1], blocks=blocks, ceiling_per_s=None, verdict_of=verdict_of,
                   throughput_of=lambda name, threads, block:
                   over(block) if name == OVER else 1000.0)
    return [as_version_2(trial, **factors) for trial in trials]


def of(lines, name, block):
    (found,) = [one for one in lines if one["factors"]["architecture"] == name
                and one["block"] == block and one["role"] == "arm"]
    return found


def run_of(folder, lines, **changes):
    for number, line in enumerate(lines):
        line["trial"] = number
    return load_run(write_run(folder, lines, plan__blocks=8, **changes))


def ratio(run, **options) -> Ratio:
    cell = run.arms[0].threads, run.arms[0].conditions
    over, under = ([arm for arm in run.compared if arm.architecture == name][0] for name in CELLS)
    return ratio_of(*(comparison.trials_at(run, arm, *cell) for arm in (over, under)), run,
                    **options)


@pytest.mark.parametrize("count, coverage, rank, exact", [
    (5, 0.95, 0, 0.0), (6, 0.95, 1, 0.96875), (7, 0.99, 0, 0.0), (8, 0.99, 1, 0.9921875),
    (8, 0.95, 1, 0.9921875), (9, 0.95, 2, 0.9609375), (12, 0.95, 3, 0.9614258),
    (1, 0.95, 0, 0.0)])
def test_an_interval_is_of_the_ranks_of_the_books(count, coverage, rank, exact):
    """Smallest to largest covers in 1 - 2 / 2^n; of nine it is the second to the eighth."""
    values = [float(value * value) for value in range(count)]
    found = median_interval(reversed(values), coverage)
    assert found.coverage == pytest.approx(exact)
    assert (found.low, found.high) == (values[max(rank - 1, 0)], values[count - max(rank, 1)])
    assert found.is_interval == (rank > 0) and found.values == count


def test_a_median_between_two_is_their_mean_and_of_nothing_there_is_none():
    assert median_interval([4.0, 1.0, 2.0, 3.0]).median == 2.5
    assert median_interval([]) is None


def test_how_an_interval_is_said():
    assert median_interval([1.0] * 9).text(unit="x") == "1.00x (1.00–1.00, 96.1 % interval)"
    assert median_interval([1.0, 1.5]).text() == "1.25 (1.00–1.50, a range)"


def test_a_ratio_is_of_the_same_block_and_not_of_the_medians(tmp_path):
    run = run_of(tmp_path, lines_of(over=lambda block: 1000.0 * (block + 1)))
    assert ratio(run).values == (1, 2, 3, 4, 5, 6, 7, 8)
    assert ratio(run).text() == "4.50x (1.00–8.00, 99.2 % interval) over 8 blocks: no difference " \
                                "shown"


def test_a_superseded_trial_is_in_no_ratio_and_its_verdict_in_no_count(tmp_path):
    lines = lines_of()
    spoilt = of(lines, OVER, 3)
    again = {**spoilt, "attempt": 2, "throughput_per_s": 3000.0}
    beside = {**of(lines, UNDER, 3), "attempt": 2}
    spoilt.update(verdict=["noisy_host"], verdict_details={"noisy_host": "invented"})
    found = ratio(run_of(tmp_path, [*lines, again, beside]))
    assert found.values == (2, 2, 2, 3, 2, 2, 2, 2) and not found.verdicts


@pytest.mark.parametrize("key, value", [("attempt", 2), ("session", 1)])
def test_neighbours_that_did_not_run_back_to_back_have_no_ratio(tmp_path, key, value):
    """One was run again without the other, or after the sweep had stopped and went on."""
    lines = lines_of()
    of(lines, OVER, 0)[key] = value
    found = ratio(run_of(tmp_path, lines))
    assert found.values == (2,) * 7 and found.blocks == 8 and not found.is_refused


def spoilt_in(blocks, verdict):
    return lambda name, threads, block: [verdict] if name == OVER and block in blocks else []


def test_blocks_that_the_host_spoilt_are_left_out_until_half_are_gone(tmp_path):
    most = ratio(run_of(tmp_path / "3", lines_of(verdict_of=spoilt_in(range(3), "noisy_host"))))
    assert len(most.values) == 5 and not most.is_refused and not most.interval.is_interval
    half = ratio(run_of(tmp_path / "4", lines_of(verdict_of=spoilt_in(range(4), "noisy_host"))))
    assert half.is_refused and not half.selects and not half.shows_difference
    assert half.text() == "no ratio: 4 of 8 blocks have both valid (noisy_host 4)"


@pytest.mark.parametrize("verdict", ["failed", "client_bound", "unsteady", "shared_cpus"])
def test_one_verdict_that_depends_on_the_answer_refuses_all(tmp_path, verdict):
    found = ratio(run_of(tmp_path, lines_of(verdict_of=spoilt_in([5], verdict))))
    assert found.selects and found.is_refused and len(found.values) == 7
    assert found.text() == f"no ratio: 7 of 8 blocks have both valid ({verdict} 1)"


def per_s(trial):
    return trial.throughput_per_s


@pytest.mark.parametrize("blocks, verdict, why", [
    ([], "failed", ""), (range(3), "noisy_host", ""),
    (range(4), "noisy_host", "no median: 4 of 8 valid (noisy_host 4)"),
    ([0], "client_late", "no median: 7 of 8 valid (client_late 1)"),
    (range(7), "client_late", "no median: 1 of 8 valid (client_late 7)")])
def test_a_median_is_told_by_the_rule_of_ratios(tmp_path, blocks, verdict, why):
    """The slowest blocks are those left out: their median would be that of the quick ones."""
    run = run_of(tmp_path, lines_of(over=lambda block: 1000.0 * (block + 1),
                                    verdict_of=spoilt_in(blocks, verdict)))
    over = [trial for trial in run.arms if trial.arm.architecture == OVER]
    assert comparison.why_no_median(over, per_s) == why
    found = comparison.told_median(over, per_s, run)
    if why:
        assert found is None
    else:
        assert found == median_interval([1000.0 * (block + 1) for block in range(len(blocks), 8)])


def test_a_median_that_one_valid_block_does_not_know_is_not_told(tmp_path):
    lines = at_a_rate(reuseport_loops=100_000, shared_reactor=400_000)
    of(lines, UNDER, 2)["latency_from_due_ns"]["p99"] = None
    run = run_of(tmp_path, lines, plan__mode="poisson", plan__rate=1000)
    over, under = ([trial for trial in run.arms if trial.arm.architecture == name]
                   for name in CELLS)
    assert comparison.told_median(over, comparison.compared_figure, run).median == 100_000
    assert comparison.told_median(under, comparison.compared_figure, run) is None
    assert comparison.why_no_median(under, comparison.compared_figure) \
        == "no median: not known in 1 of 8"
    assert comparison.told_median([], per_s, run) is None
    assert comparison.why_no_median([], per_s) == ""


def at_a_rate(**p99):
    lines = lines_of(mode="poisson", rate_per_s=1000)
    for name, value in p99.items():
        for block in range(8):
            of(lines, name, block)["latency_from_due_ns"]["p99"] = value
    return lines


def test_at_a_rate_p99s_are_compared_and_one_that_is_not_known_refuses(tmp_path):
    lines = at_a_rate(reuseport_loops=100_000, shared_reactor=400_000)
    rate = {"plan__mode": "poisson", "plan__rate": 1000}
    assert ratio(run_of(tmp_path / "known", lines, **rate)).values == (0.25,) * 8
    of(lines, UNDER, 2)["latency_from_due_ns"]["p99"] = None
    found = ratio(run_of(tmp_path / "not", lines, **rate))
    assert found.text() == "no ratio: 7 of 8 blocks have both valid (p99 not known 1)"


def test_a_throughput_of_nothing_is_called_no_p99(tmp_path):
    lines = lines_of()
    of(lines, UNDER, 2)["throughput_per_s"] = 0.0
    found = ratio(run_of(tmp_path, lines))
    assert found.text() == "no ratio: 7 of 8 blocks have both valid (figure not known 1)"


def test_with_until_ci_a_look_needs_more_blocks_for_an_interval(tmp_path):
    six = lines_of(blocks=6)
    usual = ratio(run_of(tmp_path / "usual", six))
    looks = ratio(run_of(tmp_path / "looks", six, plan__until_ci="2%"))
    assert usual.interval.is_interval and not looks.interval.is_interval


def with_aa(lines, factor_of):
    same = [{**of(lines, OVER, block), "role": "aa"} for block in range(8)]
    for line in same:
        line["throughput_per_s"] *= factor_of(line["block"])
    return [*lines, *same]


@pytest.mark.parametrize("factors, noise", [
    ([1.0] * 8, 1.0), ([1.04] * 8, 1.04), ([0.8] * 8, 1.25),
    ([0.98, 1.03, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0], 1.03),
    ([0.95, 1.03, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0], 1 / 0.95)])
def test_the_noise_is_the_far_end_of_the_same_arm_beside_itself(tmp_path, factors, noise):
    run = run_of(tmp_path, with_aa(lines_of(), factors.__getitem__))
    assert comparison.noise_of(run) == pytest.approx(noise)


def test_without_a_valid_aa_arm_the_noise_is_not_known(tmp_path):
    assert comparison.noise_of(run_of(tmp_path / "none", lines_of())) is None
    lines = with_aa(lines_of(), lambda block: 1.01)
    for line in lines[-8:]:
        line.update(verdict=["failed"], verdict_details={"failed": "invented"})
    assert comparison.noise_of(run_of(tmp_path / "failed", lines)) is None


def made(low, median, high, noise=None, verdicts=(), values=8):
    return Ratio((1.0,) * values, 8, Counter(verdicts),
                 Interval(low, median, high, 0.99, values), noise)


@pytest.mark.parametrize("found, shown", [
    (made(1.01, 1.05, 1.09), True), (made(0.91, 0.95, 0.99), True),
    (made(1.0, 1.05, 1.09), False), (made(0.9, 0.95, 1.0), False), (made(0.9, 1.05, 1.2), False),
    (made(1.01, 1.05, 1.09, noise=1.04), True), (made(1.01, 1.05, 1.09, noise=1.05), False),
    (made(0.91, 0.95, 0.99, noise=1.04), True), (made(0.91, 0.95, 0.99, noise=1.06), False),
    (made(1.01, 1.05, 1.09, verdicts=["failed"]), False),
    (made(1.01, 1.05, 1.09, verdicts=["noisy_host"]), True),
    (made(1.01, 1.05, 1.09, values=4), False)])
def test_a_difference_is_shown_beyond_1_and_beyond_the_noise(found, shown):
    assert found.shows_difference == shown
    assert found.text().endswith("blocks") == shown


@pytest.mark.parametrize("blocks", [1, 2, 3, 5])
def test_a_range_shows_no_difference_however_far_it_lies_from_1(tmp_path, blocks):
    """Of null blocks a range leaves out 1 in all, in half, in a quarter, in a sixteenth of runs."""
    lines = lines_of(blocks=blocks, over=lambda block: 1500.0 + block)
    for number, line in enumerate(lines):
        line["trial"] = number
    found = ratio(load_run(write_run(tmp_path, lines, plan__blocks=blocks)))
    assert found.interval.low == 1.5 and not found.shows_difference
    assert found.text().endswith(": no difference shown (too few blocks for an interval)")
    assert ("1.50x in the one block:" if blocks == 1 else "a range)") in found.text()


def test_the_headline_is_held_at_other_threads_too_and_not_where_a_side_is_missing(tmp_path):
    trials = [trial for trial in sweep(thread_counts=[1, 2, 4], ceiling_per_s=None,
                                       throughput_of=lambda name, threads, block:
                                       CELLS[name] * threads)
              if (trial["factors"]["architecture"], trial["factors"]["threads"]) != (UNDER, 4)]
    run = load_run(write_run(tmp_path, trials))
    assert comparison.headline_ratio(run).values == (2,) * 8
    assert comparison.headline_ratio(run, threads=2).values == (2,) * 8
    assert comparison.headline_ratio(run, threads=4) is None


def test_one_thing_is_told_at_the_headlines_cell_or_the_most_threads_that_are_valid(tmp_path):
    trials = sweep(thread_counts=[1, 2, 4], blocks=1, verdict_of=lambda name, threads, block:
                   ["shared_cpus"] if threads == 4 else [])
    run = load_run(write_run(tmp_path, trials))
    assert comparison.cell_told(run, lambda trial: True) == (1, run.conditions[0])
    assert comparison.cell_told(run, lambda trial: True, fewest=2) == (2, run.conditions[0])
    assert comparison.cell_told(run, lambda trial: not trial.is_valid) == (4, run.conditions[0])
    assert comparison.cell_told(run, lambda trial: False) is None


def test_ranks_and_coverages_are_the_binomials():
    """By counting: in how many of all 2^n ways to lie below the median is it outside?"""
    for count in range(1, 13):
        for rank in range(count // 2 + 1):
            below = [bin(ways).count("1") for ways in range(2**count)]
            inside = sum(rank <= one <= count - rank for one in below) / 2**count
            assert math.isclose(comparison.coverage_of_ranks(count, rank), inside)


def test_all_looks_of_a_sweep_together_keep_what_is_promised():
    """Of nine values the smallest to the largest cover 99.6 %: one look's, of many."""
    once, often = (median_interval(range(9), coverage) for coverage in (0.95, 0.99))
    assert (once.promised, once.kind) == (once.coverage, "96.1 % interval")
    assert often.coverage > 0.99 and (often.promised, often.kind) == (0.95, "95.0 % interval")
    assert often.text().endswith(", 95.0 % interval)")
    assert median_interval(range(5), 0.99).kind == "a range"
