"""The distribution is the median of the blocks' percentiles, and ends where they are not known."""

import statistics

import pytest

import style
from drawn import assert_texts_apart, drawn, figure_of, said
from hdr import decode, values_above
from latency_cases import latency_sweep
from latency_distribution import CHART, FLOOR_LABEL, draw, missing, percent_text, reading
from results import load_run
from synthetic_run import PUBLISHED, as_version_2, sweep, write_run
from wording import latency_text

HEADLINE = {"architecture": "reuseport_loops", "against": "shared_reactor", "threads": 1,
            "engine": "epoll", "against_engine": "epoll", "http2": "nghttp2",
            "against_http2": "nghttp2"}


def case(rates, **sweep_of) -> dict:
    """write_run's arguments."""
    several = len(rates) > 1
    return {"trials": latency_sweep(rates=rates, **sweep_of), "plan__mode": "poisson",
            "plan__rate": list(rates) if several else rates[0],
            "headline": {**HEADLINE, "rate": rates[-1]}}


def of_invalid(architecture, threads, block):
    return ["client_late"]


def one_bad(architecture, threads, block):
    return ["missed_rate"] if (architecture, block) == ("shared_reactor", 2) else []


def one_noisy(architecture, threads, block):
    return ["noisy_host"] if (architecture, block) == ("shared_reactor", 2) else []


CASES = {
    "three rates": case([2_000, 8_000, 20_000], blocks=3, verdict_of=one_noisy),
    "one block": case([2_000], blocks=1),
    "all invalid": case(["30%", "70%"], blocks=2, verdict_of=of_invalid),
    "ten architectures": case([8_000], architectures=list(style.ARCHITECTURES), blocks=2),
    "ten architectures, none valid, a long name": case(
        [8_000], architectures=[*style.ARCHITECTURES, "x" * 90], blocks=1, verdict_of=of_invalid),
    "all alike": case([8_000], blocks=2, latency=lambda *at: 100_000),
}


@pytest.fixture(scope="module", params=CASES)
def chart(request, tmp_path_factory):
    return drawn(draw, tmp_path_factory.mktemp("case") / "run", **CASES[request.param])


def medians_in(axes) -> dict:
    return {line.get_label(): line for line in axes.lines
            if not line.get_label().startswith("_")}


def test_no_text_overlaps_another_or_is_clipped(chart):
    assert_texts_apart(*chart[1:])


def test_each_line_is_the_median_over_valid_blocks_of_each_percentile(chart):
    run, figure, _ = chart
    for axes, conditions in zip(figure.axes, run.conditions):
        assert axes.get_xscale() == axes.get_yscale() == "log"
        assert axes.get_ylabel() == "latency from due (log)" and "log" in axes.get_xlabel()
        lines = medians_in(axes)
        for arm in run.compared:
            valid = [trial for trial in run.arms if trial.arm == arm and trial.is_valid
                     and trial.conditions == conditions]
            assert (arm.architecture in lines) == bool(valid)
            for share in (0.5, 0.1, 0.01) if valid else ():
                line = lines[arm.architecture]
                at = dict(zip(line.get_xdata(), line.get_ydata()))
                name = {0.5: "p50", 0.1: "p90", 0.01: "p99"}[share]
                (drawn_at,) = [y for x, y in at.items() if abs(x * share - 1) < 1e-9]
                assert drawn_at == statistics.median(
                    getattr(trial.from_due, name) for trial in valid)


def test_nothing_is_drawn_that_fewer_than_ten_requests_lie_above(chart):
    run, figure, _ = chart
    most = max(trial.from_due.count for trial in run.trials)
    xs = [x for axes in figure.axes for line in axes.lines
          if line.get_transform() == axes.transData for x in line.get_xdata() if x == x]
    assert 2 == min(xs) and max(xs) <= most / 10 < 1.2 * max(xs)


def test_blocks_that_are_not_valid_are_dotted_and_counted(tmp_path):
    run, figure, _ = drawn(draw, tmp_path, **CASES["three rates"])
    dotted = [line for axes in figure.axes for line in axes.lines if line.is_dashed()
              and line.get_transform() == axes.transData and line.get_label().startswith("_")
              and len(line.get_xdata())]
    assert {line.get_color() for line in dotted} == {style.ORANGE} and len(dotted) == 3
    assert [sum(y != y for y in line.get_ydata()) for line in dotted] == [1, 1, 1]
    assert "dotted, in no median: noisy_host (3 trials)" in said(figure)
    assert FLOOR_LABEL in medians_in(figure.axes[0])
    assert [axes.texts[0].get_text() for axes in figure.axes] == [
        "2,000 requests per second", "8,000 requests per second", "20,000 requests per second"]


