"""Where a plan asks several things of its servers, each has a panel of its own."""

import pytest

from drawn import assert_texts_apart, dots_of
from synthetic_run import sweep
from throughput_by_cores import CEILING_LABEL, CEILING_MARKER, CHART
from throughput_cases import CPU_COSTS, HANDLER_CASES, drawn
from trial import ASKED_NOTHING, Conditions


@pytest.mark.parametrize("case", HANDLER_CASES)
def test_no_text_of_panels_overlaps_another_or_is_clipped(tmp_path, case):
    assert_texts_apart(*drawn(tmp_path, **HANDLER_CASES[case])[1:])


def panel_headings(figure) -> list:
    return [[text.get_text() for text in axes.texts if text.get_weight() == "bold"]
            for axes in figure.axes]


def panel_medians(figure) -> list:
    """Of each panel: what its lines are called, to their medians by threads."""
    return [{line.get_label(): dict(zip(line.get_xdata(), line.get_ydata()))
             for line in axes.lines if not line.get_label().startswith("_")}
            for axes in figure.axes]


def test_each_handler_has_a_panel_in_which_its_trials_alone_are_drawn(tmp_path):
    run, figure, _ = drawn(tmp_path, **HANDLER_CASES["two conditions, a peer under one"])
    assert panel_headings(figure) == [["no CPU work in a call"], ["5us of CPU a call"]]
    free, dear = panel_medians(figure)
    assert set(free) - set(dear) == {"tonic"}
    for name in ("reuseport_loops", "shared_reactor"):
        assert dear[name][1] == pytest.approx(free[name][1] / 2)
    for axes, cost in zip(figure.axes, ("0ns", "5us")):
        drawn_values = sorted(dot.get_ydata()[0] for dot in dots_of(axes)
                              if dot.get_marker() != CEILING_MARKER)
        assert drawn_values == sorted(trial.throughput_per_s for trial in run.arms
                                      if trial.conditions.handler_cpu == cost)
    tops = {axes.get_ylim()[1] for axes in figure.axes}
    assert len(tops) == 1, "values so near each other have one scale"
    assert "of CPU a call" not in figure.texts[2].get_text(), "what varies is no subtitle"


def test_an_arm_looks_alike_in_every_panel(tmp_path):
    _, figure, _ = drawn(tmp_path, **HANDLER_CASES["two conditions, a peer under one"])
    first, second = ({line.get_label(): (line.get_color(), line.get_marker(),
                                         line.get_markersize())
                      for line in axes.lines if not line.get_label().startswith("_")}
                     for axes in figure.axes)
    assert second and all(first[name] == look for name, look in second.items())


def test_panels_far_apart_have_scales_of_their_own_and_say_so(tmp_path):
    trials = sweep(conditions=CPU_COSTS[:2], ceiling_per_s=None)
    for trial in trials:
        if trial["factors"]["handler_cpu"] == "5us":
            trial["throughput_per_s"] /= 10
    _, figure, _ = drawn(tmp_path, trials=trials, plan__handler_cpu=["0ns", "5us"])
    assert panel_headings(figure) == [["no CPU work in a call (its own scale)"],
                                      ["5us of CPU a call (its own scale)"]]
    tops = [axes.get_ylim()[1] for axes in figure.axes]
    assert tops[0] > 10 * tops[1] and all(axes.get_ylim()[0] == 0 for axes in figure.axes)


def test_of_several_handlers_one_that_has_run_is_named(tmp_path):
    trials = sweep(conditions=CPU_COSTS[1:2], blocks=1)
    _, figure, _ = drawn(tmp_path, trials=trials, plan__handler_cpu=["0ns", "5us"])
    assert panel_headings(figure) == [["5us of CPU a call"]]


def test_the_ceiling_stands_beside_plain_replies_alone(tmp_path):
    trials = sweep(conditions=[{"reply_bytes": 1000}, {"reply_bytes": 0}])
    run, figure, _ = drawn(tmp_path, trials=trials, plan__reply_bytes=[1000, 0])
    assert run.conditions == tuple(
        Conditions(**{**ASKED_NOTHING, "reply_bytes": size}) for size in (1000, 0))
    assert panel_headings(figure) == [["replies of 1000 bytes"], ["plain replies"]]
    assert [CEILING_LABEL in lines for lines in panel_medians(figure)] == [False, True]


def test_the_reading_names_the_headlines_panel_and_tells_the_others_ratio(tmp_path):
    trials = sweep(conditions=CPU_COSTS[:2], thread_counts=[1], ceiling_per_s=None,
                   throughput_of=lambda *at: 1000.0)
    for trial in trials:
        factors = trial["factors"]
        if factors["architecture"] == "reuseport_loops":
            trial["throughput_per_s"] *= 1.5 if factors["handler_cpu"] == "0ns" else 0.5
    run, _, _ = drawn(tmp_path, trials=trials, plan__handler_cpu=["0ns", "5us"])
    assert CHART.reading(run) == (
        "reuseport_loops against shared_reactor at 1 server thread, no CPU work in a call, "
        "requests per second: 1.50x (1.50–1.50, 99.2 % interval) over 8 blocks. Under the others: "
        "5us of CPU a call, 0.50x (0.50–0.50, 99.2 % interval) over 8 blocks.")
