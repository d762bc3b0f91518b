"""Ratios by cores: what is drawn is what the comparison is, and what is refused says why."""

from functools import partial

import pytest

import comparison
import drawn as drawing
import style
from drawn import division, is_hollow, said, shared_beyond
from ratio_by_cores import CHART, OWN_COST, draw, missing, reading
from results import load_run
from synthetic_run import as_version_2, sweep, write_run

OVER, UNDER = "reuseport_loops", "shared_reactor"
drawn = partial(drawing.drawn_apart, draw)


def times(*factors):
    """throughput_of: OVER answers that many times UNDER's at 1, 2, 4 ... threads."""
    def throughput(name, threads, block):
        factor = factors[threads.bit_length() - 1] if name == OVER else 1.0
        return 1000.0 * threads * factor * (1.01 if name == OVER and block % 2 else 1.0)
    return throughput


def with_noise(trials, spread=1.03):
    """As version 2, with an A/A arm that lies up to `spread` from the headline's at 1 thread."""
    lines = [as_version_2(trial) for trial in trials]
    for trial in [one for one in lines if one["role"] == "arm"
                  and one["factors"]["architecture"] == OVER and one["factors"]["threads"] == 1]:
        factor = spread if trial["block"] % 2 else 1 / spread
        lines.append({**trial, "role": "aa", "trial": len(lines),
                      "throughput_per_s": trial["throughput_per_s"] * factor})
    return lines


def medians_of(figure, name, panel=0):
    (line,) = [one for one in figure.axes[panel].lines if one.get_label() == name]
    return {x: y for x, y in zip(line.get_xdata(), line.get_ydata()) if y == y}


def dots_of(figure, run, arm, panel=0):
    look = style.styles_of_arms(run.compared)[arm]
    return [dot for dot in drawing.dots_of(figure.axes[panel]) if dot.get_marker() == look.marker]


EDGES = {
    "one block, one count": dict(trials=sweep(thread_counts=[1], blocks=1)),
    "everything invalid": dict(trials=sweep(verdict_of=shared_beyond(0))),
    "nothing measured": dict(trials=sweep(verdict_of=lambda *at: ["failed"],
                                          throughput_of=lambda *at: None, ceiling_per_s=None)),
    "64 counts": dict(trials=sweep(thread_counts=list(range(1, 65)), blocks=2),
                      cpu_division=division(64, 32), machine__numa_nodes=4),
    "ten architectures": dict(trials=sweep(
        architectures=list(style.ARCHITECTURES), thread_counts=[1, 2, 4, 8], blocks=6,
        verdict_of=shared_beyond(4)), cpu_division=division(4, 2)),
    "panels, a peer under one": dict(
        trials=sweep(conditions=[{"handler_cpu": "0ns"}, {"handler_cpu": "5us"}], peers=["tonic"],
                     blocks=2), plan__handler_cpu=["0ns", "5us"], plan__peers=["peers/a"]),
}


@pytest.mark.parametrize("case", EDGES)
def test_no_text_overlaps_another_or_is_clipped(tmp_path, case):
    run, figure = drawn(tmp_path, **EDGES[case])
    assert CHART.reading(run).endswith(".") and len(figure.axes) == len(run.conditions)


def test_medians_blocks_and_noise_are_those_of_the_comparison(tmp_path):
    trials = with_noise(sweep(thread_counts=[1, 2, 4], throughput_of=times(1, 1.5, 2)))
    run, figure = drawn(tmp_path, trials=trials, cpu_division=division(8, 8))
    ratios = {threads: comparison.headline_ratio(run, threads) for threads in (1, 2, 4)}
    assert medians_of(figure, OVER) == {
        threads: ratio.interval.median for threads, ratio in ratios.items()}
    dots = dots_of(figure, run, run.headline.over)
    assert sorted(line.get_ydata()[0] for line in dots) == sorted(
        value for ratio in ratios.values() for value in ratio.values)
    assert not any(map(is_hollow, dots))
    (band,) = figure.axes[0].patches
    # A polygon of matplotlib 3.6 is a rectangle of 3.10's.
    outline = band.get_patch_transform().transform_path(band.get_path())
    assert list(outline.get_extents().intervaly) == pytest.approx(
        [1 / comparison.noise_of(run), comparison.noise_of(run)])
    assert "A/A: the same arm beside itself at 1 thread, within 1.030x" in said(figure)
    assert OWN_COST in said(figure) and f"{UNDER}: 1" in said(figure)
    axes = figure.axes[0]
    assert axes.get_ylim()[0] == 0 and axes.get_yscale() == "linear"
    assert axes.get_ylabel() == f"requests per second, times {UNDER}'s"


