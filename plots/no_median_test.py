"""Where leaving out trials would choose the quick ones, no chart has a median, and each says why.

The slowest block of one arm is not valid for a verdict that depends on what is measured.
"""

import pytest

import causes
import churn
import churn_test
import efficiency_by_cores
import fairness
import fairness_test
import implementations
import latency_by_rate
import latency_distribution
import protocol_weight
import protocol_weight_test
import throughput_by_cores
from drawn import assert_texts_apart, drawn, said
from latency_distribution_test import case as latency_case
from results import load_run
from synthetic_run import sweep, write_run

OVER = "reuseport_loops"
BLOCKS = 6


def late(*at) -> list:
    """Of any chart's invented trials: the architecture first, and the block after the threads."""
    name, block = at[0], at[3] if at[1] in protocol_weight_test.HTTP2 else at[2]
    return ["client_late"] if name == OVER and block == 5 else []


def of_sweep(**more) -> dict:
    return dict(trials=sweep(blocks=BLOCKS, verdict_of=late, **more))


WHY = "5 of 6 valid (client_late 1)"
CHARTS = {
    throughput_by_cores: of_sweep(),
    efficiency_by_cores: of_sweep(),
    causes: of_sweep(thread_counts=[1]),
    fairness: dict(trials=fairness_test.sharing(
        sweep(blocks=BLOCKS, verdict_of=late, thread_counts=[2]), fairness_test.uneven)),
    churn: churn_test.case(blocks=BLOCKS, verdict_of=late, conditions=churn_test.CONDITIONS[:1]),
    latency_by_rate: latency_case([2_000, 8_000], blocks=BLOCKS, verdict_of=late),
    latency_distribution: latency_case([8_000], blocks=BLOCKS, verdict_of=late),
    implementations: of_sweep(peers=["tonic"]),
    protocol_weight: protocol_weight_test.case(protocol_weight_test.HIDDEN, (10,), BLOCKS,
                                               verdict_of=late),
}


def medians_in(figure) -> set:
    """The names of lines that join medians, or are one."""
    return {line.get_label().split(",")[0] for axes in figure.axes for line in axes.lines
            if not line.get_label().startswith("_")
            and any(y == y for y in line.get_ydata()) and line.get_transform() == axes.transData}


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.__name__)
def test_no_median_is_of_chosen_trials(chart, tmp_path):
    run, figure, renderer = drawn(chart.draw, tmp_path, **CHARTS[chart])
    assert_texts_apart(figure, renderer)
    assert sum(not trial.is_valid for trial in run.arms) >= 1
    assert WHY in said(figure)
    if chart not in (causes, fairness, efficiency_by_cores):
        medians = medians_in(figure)
        assert OVER not in medians and "shared_reactor" in medians
    assert "client_late" in chart.reading(run)


def test_which_cell_has_none_is_told_with_its_conditions(tmp_path):
    trials = sweep(blocks=BLOCKS, thread_counts=[1],
                   conditions=[{"handler_cpu": "0ns"}, {"handler_cpu": "5us"}])
    for trial in trials:
        asked = trial["factors"]
        if (asked["handler_cpu"], trial["block"], asked["architecture"]) == ("5us", 0, OVER):
            trial.update(verdict=["unsteady"], verdict_details={"unsteady": "invented"})
    for chart in (throughput_by_cores, efficiency_by_cores):
        _, figure, renderer = drawn(chart.draw, tmp_path / chart.__name__, trials=trials,
                                    plan__handler_cpu=["0ns", "5us"])
        assert_texts_apart(figure, renderer)
        assert (f"{OVER}, 1 thread, 5us of CPU a call: no median: 5 of 6 valid (unsteady 1)"
                in said(figure))
    assert "dashed: no median; as high as that of all trials, valid or not" in said(figure)


@pytest.mark.parametrize("chart", [causes, fairness], ids=lambda chart: chart.__name__)
def test_beside_a_row_no_median_is_written(chart, tmp_path):
    run, figure, _ = drawn(chart.draw, tmp_path, **CHARTS[chart])
    for axes in figure.axes:
        first, second = [text.get_text() for text in axes.texts[1:]][:2]
        assert first == "no median" and second not in ("no median", "not valid")
    assert f"No median is told of {OVER} ({WHY})." in chart.reading(run)


@pytest.mark.parametrize("chart", [causes, efficiency_by_cores, fairness],
                         ids=lambda chart: chart.__name__)
def test_where_no_arm_has_one_the_reading_says_so(chart, tmp_path):
    half = fairness_test.sharing(sweep(blocks=4, thread_counts=[2], verdict_of=lambda *at:
                                       ["noisy_host"] if at[2] < 2 else []), fairness_test.alike)
    run = load_run(write_run(tmp_path, half))
    told = chart.reading(run)
    assert told.startswith("At 2 server threads nothing has a median. No median is told of "
                           f"{OVER} (2 of 4 valid (noisy_host 2)), shared_reactor (2 of 4 valid")


def test_a_stack_of_cpu_time_is_hollow_without_a_figure(tmp_path):
    run, figure, _ = drawn(efficiency_by_cores.draw, tmp_path, **CHARTS[efficiency_by_cores])
    hollow = [bars for bars in figure.axes[0].containers if bars.get_label() == "_not valid"]
    assert [len(bars) for bars in hollow] == [2]
    assert len(figure.axes[0].texts) == 2 + len({"server CPUs end here"})
    assert f"No median is told of {OVER} ({WHY})." in efficiency_by_cores.reading(run)
    assert f"with {OVER}" not in efficiency_by_cores.reading(run)
