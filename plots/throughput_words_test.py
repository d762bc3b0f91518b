"""The chart says what it left out, what its limits are, and what was asked of what machine."""

import statistics

from drawn import division, is_hollow, said, shared_beyond
from synthetic_run import CPU_MODEL, sweep
from throughput_by_cores import CEILING_LABEL, CEILING_MARKER
from throughput_cases import CASES, dots, drawn


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
