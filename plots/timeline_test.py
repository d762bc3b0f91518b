"""The timeline shows every second where it was, and what else the machine did."""

import datetime
from dataclasses import replace

import pytest

import style
from drawn import assert_texts_apart, drawn, figure_of, said
from host_load import other_share, steal_share
from results import load_run
from sweep_time import placed_of, time_text
from synthetic_run import PUBLISHED, as_version_2, sweep, write_run
from timeline import draw, missing, reading

BEGAN = datetime.datetime(2026, 1, 31, 12)


def timed(trials, step_s=4.0, version_2=True, session_of=lambda i: 0, pause_s=0.0):
    """`trials` one after the other, `step_s` apart."""
    lines = []
    for i, trial in enumerate(trials):
        line = as_version_2(trial) if version_2 else dict(trial)
        at = BEGAN + datetime.timedelta(seconds=step_s * i + pause_s * session_of(i))
        line["started_at"] = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        if version_2:
            line["session"] = session_of(i)
        lines.append(line)
    return lines


def noisy_in_a_block(architecture, threads, block):
    return ["noisy_host", "unsteady"] if block == 1 else []


FAILED = dict(verdict_of=lambda *at: ["failed"], throughput_of=lambda *at: None,
              ceiling_per_s=None)
CASES = {
    "a sweep": timed(sweep(verdict_of=noisy_in_a_block, blocks=3)),
    "of version 1": timed(sweep(blocks=3), version_2=False),
    "one trial": timed(sweep(thread_counts=[1], blocks=1, architectures=["shared_reactor"],
                             ceiling_per_s=None)),
    "ten architectures, a ceiling out of view": timed(
        sweep(list(style.ARCHITECTURES), blocks=2, ceiling_per_s=9e6)),
    "nothing but failures": timed(sweep(blocks=1, **FAILED)),
    "taken up twice": timed(sweep(blocks=3), session_of=lambda i: i // 5, pause_s=7200),
    "hundreds of trials": timed(sweep(thread_counts=range(1, 21), blocks=8)),
}


@pytest.fixture(scope="module", params=CASES)
def chart(request, tmp_path_factory):
    return drawn(draw, tmp_path_factory.mktemp("case") / "run", trials=CASES[request.param])


def marks_in(axes) -> list:
    """x, y, colour and whether it is hollow, of each mark."""
    return [(round(x, 3), y, line.get_color(), line.get_markerfacecolor() == "none")
            for line in axes.lines if line.get_transform() == axes.transData
            and line.get_linestyle() == "None" for x, y in line.get_xydata()]


def test_no_text_overlaps_another_or_is_clipped(chart):
    assert_texts_apart(*chart[1:])


def test_every_second_of_every_trial_is_there_once(chart):
    run, figure, _ = chart
    looks = style.styles_of_arms(run.compared)
    expected = []
    for trial in run.stored:
        begin = 4.0 * trial.number
        color = looks[trial.arm].color if trial.role == "arm" else style.BESIDE
        if trial.throughput_per_s is None:
            expected.append((begin, 0.0, color, False))
        elif trial.seconds:
            # Of a window of 2.5 s the third second is half a one, and here not told.
            assert [second.number for second in trial.seconds] == [0, 1]
            expected += [(begin + second.number + 0.5, second.answered, color, not trial.is_valid)
                         for second in trial.seconds]
        else:
            expected.append((begin + 1.25, trial.throughput_per_s, color, not trial.is_valid))
    found = marks_in(figure.axes[0])
    if any(trial.session for trial in run.stored):  # where they are then, below
        found, expected = ([mark[1:] for mark in marks] for marks in (found, expected))
    assert sorted(found) == sorted(expected)
    assert all(axes.get_ylim()[0] == 0 for axes in figure.axes)


def test_all_that_is_compared_is_in_view(chart):
    run, figure, _ = chart
    top = figure.axes[0].get_ylim()[1]
    assert all(second.answered < top for trial in run.arms for second in trial.seconds)
    left, right = figure.axes[0].get_xlim()
    assert all(left <= x <= right for x, *_ in marks_in(figure.axes[0]))
    assert len({axes.get_xlim() for axes in figure.axes}) == 1


def test_what_is_noisy_is_marked_where_it_began(tmp_path):
    run, figure, _ = drawn(draw, tmp_path, trials=CASES["a sweep"])
    began = [4.0 * trial.number for trial in run.stored if "noisy_host" in trial.verdict]
    assert [x for x, _, color, _ in marks_in(figure.axes[1]) if color == style.VERMILLION] == began
    text = said(figure)
    assert "hollow, not valid (trials): noisy_host 4, unsteady 4" in text
    assert "noisy_host: 4 trials, each marked where it began" in text
    assert "grey: trials beside those compared (ceiling 3)" in text


def test_a_ceiling_out_of_view_is_told(tmp_path):
    _, figure, _ = drawn(draw, tmp_path,
                         trials=CASES["ten architectures, a ceiling out of view"])
    assert "(ceiling 2); 4 marks above this chart" in said(figure)


def test_pauses_between_sessions_are_cut_out(tmp_path):
    run, figure, _ = drawn(draw, tmp_path, trials=CASES["taken up twice"])
    placed, pauses = placed_of(run)
    begins = [one.begin for one in placed]
    assert begins == sorted(begins) and begins[-1] < 4.0 * len(run.stored)
    assert [round(length) for _, length in pauses] == [7202, 7202]
    assert "taken up again 2 times: 4 hours cut out" in said(figure)
    assert "(seconds, without pauses)" in figure.axes[0].get_xlabel()


def test_the_last_piece_of_a_second_counts_as_a_rate(tmp_path):
    (line,) = CASES["one trial"]
    line = {**line, "seconds": [*line["seconds"], {
        **line["seconds"][0], "second": 2, "requests_answered": 40_000}]}
    run = load_run(write_run(tmp_path, [line]))
    (placed,), _ = placed_of(run)
    assert placed.points[-1] == (2.25, 80_000)


def test_other_load_is_what_neither_server_nor_load_used():
    run = load_run(PUBLISHED / "20261126T174556Z-bench")
    trial = run.arms[0]
    machine = trial.machine_cpu
    busy = sum(cpu.user_s + cpu.system_s + cpu.softirq_s + cpu.irq_s for cpu in machine.cpus)
    own = trial.server.counts["cpu_user_s"] + trial.server.counts["cpu_system_s"]
    spared = replace(trial, load_cpu_s=0.0)
    assert other_share(spared) == pytest.approx(
        (busy / machine.window_s - own / trial.server.window_s) / 2)
    assert other_share(spared) - other_share(trial) == pytest.approx(
        min(trial.load_cpu_s / trial.window_s / 2, other_share(spared)))
    for unknown in (dict(load_cpu_s=None), dict(server=None), dict(machine_cpu=None)):
        assert other_share(replace(trial, **unknown)) is None
    stolen = replace(machine, cpus=tuple(
        replace(cpu, steal_s=0.1 * machine.window_s * cpu.cpu) for cpu in machine.cpus))
    assert steal_share(replace(trial, machine_cpu=stolen), run) == pytest.approx(0.1)
    assert steal_share(replace(trial, machine_cpu=None), run) is None


def test_searches_are_in_colour_where_there_is_nothing_else(tmp_path):
    trials = CASES["a sweep"]
    searches = [{**line, "role": "capacity"} for line in trials if line["role"] == "arm"]
    run, figure, _ = drawn(draw, tmp_path, trials=searches)
    assert run.arms == ()
    assert {color for _, _, color, _ in marks_in(figure.axes[0])} == {
        style.ARCHITECTURES[name].color for name in ("shared_reactor", "reuseport_loops")}
    assert "3 blocks" in said(figure) and missing(run) == ""


@pytest.mark.parametrize("name", ["20261126T174556Z-bench", "20261126T070043Z-architectures"])
def test_real_runs_are_drawn(name):
    run = load_run(PUBLISHED / name)
    assert_texts_apart(*figure_of(draw, run))
    assert reading(run).startswith(f"{len(run.stored)} trials in ")


def told(folder, trials) -> str:
    return reading(load_run(write_run(folder, trials)))


def test_the_reading_says_how_long_how_noisy_and_how_steady(tmp_path):
    text = told(tmp_path / "drift", timed(sweep(blocks=4, throughput_of=lambda name, threads, block:
                                                1000.0 * threads * (1 if block < 2 else 0.9))))
    assert text.startswith("20 trials in 78.5 seconds, 0 of them noisy_host; steal from the CPU ")
    assert text.endswith("The later half of the blocks answered 0.900 times as many requests a "
                         "second as the earlier half, in the median of 4 cells.")
    noisy = told(tmp_path / "noisy", CASES["a sweep"])
    assert "15 trials in 58.5 seconds, 4 of them noisy_host" in noisy
    assert "later half" not in told(tmp_path / "one", CASES["one trial"])
    assert told(tmp_path / "none", CASES["nothing but failures"]) == (
        "4 trials in 12 seconds, 0 of them noisy_host.")


def test_times_are_told_in_units_that_fit():
    assert [time_text(length) for length in (90, 600, 4 * 3600)] == [
        "90 seconds", "10 minutes", "4 hours"]
