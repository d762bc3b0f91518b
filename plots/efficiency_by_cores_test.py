"""CPU time a request: each part as high as it was measured, and no figure that was not."""

import statistics
from functools import partial

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

import drawn as drawing
import style
from cpu_time import machine_of, total_of
from drawn import division, said, shared_beyond
from efficiency_by_cores import CHART, counts_drawn, draw, missing, reading
from results import load_run
from synthetic_run import sweep, write_run

OVER, UNDER = "reuseport_loops", "shared_reactor"
HEADLINE = {"architecture": OVER, "against": UNDER}
drawn = partial(drawing.drawn_apart, draw)


def ticks_of(figure) -> list[int]:
    return [int(label.get_text()) for axes in figure.axes for label in axes.get_xticklabels()]


def costing(trials, user_us, system_us, softirq_us=1.0):
    """`trials` with that CPU time a request: each a figure, or of (architecture, block)."""
    for trial in trials:
        server, rate = trial["server"], trial["throughput_per_s"]
        if server is None:
            continue
        at = trial["factors"]["architecture"], trial["block"]
        answered = sum(thread["requests"] for thread in server["threads"])
        for key, cost in (("cpu_user_s", user_us), ("cpu_system_s", system_us)):
            server[key] = (cost(*at) if callable(cost) else cost) * answered / 1e6
        for cpu in trial["machine_cpu"]["per_cpu"]:
            cpu.update(user_s=0.0, system_s=0.0)
            cpu["softirq_s"] = softirq_us * rate * trial["machine_cpu"]["window_s"] / 1e6 / 2
    return trials


def patches_of(figure, label, panel=0):
    return [bar for bars in figure.axes[panel].containers if bars.get_label() == label
            for bar in bars]


def heights_of(figure, label):
    return [pytest.approx(bar.get_height(), rel=1e-4) for bar in patches_of(figure, label)]


EDGES = {
    "one block, one count": dict(trials=sweep(thread_counts=[1], blocks=1)),
    "everything invalid": dict(trials=sweep(verdict_of=shared_beyond(0), blocks=3)),
    "64 counts": dict(trials=sweep(thread_counts=list(range(1, 65)), blocks=1,
                                   verdict_of=shared_beyond(60)),
                      cpu_division=division(60, 30)),
    "64 counts, ten architectures": dict(
        trials=sweep(list(style.ARCHITECTURES), list(range(1, 65)), blocks=1),
        cpu_division=division(60, 30)),
    "ten architectures, a failed one": dict(trials=sweep(
        architectures=list(style.ARCHITECTURES), thread_counts=[1, 2, 4, 8, 16], blocks=2,
        verdict_of=lambda name, threads, block:
        ["failed"] if (name, threads) == ("steered_loops", 16) else [],
        throughput_of=lambda name, threads, block:
        None if (name, threads) == ("steered_loops", 16) else 1000.0 * threads)),
    "panels, two http2, a peer": dict(
        trials=sweep(conditions=[{"handler_cpu": "0ns"}, {"handler_cpu": "5us"}], peers=["tonic"],
                     http2=["lean", "nghttp2"], blocks=2),
        plan__handler_cpu=["0ns", "5us"], plan__http2=["lean", "nghttp2"]),
}
TOO_MANY = {"64 counts", "64 counts, ten architectures"}
DOUBLINGS = [1, 2, 4, 8, 16, 30, 32, 60, 64]


@pytest.mark.parametrize("case", EDGES)
def test_no_text_overlaps_another_or_is_clipped(tmp_path, case):
    run, figure = drawn(tmp_path, **EDGES[case])
    assert CHART.reading(run).endswith(".")
    counts = DOUBLINGS if case in TOO_MANY else list(run.thread_counts)
    assert ticks_of(figure) == counts * len(run.conditions), "each once in each panel, in order"
    told = "not drawn, for want of room: 55 counts from 3 to 63 threads; trials.jsonl has them"
    assert (told in said(figure)) == (case in TOO_MANY)
    assert figure.get_figheight() < 20


