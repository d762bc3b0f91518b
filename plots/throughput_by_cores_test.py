"""The chart shows every value where it belongs, names every line, and can be read."""

import statistics

import pytest
from matplotlib.colors import to_hex

import drawn as drawing
import marks
import style
from drawn import assert_texts_apart, is_hollow, said
from synthetic_run import sweep
from thread_axis import NAME
from throughput_cases import CASES, dots, drawn, has_mark, medians_of, names_of, stretch_of


@pytest.fixture(scope="module", params=CASES)
def chart(request, tmp_path_factory):
    """Each of CASES, drawn once for all tests that look at it."""
    return drawn(tmp_path_factory.mktemp("case") / "run", **CASES[request.param])


def test_no_text_overlaps_another_or_is_clipped(chart):
    assert_texts_apart(*chart[1:])


def test_every_value_is_there_once_and_hollow_unless_valid(chart):
    run, figure, _ = chart
    for arm, look in style.styles_of_arms(run.compared).items():
        found = sorted((line.get_ydata()[0], is_hollow(line))
                       for line in dots(figure, look.marker) if has_mark(line, look))
        assert found == sorted(
            (trial.throughput_per_s, not trial.is_valid) for trial in run.arms
            if trial.arm == arm and trial.throughput_per_s is not None)


def test_dots_are_beside_their_thread_count_and_nearest_to_it(chart):
    run, figure, _ = chart
    styles = style.styles_of(run.architectures)
    for one in styles.values():
        for line in dots(figure, one.marker):
            (x,), (y,) = line.get_xdata(), line.get_ydata()
            nearest = min(run.thread_counts, key=lambda count: abs(count - x))
            assert x != nearest
            assert (nearest, y) in {(trial.threads, trial.throughput_per_s) for trial in run.arms}


def test_lines_join_the_medians_of_valid_trials_alone(chart):
    run, figure, _ = chart
    for arm, name in names_of(run).items():
        valid = {}
        for trial in run.arms:
            failed = any(other.verdict == ("failed",) for other in run.arms
                         if (other.arm, other.threads) == (arm, trial.threads))
            if trial.arm == arm and not trial.verdict and not failed:  # that verdict selects
                valid.setdefault(trial.threads, []).append(trial.throughput_per_s)
        # Where no line joins them, a median is a bar beside its thread count.
        drawn_at = {min(run.thread_counts, key=lambda count: abs(count - x)): y
                    for x, y in medians_of(figure, name).items()}
        assert drawn_at == {
            threads: statistics.median(values) for threads, values in valid.items()}


def test_y_starts_at_zero_and_x_is_linear_with_ticks_where_measured(chart):
    run, figure, _ = chart
    (axes,) = figure.axes
    assert axes.get_ylim()[0] == 0
    assert axes.get_xscale() == axes.get_yscale() == "linear"
    assert tuple(axes.get_xticks()) == run.thread_counts
    names = [label.get_text() for label in axes.get_xticklabels()]
    assert all(name in ("", str(count)) for name, count in zip(names, run.thread_counts))
    assert names[0] and names[-1]
    assert axes.get_xlabel() == NAME and axes.get_ylabel() == "requests per second"


def test_every_line_is_named_once_beside_its_own_mark(chart):
    run, figure, _ = chart
    (axes,) = figure.axes
    names = names_of(run)
    for arm, look in style.styles_of_arms(run.compared).items():
        (label,) = [text for text in axes.texts
                    if text.get_text().split("  ")[0] in (names[arm], f"{names[arm]}: no number")]
        beside = [line for line in axes.lines if has_mark(line, look)
                  and line.get_transform() == axes.transAxes
                  and line.get_ydata()[0] == label.get_position()[1]]
        assert [to_hex(line.get_color()).upper() for line in beside] == [look.color]


def test_several_http2_are_told_by_name_and_by_line(tmp_path):
    _, figure, _ = drawn(tmp_path, **CASES["two http2"])
    lines = {line.get_label(): line for line in figure.axes[0].lines}
    lean, other = lines["reuseport_loops, lean"], lines["reuseport_loops, nghttp2"]
    assert lean.get_color() == other.get_color() != lines["shared_reactor, lean"].get_color()
    assert not lean.is_dashed() and other.is_dashed()
    for name, line in (("lean", lean), ("nghttp2", other)):
        (label,) = [text for text in figure.axes[0].texts
                    if text.get_text() == f"reuseport_loops, {name}"]
        (sample,) = [beside for beside in figure.axes[0].lines
                     if beside.get_transform() == figure.axes[0].transAxes
                     and tuple(beside.get_ydata()) == (label.get_position()[1],) * 2]
        assert sample.is_dashed() == line.is_dashed()
    assert stretch_of(lean) != stretch_of(other)
    assert "http2 lean, nghttp2 ·" in said(figure)


def test_of_many_the_last_medians_are_told_in_their_order(tmp_path):
    run, figure, _ = drawn(tmp_path, **CASES["ten architectures, valid at one count"])
    labels = sorted((text for text in figure.axes[0].texts if "  " in text.get_text()),
                    key=lambda text: -text.get_position()[1])
    medians = {name: list(medians_of(figure, name).values())[0] for name in names_of(run).values()}
    assert [label.get_text() for label in labels] == [
        f"{name}  {style.three_digits(medians[name])}"
        for name in sorted(medians, key=lambda name: (medians[name], name), reverse=True)]
    assert "median of the valid trials; beside its name, at 1 thread" in said(figure)


def test_a_median_with_a_gap_breaks_the_line(tmp_path):
    trials = sweep(thread_counts=[1, 2, 4], verdict_of=lambda _, threads, block:
                   ["client_bound"] if threads == 2 else [])
    _, figure, _ = drawn(tmp_path, trials=trials)
    (line,) = [line for line in figure.axes[0].lines if line.get_label() == "shared_reactor"]
    assert [y == y for y in line.get_ydata()] == [True, False, True]


def test_of_many_thread_counts_no_mark_of_a_median_covers_a_block(tmp_path):
    """But where no line shows a median: there it is marked."""
    for name, verdict_of, marked in (("all", lambda *at: [], []),
                                     ("gaps", lambda _, threads, block:
                                      ["client_bound"] if threads in (19, 21) else [], [19])):
        trials = sweep(["shared_reactor"], list(range(1, 41)), blocks=3, verdict_of=verdict_of)
        _, figure, _ = drawn(tmp_path / name, trials=trials, headline=None)
        axes = figure.axes[0]
        (line,) = [line for line in axes.lines if line.get_label() == "shared_reactor"]
        assert line.get_markevery() == marked and "line: median of the valid" in said(figure)
        sizes = {dot.get_markersize() for dot in drawing.dots_of(axes)
                 if dot.get_marker() == line.get_marker()}
        assert sizes == {marks.SMALL_DOT_SIZE}
