"""Causes side by side: every block's figure a request, zero written as 0, no engine mixed."""

import json
from functools import partial

import pytest

import drawn as drawing
import style
from causes import CHART, NOT_MEASURED, OTHER_ENGINE, draw, figure_text, missing, reading
from drawn import PUBLISHED_RUNS, said, shared_beyond
from results import load_run
from synthetic_run import sweep, write_run

OVER, UNDER = "reuseport_loops", "shared_reactor"
drawn = partial(drawing.drawn_apart, draw)


def counting(trials, a_thousand):
    """`trials` in which 1,000 requests take so many of each: a name to a function of the arm."""
    for trial in trials:
        for thread in (trial["server"] or {}).get("threads", []):
            for name, count_of in a_thousand.items():
                count = count_of(trial["factors"]["architecture"])
                value = None if count is None else round(count * thread["requests"] / 1000)
                thread[name] = value
                if name in trial["server"]["process"]:
                    trial["server"]["process"][name] = value
    return trials


def panel_of(figure, name):
    """Its values, by what drew them: row to x."""
    (axes,) = [axes for axes in figure.axes
               if " ".join(axes.texts[0].get_text().split()) == name]
    return axes


def beside(axes):
    return [text.get_text() for text in axes.texts[1:]]


EDGES = {
    "one block, one count": dict(trials=sweep(thread_counts=[1], blocks=1)),
    "everything invalid": dict(trials=sweep(verdict_of=shared_beyond(0), blocks=3)),
    "64 counts": dict(trials=sweep(thread_counts=list(range(1, 65)), blocks=1)),
    "ten architectures, two http2": dict(trials=sweep(
        architectures=list(style.ARCHITECTURES), http2=["lean", "nghttp2"], blocks=6)),
    "two engines, a peer, panels": dict(
        trials=sweep(engines=["epoll", "io_uring"], peers=["grpcpp_completion_queue"], blocks=2,
                     conditions=[{"handler_cpu": "0ns"}, {"handler_cpu": "5us"}]),
        plan__handler_cpu=["0ns", "5us"], plan__engine=["epoll", "io_uring"]),
}


@pytest.mark.parametrize("case", EDGES)
def test_no_text_overlaps_another_or_is_clipped(tmp_path, case):
    run, figure = drawn(tmp_path, **EDGES[case])
    assert CHART.reading(run).endswith(".")
    assert all(axes.get_xlim()[0] == 0 and axes.get_xscale() == "linear" for axes in figure.axes)


def test_each_block_is_a_dot_and_the_median_is_written_beside(tmp_path):
    figures = {OVER: 250.0, UNDER: 50.0}
    run, figure = drawn(tmp_path, trials=counting(
        sweep(thread_counts=[1]), {"context_switches_voluntary": figures.get}))
    axes = panel_of(figure, "voluntary context switches")
    assert beside(axes) == ["250", "50.0"]
    dots = drawing.dots_of(axes)
    for row, name in enumerate((OVER, UNDER)):
        in_row = [line.get_xdata()[0] for line in dots if abs(line.get_ydata()[0] - row) < 0.4]
        assert in_row == [pytest.approx(figures[name], rel=1e-4)] * 8
    assert axes.get_xlabel() == "in 1,000 requests"


def test_zero_is_written_as_0_and_what_is_not_measured_is_not_zero(tmp_path):
    _, figure = drawn(tmp_path, trials=counting(
        sweep(thread_counts=[1]), {"migrations": {OVER: 0.0, UNDER: None}.get}))
    assert beside(panel_of(figure, "migrations to another CPU")) == ["0", NOT_MEASURED]
    assert [figure_text(value) for value in (0, 0.0004, 0.002, 0.5, 1, 9.94, 12.34, 99.6, 1234.5)
            ] == ["0", "<0.001", "0.002", "0.5", "1", "9.9", "12.3", "100", "1,234"]


def test_wake_ups_are_waits_and_polls_within_one_engine(tmp_path):
    trials = counting(sweep(thread_counts=[1], engines=["epoll", "io_uring"], blocks=2),
                      {"loop_waits": lambda name: 30.0, "loop_polls": lambda name: 12.0})
    _, figure = drawn(tmp_path, trials=trials, plan__engine=["epoll", "io_uring"])
    assert beside(panel_of(figure, "wake-ups of loops, epoll")) == [
        "42.0", OTHER_ENGINE, "42.0", OTHER_ENGINE]
    assert beside(panel_of(figure, "wake-ups of loops, io_uring")) == [
        OTHER_ENGINE, "42.0", OTHER_ENGINE, "42.0"]