def test_thread_counts_are_left_out_whatever_was_measured_there(tmp_path):
    """But for those that the headline is of and where CPUs end, by doublings of the first."""
    case = dict(EDGES["64 counts"], headline={**HEADLINE, "threads": 23})
    run, figure = drawn(tmp_path, **case)
    assert ticks_of(figure) == [1, 2, 4, 8, 16, 23, 30, 32, 60, 64]
    assert f"At {run.headline.threads} server threads" in CHART.reading(run)
    assert counts_drawn(run, range(3, 65, 3), 6) == {3, 24, 30, 48, 60, 63}


def test_stacks_are_as_high_as_the_cpu_time_and_the_figure_is_its_inverse(tmp_path):
    _, figure = drawn(tmp_path, trials=costing(sweep(thread_counts=[1]), 3.0, 5.0, 2.0))
    assert heights_of(figure, "_user") == [3.0, 3.0]
    assert heights_of(figure, "_system") == [5.0, 5.0]
    assert [bar.get_y() for bar in patches_of(figure, "_system")] == [pytest.approx(3)] * 2
    assert heights_of(figure, "_softirq") == [2.0, 2.0]
    assert [bar.get_y() for bar in patches_of(figure, "_softirq")] == [0, 0]
    assert [text.get_text() for text in figure.axes[0].texts] == ["125 k", "125 k"]
    assert figure.axes[0].get_ylabel() == "CPU time a request (µs)"
    assert figure.axes[0].get_ylim()[0] == 0


def test_every_block_is_a_dot_and_the_stack_is_the_median_of_the_sums(tmp_path):
    run, figure = drawn(tmp_path, trials=costing(
        sweep(architectures=[OVER], thread_counts=[1], blocks=5),
        lambda name, block: 1.0 + block ** 2, lambda name, block: 9.0 - block))
    totals = [total_of(trial) for trial in run.arms]
    dots = [dot.get_ydata()[0] for dot in drawing.dots_of(figure.axes[0])]
    assert sorted(dots) == sorted(totals)
    (user,), (system,) = (patches_of(figure, name) for name in ("_user", "_system"))
    assert user.get_height() + system.get_height() == pytest.approx(
        statistics.median(totals))


def test_what_is_not_valid_is_hollow_dashed_and_without_a_figure(tmp_path):
    _, figure = drawn(tmp_path, trials=costing(sweep(verdict_of=shared_beyond(1)), 3, 5))
    assert len(patches_of(figure, "_user")) == len(patches_of(figure, "_not valid")) == 2
    assert sum(text.get_text() == "125 k" for text in figure.axes[0].texts) == 2
    assert "hollow: shared_cpus (16 trials)" in said(figure)
    assert "server CPUs end here" in said(figure)


def test_panels_far_apart_have_scales_of_their_own_and_say_so(tmp_path):
    conditions = [{"handler_cpu": "0ns"}, {"handler_cpu": "50us"}]
    trials = costing(sweep(conditions=conditions, blocks=1), 3.0, 5.0)
    for trial in trials:
        if trial["factors"]["handler_cpu"] == "50us":
            trial["server"]["cpu_user_s"] *= 20
    _, figure = drawn(tmp_path, trials=trials, plan__handler_cpu=["0ns", "50us"])
    tops = [axes.get_ylim()[1] for axes in figure.axes]
    assert tops[1] > 6 * tops[0] and said(figure).count("(its own scale)") == 2


def test_without_softirq_or_cpu_time_there_is_no_word_of_it(tmp_path):
    trials = sweep(blocks=2)
    for trial in trials:
        trial["machine_cpu"] = None
    run, figure = drawn(tmp_path / "no machine", trials=trials)
    assert not patches_of(figure, "_softirq") and "softirq" not in said(figure)
    failed = load_run(write_run(tmp_path / "failed", sweep(
        verdict_of=lambda *at: ["failed"], throughput_of=lambda *at: None, ceiling_per_s=None)))
    assert missing(failed).startswith("CPU time of a server")