def test_the_band_of_the_same_arm_is_drawn_where_it_was_measured_alone(tmp_path):
    """Its A/A trials ran without CPU work in a call: of 5 us a call they say nothing."""
    made = sweep(thread_counts=[1], conditions=[{"handler_cpu": "0ns"}, {"handler_cpu": "5us"}])
    lines = [as_version_2(trial) for trial in made]
    same = [{**line, "role": "aa", "throughput_per_s": 1.02 * line["throughput_per_s"]}
            for line in lines if line["factors"]["architecture"] == OVER
            and line["role"] == "arm" and line["factors"]["handler_cpu"] == "0ns"]
    for number, line in enumerate(lines + same):
        line["trial"] = number
        line["cell"] += line["factors"]["handler_cpu"]
    _, figure = drawn(tmp_path, trials=lines + same, plan__handler_cpu=["0ns", "5us"])
    assert [len(axes.patches) for axes in figure.axes] == [1, 0]
    assert "A/A was measured under no CPU work in a call alone" in said(figure)


def test_a_refused_ratio_is_hollow_with_why_and_has_no_median(tmp_path):
    run, figure = drawn(tmp_path, trials=sweep(
        throughput_of=times(1, 2), verdict_of=lambda name, threads, block:
        ["client_bound"] if threads == 2 and name == OVER and block < 2 else []))
    assert list(medians_of(figure, OVER)) == [1]
    dots = dots_of(figure, run, run.headline.over)
    assert sorted((round(line.get_xdata()[0]), is_hollow(line)) for line in dots) == (
        [(1, False)] * 8 + [(2, True)] * 8)
    assert ("hollow: no ratio (1 of 2): 6 of 8 blocks have both valid (client_bound 2)"
            in said(figure))


def test_blocks_that_the_host_spoilt_are_hollow_and_in_no_median(tmp_path):
    run, figure = drawn(tmp_path, trials=sweep(
        thread_counts=[1], throughput_of=times(1), verdict_of=lambda name, threads, block:
        ["noisy_host"] if name == UNDER and block == 3 else []))
    assert sum(map(is_hollow, dots_of(figure, run, run.headline.over))) == 1
    assert "hollow: 1 block with a trial that the host spoilt, left out" in said(figure)
    assert "no valid A/A trials: how far an arm lies from itself is not known" in said(figure)


def test_other_arms_are_held_against_the_same_one(tmp_path):
    _, figure = drawn(tmp_path, trials=sweep(
        architectures=[OVER, UNDER, "shared_epoll"], throughput_of=lambda name, threads, block:
        {OVER: 200.0, UNDER: 100.0, "shared_epoll": 50.0}[name]))
    assert medians_of(figure, "shared_epoll") == {1: 0.5, 2: 0.5}
    assert not [line for line in figure.axes[0].lines if line.get_label() == UNDER]
    assert f"{OVER} 2.00x (2.00–2.00) at 2" in said(figure)


def test_where_even_one_thread_shares_cpus_nothing_is_said_to_be_its_own_cost(tmp_path):
    run, figure = drawn(tmp_path, trials=sweep(verdict_of=shared_beyond(0)))
    assert OWN_COST not in said(figure) and "own cost" not in reading(run)


def test_at_a_rate_the_p99s_are_compared(tmp_path):
    trials = [as_version_2(trial, mode="poisson", rate_per_s=5000) for trial in sweep()]
    for trial in trials:
        if trial["factors"]["architecture"] == OVER:
            trial["latency_from_due_ns"]["p99"] = 200000
    _, figure = drawn(tmp_path, trials=trials, plan__mode="poisson", plan__rate=5000)
    assert medians_of(figure, OVER) == {1: 0.5, 2: 0.5}
    assert figure.axes[0].get_ylabel() == f"p99 from due, times {UNDER}'s (less is better)"


def reading_of(folder, **case):
    return reading(load_run(write_run(folder, **case)))


def test_the_reading_of_a_difference_a_tie_and_an_inversion(tmp_path):
    """At 1 thread below, at 2 alike, at 4 above, at 8 refused."""
    text = reading_of(tmp_path, trials=with_noise(sweep(
        thread_counts=[1, 2, 4, 8], throughput_of=times(0.8, 0.995, 2, 3),
        verdict_of=shared_beyond(4)), 1.02),
        headline={**HEADLINE, "threads": 4})
    assert text == (
        "reuseport_loops against shared_reactor at 4 server threads, requests per second: 2.01x "
        "(2.00–2.02, 99.2 % interval) over 8 blocks. At 1 thread, where nothing contends, the "
        "runtime's own cost: 0.80x (0.80–0.81, 99.2 % interval) over 8 blocks. By server threads, "
        "reuseport_loops against shared_reactor: ahead at 4 (2.01x), behind at 1 (0.80x), no "
        "difference is shown at 2, there is no ratio at 8.")


def test_the_reading_of_many_counts_has_spans_and_where_the_one_is_farthest(tmp_path):
    """At 1 to 3 of 64 counts behind, at 4 alike, then ever farther ahead, but for two counts."""
    def throughput(name, threads, block):
        factor = {4: 1.0, 20: 0.9, 21: 0.7}.get(threads, 0.5 if threads < 4 else 1 + threads / 50)
        return 1000.0 * threads * (factor if name == OVER else 1.0)
    text = reading_of(tmp_path, trials=sweep(thread_counts=list(range(1, 65)), blocks=6,
                                             throughput_of=throughput, ceiling_per_s=None),
                      cpu_division=division(128, 64))
    assert text.endswith(
        "ahead at 5 to 19 and 22 to 64 (up to 2.28x at 64), behind at 1 to 3, 20 and 21 (down to "
        "0.50x at 1), no difference is shown at 4.")


