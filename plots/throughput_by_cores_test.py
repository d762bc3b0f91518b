"""The chart shows every value where it belongs, says what it left out, and can be read."""

import statistics
import warnings
from itertools import combinations

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.text import Text

import style
from results import load_run
from trial import ASKED_NOTHING, Conditions
from synthetic_run import CPU_MODEL, invented_throughput, sweep, write_run
from throughput_by_cores import CEILING_LABEL, CEILING_MARKER, draw

MANY_COUNTS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64]


def division(server_cpus: int, cores: int) -> dict:
    return {"server": list(range(server_cpus)), "load": [server_cpus], "physical_cores": cores}


def shared_beyond(threads_that_fit: int):
    return lambda _, threads, block: ["shared_cpus"] if threads > threads_that_fit else []


def one_failed_without_number(architecture, threads, block) -> list:
    failed = (architecture, threads, block) == ("shared_reactor", 1, 1)
    return ["failed"] if failed else shared_beyond(1)(architecture, threads, block)


CASES = {
    "two counts, one of them shared": dict(trials=sweep(verdict_of=shared_beyond(1))),
    "one count, one block": dict(trials=sweep(thread_counts=[1], blocks=1)),
    "six counts with SMT": dict(
        trials=sweep(thread_counts=[1, 2, 4, 8, 16, 32], verdict_of=shared_beyond(16),
                     ceiling_per_s=2.4e6), cpu_division=division(16, 8)),
    "twelve counts, ten architectures, long texts": dict(
        trials=sweep(architectures=list(style.ARCHITECTURES), thread_counts=MANY_COUNTS, blocks=3),
        cpu_division=division(64, 32), plan__question="Which of $these$ is it? " * 12,
        machine__cpu_model="A CPU whose name " + "goes on and " * 20 + "x" * 150),
    "ten architectures at one height": dict(
        trials=sweep(architectures=list(style.ARCHITECTURES), blocks=1,
                     throughput_of=lambda *at: 100_000.0)),
    "server and load at one height as the ceiling": dict(
        trials=sweep(throughput_of=lambda *at: 100_000.0, ceiling_per_s=100_000.0)),
    "all invalid, no ceiling": dict(
        trials=sweep(verdict_of=shared_beyond(0), ceiling_per_s=None),
        cpu_division={"server": [0], "load": [0], "physical_cores": 1}),
    "all failed without a number": dict(
        trials=sweep(verdict_of=lambda *at: ["failed"], throughput_of=lambda *at: None,
                     ceiling_per_s=None), trials_planned=99, build__git_dirty=True),
    "one failed without a number": dict(
        trials=sweep(verdict_of=one_failed_without_number, throughput_of=lambda *at:
                     None if one_failed_without_number(*at) == ["failed"]
                     else invented_throughput(*at))),
    "a ceiling out of view": dict(trials=sweep(ceiling_per_s=9.9e6)),
    "counts too near each other to name them all": dict(
        trials=sweep(thread_counts=[1, 2, 3, 4, 5, 100, 127, 128], blocks=1)),
    "two http2": dict(trials=sweep(http2=["lean", "nghttp2"], verdict_of=shared_beyond(1)),
                      plan__http2=["lean", "nghttp2"]),
    "three http2 at one height, all hollow": dict(
        trials=sweep(http2=["null", "lean", "h3"], verdict_of=shared_beyond(0), blocks=2,
                     throughput_of=lambda *at: 100_000.0), plan__http2=["null", "lean", "h3"]),
    "ten architectures and two http2": dict(
        trials=sweep(architectures=list(style.ARCHITECTURES), http2=["lean", "nghttp2"],
                     thread_counts=[1, 2, 4], blocks=2), plan__http2=["lean", "nghttp2"],
        cpu_division=division(4, 4)),
    "ten architectures, valid at one count": dict(
        trials=sweep(architectures=list(style.ARCHITECTURES), blocks=6,
                     verdict_of=shared_beyond(1))),
    "two engines, two peers": dict(
        trials=sweep(engines=["epoll", "io_uring"], peers=["grpcpp_callback", "tonic"]),
        plan__engine=["epoll", "io_uring"], plan__peers=["peers/a", "peers/b"],
        skipped=[{"what": "engine x", "why": "it is not built"},
                 {"what": "peer y", "why": "it does not vary reply_bytes"}]),
    "unknown architectures": dict(trials=sweep(architectures=["tonic", "envoy", "grpc++"])),
}


CPU_COSTS = [{"handler_cpu": cost} for cost in ("0ns", "5us", "50us")]
HANDLER_CASES = {
    "two conditions, a peer under one": dict(
        trials=sweep(conditions=CPU_COSTS[:2], peers=["tonic"], verdict_of=shared_beyond(1)),
        plan__handler_cpu=["0ns", "5us"], plan__peers=["peers/a"],
        plan__question="Which of $these$ is it? " * 12),
    "three conditions, two http2, ten architectures": dict(
        trials=sweep(conditions=CPU_COSTS, architectures=list(style.ARCHITECTURES), blocks=2,
                     http2=["lean", "nghttp2"], thread_counts=[1, 2, 4]),
        plan__http2=["lean", "nghttp2"], plan__handler_cpu=["0ns", "5us", "50us"],
        cpu_division=division(4, 4)),
    "with and without a stall, all failed without a number": dict(
        trials=sweep(conditions=[{"stall_thread": None}, {"stall_thread": "0:200ms"}],
                     verdict_of=lambda *at: ["failed"], throughput_of=lambda *at: None,
                     ceiling_per_s=None), plan__stall_thread=[None, "0:200ms"]),
}