def test_one_without_an_answer_ends_the_line(tmp_path):
    rates = case([2_000], unanswered=100)
    run, figure, _ = drawn(draw, tmp_path, **rates)
    for line in medians_in(figure.axes[0]).values():
        assert max(line.get_xdata()) <= (10_000 + 100) / 100


def test_a_closed_loop_is_told_from_sent(tmp_path):
    run = load_run(PUBLISHED / "20261126T174556Z-bench")
    figure, renderer = figure_of(draw, run)
    assert_texts_apart(figure, renderer)
    assert figure.axes[0].get_ylabel() == "latency from sent (log)"
    trial = next(trial for trial in run.arms
                 if trial.threads == 1 and trial.from_due.p50 != trial.from_sent.p50)
    drawn_values = {y for line in figure.axes[0].lines for y in line.get_ydata()}
    (half,) = values_above(decode(trial.from_sent.histogram), [0.5])
    assert half in drawn_values
    assert "p99 from sent at 1 server thread" in reading(run)


def test_what_has_no_histogram_is_not_drawn(tmp_path):
    of_version_1 = load_run(PUBLISHED / "20261123T172951Z-bench")
    assert missing(of_version_1).startswith("histogram of latencies: runs of version 1 kept none")
    failed = [as_version_2(line) for line in sweep(
        verdict_of=lambda *at: ["failed"], throughput_of=lambda *at: None, ceiling_per_s=None)]
    assert missing(load_run(write_run(tmp_path / "failed", failed))).startswith("trial with twenty")
    assert missing(load_run(write_run(tmp_path / "one", **CASES["one block"]))) == ""


def told(folder, **changes) -> str:
    return reading(load_run(write_run(folder, **{**case([2_000, 8_000], blocks=1), **changes})))


def test_the_reading_tells_who_is_sooner_and_by_how_much(tmp_path):
    slow = {"shared_reactor": 300_000, "reuseport_loops": 100_000}
    fixed = latency_sweep(rates=[2_000, 8_000], latency=lambda name, *at: slow.get(name, 9e4))
    text = told(tmp_path, trials=fixed)
    p99 = {line["factors"]["architecture"]: line["latency_from_due_ns"]["p99"] for line in fixed}
    assert text == (
        "The median over blocks of p99 from due at 1 server thread, at 8,000 requests per second: "
        f"reuseport_loops {latency_text(p99['reuseport_loops'])}, "
        f"shared_reactor {latency_text(p99['shared_reactor'])}. reuseport_loops against "
        "shared_reactor (below 1 is sooner): 0.33x (0.33\N{EN DASH}0.33, 96.9 % interval) "
        "over 6 blocks.")


def test_a_tie_is_no_difference_and_an_inversion_is_above_one(tmp_path):
    tie = latency_sweep(rates=[2_000, 8_000], latency=lambda *at: 100_000)
    assert ": no difference shown." in told(tmp_path / "tie", trials=tie)
    slow = {"reuseport_loops": 300_000}
    turned = latency_sweep(rates=[2_000, 8_000], latency=lambda name, *at: slow.get(name, 1e5))
    assert "(below 1 is sooner): 3.00x (3.00" in told(tmp_path / "turned", trials=turned)


def test_the_reading_says_what_it_left_out(tmp_path):
    text = told(tmp_path, trials=latency_sweep(rates=[2_000, 8_000], verdict_of=one_bad))
    assert "no ratio: 5 of 9 blocks have both valid (missed_rate 1)." in text
    assert text.endswith("1 of 12 trials is not valid, and in no median (missed_rate 1).")
    none = told(tmp_path / "none", trials=latency_sweep(rates=[2_000, 8_000], blocks=1,
                                                        verdict_of=of_invalid))
    assert "not known of any arm." in none


def test_a_line_without_its_largest_value_is_drawn_by_its_histogram(tmp_path):
    trials = latency_sweep(rates=[8_000], blocks=1)
    trials[0]["latency_from_due_ns"] = {**trials[0]["latency_from_due_ns"], "max": None}
    _, figure, _ = drawn(draw, tmp_path, **{**case([8_000], blocks=1), "trials": trials})
    assert "shared_reactor" in medians_in(figure.axes[0])


def test_percents_are_said_in_short():
    assert [percent_text(above) for above in (0.5, 0.1, 0.001, 1e-7)] == [
        "50 %", "90 %", "99.9 %", "99.99999 %"]
    assert [latency_text(ns) for ns in (
        7, 999.4, 1_234, 98_700, 999_600, 12_345_678, 3e9)] == [
        "7 ns", "999 ns", "1.23 µs", "98.7 µs", "1 ms", "12.3 ms", "3 s"]
    assert CHART.question.endswith("axis.")