def test_the_reading_of_counts_that_alternate_stays_short(tmp_path):
    text = reading_of(tmp_path, trials=sweep(
        thread_counts=list(range(1, 41)), blocks=6, ceiling_per_s=None,
        throughput_of=lambda name, threads, block: 2.0 if name == OVER and threads % 2 else 1.0),
        cpu_division=division(128, 64))
    assert text.endswith("ahead at 20 counts from 1 to 39 (up to 2.00x at 1), no difference is "
                         "shown at 20 counts from 2 to 40.")


def test_at_a_rate_less_is_ahead(tmp_path):
    trials = [as_version_2(trial, mode="poisson", rate_per_s=5000) for trial in sweep()]
    for trial in trials:
        if trial["factors"]["architecture"] == OVER:
            trial["latency_from_due_ns"]["p99"] = (200_000 if trial["factors"]["threads"] == 1
                                                   else 800_000)
    text = reading_of(tmp_path, trials=trials, plan__mode="poisson", plan__rate=5000)
    assert "ahead at 1 (0.50x), behind at 2 (2.00x)." in text


HEADLINE = {"architecture": OVER, "engine": "epoll", "http2": "nghttp2", "against": UNDER,
            "against_engine": "epoll", "against_http2": "nghttp2", "connections": 64,
            "streams": 10, "rate": None, "requests_per_connection": None, "handler_cpu": "0ns",
            "handler_wait": "0ns", "reply_bytes": 0, "stall_thread": None}


def test_the_reading_counts_other_arms_and_says_that_nobody_named_them(tmp_path):
    names = [OVER, UNDER, "shared_epoll", "dealt_loops"]
    text = reading_of(tmp_path, trials=sweep(
        architectures=names, throughput_of=lambda name, *at: 300.0 if name == "dealt_loops"
        else 100.0))
    assert "over 8 blocks: no difference shown." in text
    assert text.endswith("Of 2 other arms at 1 server thread, not named beforehand: 1 shows a "
                         "difference (dealt_loops 3.00x), 1 shows no difference.")


def reading_of_costs(folder, factor_of, thread_counts, **case):
    """OVER answers factor_of(cost of a call, threads) times what UNDER does."""
    costs = ["0ns", "5us", "50us"]
    trials = sweep(thread_counts=thread_counts, conditions=[{"handler_cpu": one} for one in costs],
                   ceiling_per_s=None, throughput_of=lambda *at: 1000.0)
    for trial in trials:
        factors = trial["factors"]
        if factors["architecture"] == OVER:
            trial["throughput_per_s"] *= factor_of(factors["handler_cpu"], factors["threads"])
    return reading_of(folder, trials=trials, plan__handler_cpu=costs,
                      cpu_division=division(16, 8), **case)


def test_the_reading_names_its_panel_and_tells_each_of_a_few_others(tmp_path):
    factors = {"0ns": 1.5, "5us": 1.0, "50us": 0.5}
    text = reading_of_costs(tmp_path, lambda cost, threads: factors[cost], [1])
    assert text.startswith(
        "reuseport_loops against shared_reactor at 1 server thread, no CPU work in a call, "
        "requests per second: 1.50x (1.50–1.50, 99.2 % interval) over 8 blocks.")
    assert text.endswith(
        "Under the others: 5us of CPU a call, 1.00x (1.00–1.00, 99.2 % interval) over 8 blocks: no "
        "difference shown; 50us of CPU a call, 0.50x (0.50–0.50, 99.2 % interval) over 8 blocks.")


def test_the_reading_counts_many_cells_of_other_panels_by_who_is_ahead(tmp_path):
    def factor(cost, threads):
        return {"0ns": 1.5, "5us": 1.0 + 0.1 * (threads - 1), "50us": 0.5}[cost]
    text = reading_of_costs(tmp_path, factor, [1, 2, 4])
    assert ("By server threads (no CPU work in a call), reuseport_loops against shared_reactor: "
            "ahead at 1 (1.50x), 2 (1.50x) and 4 (1.50x)." in text)
    assert text.endswith(
        "Of 6 other cells, reuseport_loops against shared_reactor: ahead in 2 (the farthest, 5us "
        "of CPU a call at 4 threads: 1.30x), behind in 3 (the farthest, 50us of CPU a call at 1 "
        "thread: 0.50x), no difference is shown in 1.")


def test_without_a_headline_or_a_pair_it_is_missing_and_the_plan_is_named(tmp_path):
    def missing_of(name, **case):
        return missing(load_run(write_run(tmp_path / name, **case)))

    text = "comparison: a plan with a headline has one, of trials of both its sides"
    assert missing_of("none", trials=sweep(), headline=None).startswith(text)
    assert missing_of("one side", trials=sweep(architectures=[OVER])).startswith(text)
    assert missing_of("both", trials=sweep()) == ""