def drawn(folder, **case):
    """The run, its figure, and the renderer that has drawn it."""
    run = load_run(write_run(folder, **case))
    with style.applied(), warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = draw(run)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
    return run, figure, canvas.get_renderer()


@pytest.fixture(scope="module", params=CASES)
def chart(request, tmp_path_factory):
    """Each of CASES, drawn once for all tests that look at it."""
    return drawn(tmp_path_factory.mktemp("case") / "run", **CASES[request.param])


def texts_of(figure) -> list:
    return [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]


def said(figure) -> str:
    """All text of the figure, with line ends as spaces."""
    return " ".join(" ".join(text.get_text().split()) for text in texts_of(figure))


def stretch_of(line) -> tuple:
    """How the line's marker is stretched: what tells an http2 where there are several."""
    transform = line._marker.get_user_transform()
    return (1.0, 1.0) if transform is None else (transform.to_values()[0], transform.to_values()[3])


def has_mark(line, look) -> bool:
    return line.get_marker() == look.marker and stretch_of(line) == look.stretch


def dots(figure, marker: str) -> list:
    """Marks of one trial each: those without a line, on the chart and not beside it."""
    (axes,) = figure.axes
    return [line for line in axes.lines
            if line.get_marker() == marker and line.get_linestyle() == "None"
            and line.get_transform() != axes.transAxes]


def names_of(run) -> dict:
    """Each arm to what its line is called."""
    found = {}
    for arm in run.compared:
        told = [arm.architecture]
        told += [arm.http2] if len(run.http2) > 1 and not arm.is_peer else []
        told += [arm.engine] if len(run.engines) > 1 and not arm.is_peer else []
        found[arm] = ", ".join(told)
    return found


def is_hollow(line) -> bool:
    return line.get_markerfacecolor() == "none"


def medians_of(figure, name: str) -> dict:
    (axes,) = figure.axes
    (line,) = [line for line in axes.lines if line.get_label() == name]
    return {x: y for x, y in zip(line.get_xdata(), line.get_ydata()) if y == y}


@pytest.mark.parametrize("case", HANDLER_CASES)
def test_no_text_of_panels_overlaps_another_or_is_clipped(tmp_path, case):
    assert_texts_apart(*drawn(tmp_path, **HANDLER_CASES[case])[1:])


def test_no_text_overlaps_another_or_is_clipped(chart):
    assert_texts_apart(*chart[1:])


def assert_texts_apart(figure, renderer):
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in texts_of(figure)]
    for text, box in boxes:
        inside = (box.x0 >= 0 and box.y0 >= 0
                  and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1)
        assert inside, text
    for (one, box), (other, other_box) in combinations(boxes, 2):
        apart = (box.x1 <= other_box.x0 or other_box.x1 <= box.x0
                 or box.y1 <= other_box.y0 or other_box.y1 <= box.y0)
        assert apart, (one, other)


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
            if trial.arm == arm and not trial.verdict:
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
    assert axes.get_xlabel() == "server threads" and axes.get_ylabel() == "requests per second"


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


def test_what_was_skipped_and_asked_is_told(tmp_path):
    _, figure, _ = drawn(tmp_path, **CASES["two engines, two peers"], plan__handler_cpu="5us",
                         plan__reply_bytes=1000)
    assert ("skipped: engine x: it is not built · peer y: it does not vary reply_bytes"
            in said(figure))
    assert "engine epoll, io_uring · " in said(figure)
    assert " · 5us of CPU a call · replies of 1000 bytes · " in said(figure)
    (io_uring,) = [line for line in figure.axes[0].lines
                   if line.get_label() == "shared_reactor, io_uring"]
    assert io_uring.is_dashed()


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
        drawn_values = sorted(line.get_ydata()[0] for line in axes.lines
                              if len(line.get_xdata()) == 1 and line.get_marker() != CEILING_MARKER
                              and line.get_transform() == axes.transData)
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


def test_a_median_with_a_gap_breaks_the_line(tmp_path):
    trials = sweep(thread_counts=[1, 2, 4], verdict_of=lambda _, threads, block:
                   ["client_bound"] if threads == 2 else [])
    _, figure, _ = drawn(tmp_path, trials=trials)
    (line,) = [line for line in figure.axes[0].lines if line.get_label() == "shared_reactor"]
    assert [y == y for y in line.get_ydata()] == [True, False, True]