@pytest.mark.parametrize("names", [[OVER], [OVER, UNDER], list(style.ARCHITECTURES)], ids=len)
def test_thread_counts_stand_under_the_middle_of_their_bars_and_touch_no_mark(tmp_path, names):
    _, figure = drawn(tmp_path, trials=costing(sweep(names, [1, 2], blocks=1), 3, 5),
                      headline=None)
    (axes,) = figure.axes
    renderer = FigureCanvasAgg(figure).get_renderer()
    labels = [text.get_window_extent(renderer) for text in axes.get_xticklabels()]
    edges = sorted(place for label in ("_user", "_softirq")
                   for bar in patches_of(figure, label)
                   for place in (bar.get_x(), bar.get_x() + bar.get_width()))
    half = len(edges) // 2
    for label, group in zip(labels, (edges[:half], edges[half:])):
        middle = axes.transData.transform(((group[0] + group[-1]) / 2, 0))[0]
        assert (label.x0 + label.x1) / 2 == pytest.approx(middle, abs=1)
    marks = [line for line in axes.lines if line.get_label() == "_whose"]
    assert len(marks) == len(names)
    lowest = min(line.get_window_extent(renderer).y0 for line in marks)
    assert max(label.y1 for label in labels) < lowest
    left, right = axes.get_xlim()
    assert (edges[0] - left) == pytest.approx(right - edges[-1]), "in the middle"


def reading_of(folder, **case):
    return reading(load_run(write_run(folder, **case)))


def test_the_reading_of_a_difference_and_what_was_left_out(tmp_path):
    trials = costing(sweep(verdict_of=shared_beyond(1)),
                     lambda name, block: 2.0 if name == OVER else 4.0, 2.0)
    assert reading_of(tmp_path, trials=trials) == (
        "At 1 server thread a request takes, of the server's CPU time in the median, 4 µs with "
        "reuseport_loops, 6 µs with shared_reactor. Of all CPUs, with the load generator's work: "
        "1 µs with reuseport_loops, 1 µs with shared_reactor. reuseport_loops against "
        "shared_reactor, CPU time a request: 0.67x (0.67–0.67, 99.2 % interval) over 8 blocks. 16 "
        "of 32 trials are not valid, and in no median (shared_cpus 16).")


def test_the_machines_time_is_of_all_its_cpus_and_kinds(tmp_path):
    """Two CPUs that each spend 3 + 4 + 5 + 6 in the window, by what was answered in it."""
    trials = sweep(thread_counts=[1], throughput_of=lambda *at: 1000.0, ceiling_per_s=None)
    for trial in trials:
        for cpu in trial["machine_cpu"]["per_cpu"]:
            cpu.update(user_s=0.003, system_s=0.004, softirq_s=0.005, irq_s=0.006)
    run = load_run(write_run(tmp_path, trials=trials))
    assert [machine_of(trial) for trial in run.arms] == [
        pytest.approx(1e6 * 2 * 0.018 / 2500)] * len(run.arms)
    assert "the load generator's work: 14.4 µs with reuseport_loops, 14.4 µs wit" in reading(run)


def test_the_reading_of_a_tie_shows_no_difference(tmp_path):
    trials = costing(sweep(), lambda name, block: 2.0 + (0.1 * (-1) ** block if name == OVER
                                                         else 0), 2.0)
    assert "over 8 blocks: no difference shown." in reading_of(tmp_path, trials=trials)


def test_the_reading_of_nothing_valid_claims_nothing(tmp_path):
    assert reading_of(tmp_path, trials=sweep(blocks=2, verdict_of=shared_beyond(0))) == (
        "At 1 server thread no trial is valid. 8 of 8 trials are not valid, and in no median "
        "(shared_cpus 8).")


def test_a_millisecond_is_not_written_in_thousands_of_microseconds(tmp_path):
    text = reading_of(tmp_path, trials=costing(sweep(thread_counts=[1]), 1e3, 680.0, 2e6))
    assert "in the median, 1.68 ms with reuseport_loops" in text
    assert "the load generator's work: 2 s with reuseport_loops" in text and "e+" not in text


def test_the_reading_names_an_arm_that_it_leaves_out(tmp_path):
    trials = costing(sweep(thread_counts=[1], verdict_of=lambda name, *at:
                           ["unsteady"] if name == UNDER else []), 3, 5)
    assert "No trial is valid there of shared_reactor." in reading_of(tmp_path / "bad",
                                                                      trials=trials)
    trials = sweep(thread_counts=[1], throughput_of=lambda name, *at:
                   0.0 if name == UNDER else 1000.0)
    assert "No median is told of shared_reactor (not known in 8 of 8)." in reading_of(
        tmp_path / "zero", trials=trials)