def test_system_calls_are_there_only_where_traced(tmp_path):
    """The published run of all architectures was traced, that of version 2 was not."""
    by_name = {folder.name.split("-", 1)[1]: folder for folder in PUBLISHED_RUNS}
    figure, _ = drawing.figure_of(draw, load_run(by_name["architectures"]))
    stored = [json.loads(line) for line in
              (by_name["architectures"] / "traces.jsonl").read_text().splitlines()]
    wanted = sorted((line["factors"]["architecture"], line["syscalls"]["total_per_request"])
                    for line in stored if line["factors"]["threads"] == 1)
    axes = panel_of(figure, "system calls (traced)")
    assert [line.get_xdata()[0] for line in axes.lines if line.get_label() == "_traced"] == [
        pytest.approx(1000 * calls) for _, calls in wanted]
    assert "one trial under a tracer, which slows it" in said(figure)
    figure, _ = drawing.figure_of(draw, load_run(by_name["bench"]))
    assert "(traced)" not in said(figure)
    assert 'a plan with "trace" has them (coresweep run architectures)' in said(figure)


def test_what_is_not_valid_is_hollow_and_in_no_median(tmp_path):
    _, figure = drawn(tmp_path, trials=sweep(verdict_of=lambda name, threads, block:
                                             ["unsteady"] if name == OVER else []))
    assert beside(panel_of(figure, "voluntary context switches"))[0] == "not valid"
    assert "hollow: unsteady (8 trials)" in said(figure)


def test_nothing_measured_is_missing_and_names_a_plan(tmp_path):
    run = load_run(write_run(tmp_path, sweep(
        verdict_of=lambda *at: ["failed"], throughput_of=lambda *at: None, ceiling_per_s=None)))
    assert missing(run) == ("counts of the server's switches: trials that answer have them "
                            "(coresweep run bench)")


def reading_of(folder, trials, **case):
    for trial in trials:  # what this chart does not need to be asked here
        if trial["server"]:
            trial["server"]["process"].update(context_switches_involuntary=0, migrations=0)
    return reading(load_run(write_run(folder, trials, **case)))


def test_the_reading_has_both_sides_of_the_headline_inverted_or_not(tmp_path):
    trials = counting(sweep(thread_counts=[1], verdict_of=lambda name, threads, block:
                            ["noisy_host"] if (name, block) == (OVER, 0) else []),
                      {"context_switches_voluntary": {OVER: 50.0, UNDER: 250.0}.get,
                       "loop_waits": {OVER: 80.0, UNDER: 40.0}.get})
    assert reading_of(tmp_path, trials) == (
        "In 1,000 requests at 1 server thread, medians: voluntary context switches 50.0 with "
        "reuseport_loops and 250 with shared_reactor; involuntary context switches 0 with "
        "reuseport_loops and 0 with shared_reactor; migrations to another CPU 0 with "
        "reuseport_loops and 0 with shared_reactor; wake-ups of loops 80.0 with reuseport_loops "
        "and 40.0 with shared_reactor. 1 of 16 trials is not valid, and in no median "
        "(noisy_host 1).")


def test_the_reading_without_a_headline_has_the_least_and_the_most(tmp_path):
    names = ["dealt_loops", OVER, UNDER]
    trials = counting(sweep(architectures=names, thread_counts=[1]), {
        "context_switches_voluntary": dict(zip(names, (20.0, 10.0, 30.0))).get})
    assert ("voluntary context switches 10.0 with reuseport_loops and 30.0 with shared_reactor;"
            in reading_of(tmp_path, trials, headline=None))


def test_the_reading_of_nothing_valid_claims_nothing(tmp_path):
    assert reading_of(tmp_path, sweep(blocks=1, verdict_of=shared_beyond(0))) == (
        "At 1 server thread no trial is valid. 4 of 4 trials are not valid, and in no median "
        "(shared_cpus 4).")


def test_the_reading_names_an_arm_that_it_leaves_out(tmp_path):
    trials = sweep(thread_counts=[1], verdict_of=lambda name, *at:
                   ["unsteady"] if name == UNDER else [])
    assert "No trial is valid there of shared_reactor." in reading_of(tmp_path / "bad", trials)
    trials = sweep(thread_counts=[1], throughput_of=lambda name, *at:
                   0.0 if name == UNDER else 1000.0)
    assert "Nothing is known there of shared_reactor." in reading_of(tmp_path / "zero", trials)