def test_the_legend_counts_hollow_trials_by_verdict(tmp_path):
    def verdicts(architecture, threads, block):
        bound = ["client_bound"] if architecture == "shared_reactor" and block == 0 else []
        return (["shared_cpus"] if threads == 2 else []) + bound

    _, figure, _ = drawn(tmp_path, trials=sweep(verdict_of=verdicts))
    text = said(figure)
    assert "hollow: client_bound (1 trial)" in text
    assert "hollow: shared_cpus (15 trials)" in text
    assert "hollow: shared_cpus + client_bound (1 trial)" in text


def test_the_legend_counts_failed_trials_without_a_number(tmp_path):
    _, figure, _ = drawn(tmp_path / "one", **CASES["one failed without a number"])
    assert "failed: 1 trial, no number" in said(figure)
    _, figure, _ = drawn(tmp_path / "all", **CASES["all failed without a number"])
    assert "failed: 32 trials, no number" in said(figure)
    assert "shared_reactor: no number" in said(figure) and "hollow" not in said(figure)


def test_a_chart_with_only_valid_trials_explains_nothing_else(tmp_path):
    _, figure, _ = drawn(tmp_path, trials=sweep(), cpu_division=division(4, 4))
    assert "hollow" not in said(figure) and "failed" not in said(figure)
    assert "end here" not in said(figure)


def test_the_ceiling_is_a_level_with_every_block(tmp_path):
    run, figure, _ = drawn(tmp_path, trials=sweep())
    (level,) = [line for line in figure.axes[0].lines if line.get_label() == CEILING_LABEL]
    values = [trial.throughput_per_s for trial in run.ceilings]
    assert set(level.get_ydata()) == {statistics.median(values)}
    assert tuple(level.get_xdata()) == (0, 1)
    assert sorted(line.get_ydata()[0] for line in dots(figure, CEILING_MARKER)) == sorted(values)
    assert not any(is_hollow(line) for line in dots(figure, CEILING_MARKER))
    assert "null responder: the ceiling" in said(figure)


def test_a_ceiling_far_above_is_told_and_does_not_flatten_the_rest(tmp_path):
    run, figure, _ = drawn(tmp_path, trials=sweep(ceiling_per_s=9_900_000.0))
    assert "null responder: the ceiling, 9.9 M, above this chart" in said(figure)
    assert figure.axes[0].get_ylim()[1] < 1.2 * max(t.throughput_per_s for t in run.arms)


def test_a_ceiling_with_shared_cpus_is_hollow_and_no_level(tmp_path):
    trials = sweep(verdict_of=shared_beyond(0))
    for trial in trials:
        trial["verdict"] = ["shared_cpus"]
    _, figure, _ = drawn(tmp_path, trials=trials)
    assert all(is_hollow(line) for line in dots(figure, CEILING_MARKER))
    assert [line for line in figure.axes[0].lines if line.get_label() == CEILING_LABEL] == []
    assert "hollow: shared_cpus (40 trials)" in said(figure)


def test_without_a_ceiling_there_is_no_word_of_it(tmp_path):
    _, figure, _ = drawn(tmp_path, trials=sweep(ceiling_per_s=None))
    assert "null responder" not in said(figure)


def test_the_end_of_the_server_cpus_is_marked(tmp_path):
    _, figure, _ = drawn(tmp_path, **CASES["two counts, one of them shared"])
    assert "server CPUs end here: beyond, server and load share CPUs" in said(figure)
    (boundary,) = [line for line in figure.axes[0].lines if tuple(line.get_ydata()) == (0, 1)
                   and len(set(line.get_xdata())) == 1]
    assert boundary.get_xdata()[0] == 1.5 and boundary.is_dashed()


def test_title_and_subtitle_say_what_was_asked_and_of_what_machine(tmp_path):
    _, figure, _ = drawn(tmp_path, trials=sweep(blocks=8), plan__question="Who wins?",
                         build__git_dirty=True)
    text = said(figure)
    for part in ("Who wins?", CPU_MODEL, "2 physical cores", "kernel 6.1.0-0-synthetic",
                 "http2 nghttp2", "64 connections × 10 streams", "8 blocks", "2026-01-31",
                 "revision 0123456789ab with changes"):
        assert part in text
    assert "unfinished" not in text and "at every thread count" not in text


def test_an_interrupted_sweep_says_so(tmp_path):
    _, figure, _ = drawn(tmp_path, trials=sweep(blocks=1), trials_planned=40)
    assert "1 block · unfinished: of 8 blocks planned" in said(figure)


def test_a_machine_that_cannot_part_server_and_load_says_so(tmp_path):
    _, figure, _ = drawn(tmp_path, **CASES["all invalid, no ceiling"])
    assert "server and load share CPUs at every thread count" in said(figure)
    assert "end here" not in said(figure)


def test_a_question_is_text_and_no_formula(tmp_path):
    question = r"Is $\frac$ of a core worth _100_%?"
    _, figure, _ = drawn(tmp_path, trials=sweep(blocks=1), plan__question=question)
    assert question in said(figure)


def test_a_plan_without_a_question_still_has_a_title(tmp_path):
    _, figure, _ = drawn(tmp_path, trials=sweep(), plan__question=" ")
    assert "Requests per second by server threads" in said(figure)
