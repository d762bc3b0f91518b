"""Latency by rate: medians over valid blocks at each rate, every block a dot, the floor beneath."""

import statistics

import pytest

import style
from drawn import assert_texts_apart, drawn, said
from latency_by_rate import FLOOR_LABEL, draw, missing, reading
from latency_cases import latency_sweep
from latency_distribution_test import case, of_invalid, one_bad, one_noisy
from results import load_run
from synthetic_run import PUBLISHED, write_run

PANELS = ("p50", "p99", "p999")
CASES = {
    "three rates": case([2_000, 8_000, 20_000], blocks=4, verdict_of=one_noisy),
    "shares": case(["30%", "50%", "70%"], blocks=1, ceiling=False),
    "all invalid": case(["30%", "70%"], blocks=2, verdict_of=of_invalid),
    "ten architectures, far apart": case([500, 2_000, 40_000], blocks=2,
                                         architectures=list(style.ARCHITECTURES)),
    "all alike": case([8_000, 9_000], blocks=2, latency=lambda *at: 100_000),
    "many rates": case([1_000 + 50 * i for i in range(64)], blocks=1),
}


@pytest.fixture(scope="module", params=CASES)
def chart(request, tmp_path_factory):
    return drawn(draw, tmp_path_factory.mktemp("case") / "run", **CASES[request.param])


def named(axes) -> dict:
    return {line.get_label(): line for line in axes.lines
            if not line.get_label().startswith("_")}


def test_no_text_overlaps_another_or_is_clipped(chart):
    assert_texts_apart(*chart[1:])


def test_lines_join_the_medians_of_the_valid_blocks_at_each_rate(chart):
    run, figure, _ = chart
    for axes, percentile in zip(figure.axes, PANELS):
        for arm in run.compared:
            expected = {}
            for trial in run.arms:
                value = getattr(trial.from_due, percentile)
                if trial.arm == arm and trial.is_valid and value is not None:
                    expected.setdefault(trial.rate_per_s, []).append(value)
            line = named(axes)[arm.architecture]
            assert {x: y for x, y in zip(line.get_xdata(), line.get_ydata()) if y == y} == {
                rate: statistics.median(values) for rate, values in expected.items()}


def test_every_block_is_a_dot_beside_its_rate_and_hollow_unless_valid(chart):
    run, figure, _ = chart
    looks = style.styles_of_arms(run.compared)
    rates = sorted({trial.rate_per_s for trial in run.arms})
    for axes, percentile in zip(figure.axes, PANELS):
        for arm, look in looks.items():
            dots = [line for line in axes.lines if line.get_marker() == look.marker
                    and line.get_linestyle() == "None" and line.get_transform() == axes.transData
                    and line.get_label().startswith("_")]
            found = sorted((y, line.get_markerfacecolor() == "none")
                           for line in dots for y in line.get_ydata())
            assert found == sorted(
                (getattr(trial.from_due, percentile), not trial.is_valid) for trial in run.arms
                if trial.arm == arm and getattr(trial.from_due, percentile) is not None)
            within = {(trial.rate_per_s, getattr(trial.from_due, percentile))
                      for trial in run.arms if trial.arm == arm}
            places = [axes.transData.transform((rate, 1e5))[0] for rate in rates]
            for x, y in ((x, y) for line in dots for x, y in line.get_xydata()):
                pixel = axes.transData.transform((x, y))[0]
                nearest = min(range(len(rates)), key=lambda i: abs(places[i] - pixel))
                assert (rates[nearest], y) in within and x != rates[nearest]


def test_all_panels_have_one_scale_and_say_that_it_is_log(chart):
    _, figure, _ = chart
    assert {axes.get_ylabel() for axes in figure.axes} == {"latency (log)"}
    assert len({axes.get_ylim() for axes in figure.axes}) == 1
    for axes in figure.axes:
        is_log = axes.get_xscale() == "log"
        assert axes.get_xlabel() == "offered rate (requests per second)" + ", log" * is_log
        assert is_log or axes.get_xlim()[0] == 0


def test_from_sent_is_beside_from_due_and_the_floor_beneath(tmp_path):
    run, figure, _ = drawn(draw, tmp_path, **CASES["three rates"])
    axes = figure.axes[1]
    floor = named(axes)[FLOOR_LABEL]
    assert list(floor.get_ydata()) == [statistics.median(
        trial.from_due.p99 for trial in run.ceilings if trial.rate_per_s == rate)
        for rate in (2_000, 8_000, 20_000)]
    sent = [statistics.median(trial.from_sent.p99 for trial in run.arms if trial.is_valid
                              and trial.arm.architecture == "shared_reactor"
                              and trial.rate_per_s == rate) for rate in (2_000, 8_000, 20_000)]
    (line,) = [line for line in axes.lines if list(line.get_ydata()) == sent]
    assert line.is_dashed() and line.get_alpha() < 1
    assert line.get_color() == named(axes)["shared_reactor"].get_color()
    assert "hollow: noisy_host (3 trials)" in said(figure)


def test_the_floor_is_that_of_the_arms_own_rate_and_threads(tmp_path):
    """A share is another rate under each handler and thread count: so are its floors."""
    trials = []
    for handler, threads, scale in (("0ns", 1, 4), ("0ns", 2, 8), ("20us", 1, 1), ("20us", 2, 2)):
        for line in latency_sweep(rates=["30%", "70%"], blocks=6, thread_counts=[threads]):
            factors = line["factors"]
            factors["rate_per_s"] = int(factors["rate_per_s"] * scale)
            if line["role"] == "ceiling":
                line["latency_from_due_ns"] = {**line["latency_from_due_ns"],
                                               "p50": 1_000 * factors["rate_per_s"]}
            else:
                factors["handler_cpu"] = handler
            line["cell"] += f"/{handler}/t{threads}/{factors['rate_per_s']}"
            line["trial"] = len(trials)
            trials.append(line)
    made = case(["30%", "70%"], blocks=6)
    made.update(trials=trials, plan__handler_cpu=["0ns", "20us"])
    made["headline"] = {**made["headline"], "threads": 2, "handler_cpu": "20us"}
    _, figure, _ = drawn(draw, tmp_path, **made)
    floor = named(figure.axes[0])[FLOOR_LABEL]
    assert list(floor.get_xdata()) == [24_000, 56_000]
    assert list(floor.get_ydata()) == [24_000_000, 56_000_000]


def test_a_named_rate_has_one_floor_for_all_thread_counts(tmp_path):
    trials = latency_sweep(rates=[2_000, 8_000], blocks=6)
    for line in trials:
        line["factors"]["threads"] = 4 if line["role"] == "ceiling" else 1
    _, figure, _ = drawn(draw, tmp_path, **{**case([2_000, 8_000], blocks=1), "trials": trials})
    assert list(named(figure.axes[0])[FLOOR_LABEL].get_xdata()) == [2_000, 8_000]


def test_shares_are_named_with_what_they_came_to(tmp_path):
    _, figure, _ = drawn(draw, tmp_path, **CASES["shares"])
    names = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert names == ["30%: 12,000", "50%: 20,000", "70%: 28,000"]
    assert "null responder" not in said(figure)


def test_a_percentile_that_one_valid_block_does_not_know_has_no_median(tmp_path):
    trials = latency_sweep(rates=[2_000, 8_000], blocks=3)
    trials[0]["latency_from_due_ns"]["p999"] = None
    _, figure, _ = drawn(draw, tmp_path, **{**case([2_000, 8_000], blocks=1), "trials": trials})
    ys = named(figure.axes[2])["shared_reactor"].get_ydata()
    assert [y == y for y in ys] == [False, True]
    assert "not known (trials): p99.9 1: with fewer than ten slower requests, or with" in (
        said(figure))


def test_without_two_rates_it_says_what_is_missing(tmp_path):
    said_so = "two rates: a plan of several has them (coresweep run latency)"
    for name in ("20261123T172951Z-bench", "20261126T174556Z-bench"):
        assert missing(load_run(PUBLISHED / name)) == said_so
    assert missing(load_run(write_run(tmp_path / "one", **case([2_000], blocks=1)))) == said_so
    run = load_run(write_run(tmp_path / "two", **case([2_000, 8_000], blocks=1)))
    assert missing(run) == ""


def told(folder, **changes) -> str:
    return reading(load_run(write_run(folder, **{**case([2_000, 8_000], blocks=1), **changes})))


def test_the_reading_has_a_ratio_at_each_rate(tmp_path):
    # Sooner at the low rate, later at the high one.
    latencies = {("reuseport_loops", 2_000): 50_000, ("reuseport_loops", 8_000): 400_000}
    trials = latency_sweep(rates=[2_000, 8_000],
                           latency=lambda name, rate, block: latencies.get((name, rate), 100_000))
    assert told(tmp_path / "turned", trials=trials) == (
        "p99 from due at 1 server thread, reuseport_loops against shared_reactor (below 1 is "
        "sooner): at 2,000 requests per second, 0.50x (0.50\N{EN DASH}0.50, 96.9 % interval) over "
        "6 blocks; at 8,000 requests per second, 4.00x (4.00\N{EN DASH}4.00, 96.9 % interval) "
        "over 6 blocks.")
    tie = latency_sweep(rates=[2_000, 8_000], latency=lambda *at: 100_000)
    assert told(tmp_path / "tie", trials=tie).count(": no difference shown") == 2


def test_the_reading_says_what_it_left_out_or_has_no_ratio_of(tmp_path):
    text = told(tmp_path / "one", trials=latency_sweep(rates=[2_000, 8_000], verdict_of=one_bad))
    assert text.count("no ratio: 5 of 9 blocks have both valid (missed_rate 1)") == 2
    assert text.endswith("2 of 24 trials are not valid, and in no median (missed_rate 2).")
    text = told(tmp_path / "none", headline=None)
    assert text.startswith("The median over blocks of p99 from due at 1 server thread, at 8,000 "
                           "requests per second: reuseport_loops ")
    assert "null" not in text
