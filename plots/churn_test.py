"""What was opened and what waited stand where they were measured, and the reading is true of it."""

from dataclasses import replace

import pytest

import style
from churn import draw, missing, reading
from drawn import PUBLISHED_RUNS, assert_texts_apart, division, drawn, is_hollow, said
from results import load_run
from synthetic_run import as_version_2, trial_document, write_run
from thread_axis import NAME

OVER, UNDER = "reuseport_loops", "shared_reactor"
CONDITIONS = ((1, "whole"), (10, "whole"), (1, "divided"))
MS = 1_000_000


def rate(name, threads, block, asked):
    """Connections a second: OVER opens half as many again on two threads and more."""
    each = 1000 * (1.5 if name == OVER and threads > 1 else 1.0) / (1 if asked[0] == 1 else 2)
    return each * threads


def wait(name, threads, block, asked):
    """p50 and p99 of first replies (ms)."""
    return (2.0, 8.0) if name == OVER else (2.0, 4.0)


def trials(names=(UNDER, OVER), counts=(1, 2, 4), blocks=8, conditions=CONDITIONS, rate_of=rate,
           wait_of=wait, verdict_of=lambda *at: []):
    found = []
    for block in range(blocks):
        for threads in counts:
            for asked in conditions:
                for name in names:
                    at = (name, threads, block, asked)
                    opened = rate_of(*at)
                    line = as_version_2(trial_document(
                        len(found), name, threads, block, verdict_of(*at),
                        None if opened is None else opened * asked[0]), mode="churn",
                        requests_per_connection=asked[0], backlog=asked[1], pin="each")
                    line["cell"] = f"{name}/nghttp2/t{threads}/c64/s10/{asked}"
                    line["connections_per_s"] = opened
                    if opened is None:
                        line["connect_to_first_reply_ns"] = None
                    else:
                        p50, p99 = wait_of(*at)
                        line["connect_to_first_reply_ns"] = {
                            **line["connect_to_first_reply_ns"], "p50": int(p50 * MS), "count": 9,
                            "p99": None if p99 is None else int(p99 * MS), "max": 9000 * MS}
                    found.append(line)
    return found


def case(**more):
    asked = more.get("conditions", CONDITIONS)
    counts = more.get("counts", (1, 2, 4))
    keys = {"requests_per_connection": [one for one, _ in asked],
            "backlog": [one for _, one in asked]}
    told = {f"plan__{key}": values[0] if len(set(values)) == 1 else list(dict.fromkeys(values))
            for key, values in keys.items()}
    return dict(trials=trials(**more), plan__mode="churn", plan__blocks=more.get("blocks", 8),
                cpu_division=division(64, 32), headline__threads=counts[-1],
                headline__connections=64, headline__streams=10,
                headline__requests_per_connection=asked[0][0], headline__backlog=asked[0][1],
                headline__pin="each", plan__pin="each", **told)


CASES = {
    "three conditions": case(blocks=3),
    "one block, one thread count, one condition": case(blocks=1, counts=(2,),
                                                       conditions=CONDITIONS[:1]),
    "all invalid, no p99": case(blocks=2, verdict_of=lambda *at: ["port_trouble"],
                                wait_of=lambda *at: (3.0, None)),
    "all failed but one": case(blocks=2, conditions=CONDITIONS[:1], rate_of=lambda *at: 1000.0
                               if at[:3] == (OVER, 1, 0) else None,
                               verdict_of=lambda *at: [] if at[:3] == (OVER, 1, 0)
                               else ["failed"]),
    "ten architectures, 64 thread counts": {
        **case(names=tuple(style.ARCHITECTURES), counts=tuple(range(1, 65)), blocks=1,
               conditions=CONDITIONS[:1]), "plan__question": "Which of $these$ is it? " * 12},
}


@pytest.fixture(scope="module", params=CASES)
def chart(request, tmp_path_factory):
    return drawn(draw, tmp_path_factory.mktemp("case") / "run", **CASES[request.param])


def dots(axes) -> list:
    return sorted((y, is_hollow(line)) for line in axes.lines
                  if line.get_linestyle() == "None" and line.get_transform() == axes.transData
                  for y in line.get_ydata())


def test_no_text_overlaps_another_or_is_clipped(chart):
    assert_texts_apart(*chart[1:])


def test_every_trial_is_there_and_hollow_unless_valid(chart):
    run, figure, _ = chart
    above = [axes for axes in figure.axes if axes.get_yscale() == "linear"]
    below = [axes for axes in figure.axes if axes.get_yscale() == "log"]
    assert 2 * len(above) == len(below) == 2 * len(run.conditions)
    for upper, halves, slowest, conditions in zip(above, below[::2], below[1::2], run.conditions):
        here = [trial for trial in run.arms if trial.conditions == conditions
                and trial.connections_per_s is not None]
        assert dots(upper) == sorted((trial.connections_per_s, not trial.is_valid)
                                     for trial in here)
        for axes, name in ((halves, "p50"), (slowest, "p99")):
            assert dots(axes) == sorted(
                (value / MS, not trial.is_valid) for trial in here
                if (value := getattr(trial.first_reply, name)) is not None)
            assert axes.get_ylabel() == f"first reply, {name}\n(ms, log)"
            assert upper.get_xlim() == axes.get_xlim() and axes.get_ylim() == below[0].get_ylim()
        assert upper.get_ylim()[0] == 0 and upper.get_ylabel() == "connections per second"
        assert (halves.get_xlabel(), slowest.get_xlabel()) == ("", NAME)


def test_the_legend_has_no_row_of_what_is_not_drawn(tmp_path):
    _, figure, _ = drawn(draw, tmp_path, **CASES["all invalid, no p99"])
    text = said(figure)
    assert "median of the valid trials" not in text and "one block" not in text
    assert "shaded" not in text and "hollow: port_trouble" in text


def run_of(folder, **made):
    return load_run(write_run(folder, **case(**made)))


def test_the_reading_tells_the_headline_and_then_the_others(tmp_path):
    assert reading(run_of(tmp_path)) == (
        "reuseport_loops against shared_reactor at 4 server threads, the whole backlog for each "
        "listener · requests a connection: 1, connections opened a second: 1.50x (1.50–1.50, "
        "99.2 % interval) over 8 blocks; p99 from connect to the first reply: 2.00x (2.00–2.00, "
        "99.2 % interval) over 8 blocks. Opened a second under the others: the whole backlog for "
        "each listener · requests a connection: 10, 1.50x (1.50–1.50, 99.2 % interval) over 8 "
        "blocks; the backlog divided among listeners · requests a connection: 1, 1.50x "
        "(1.50–1.50, 99.2 % interval) over 8 blocks.")


def test_ties_and_inversions_are_told_as_they_are(tmp_path):
    tied = reading(run_of(tmp_path / "tie", conditions=CONDITIONS[:1],
                          rate_of=lambda *at: 1000.0, wait_of=lambda *at: (2.0, 4.0)))
    assert tied.count("no difference shown") == 2
    lost = reading(run_of(tmp_path / "lost", conditions=CONDITIONS[:1],
                          rate_of=lambda name, *at: 500.0 if name == OVER else 1000.0))
    assert "opened a second: 0.50x (0.50–0.50, 99.2 % interval)" in lost


def test_without_a_p99_the_median_is_told(tmp_path):
    run, figure, _ = drawn(draw, tmp_path, **case(wait_of=lambda name, *at: (
        3.0 if name == OVER else 2.0, None)))
    assert "; p50 from connect to the first reply: 1.50x (" in reading(run)
    assert "too few connections for a 99th percentile: 144 valid trials" in said(figure)


def test_what_is_not_valid_gives_no_ratio_and_is_counted(tmp_path):
    run, figure, _ = drawn(draw, tmp_path, **CASES["all invalid, no p99"])
    assert "opened a second: no ratio: 0 of 2 blocks have both valid (port_trouble 4)" in reading(
        run)
    assert reading(run).endswith("36 of 36 trials are not valid, and in no median (port_trouble "
                                 "36).")
    assert "hollow: port_trouble (36 trials)" in said(figure)
    assert "median of the valid trials" not in said(figure)


def test_conditions_far_apart_have_scales_of_their_own(tmp_path):
    _, figure, _ = drawn(draw, tmp_path, **case(
        blocks=1, rate_of=lambda name, threads, block, asked: 1000.0 / asked[0]))
    assert said(figure).count("(its own scale)") == 3


def test_what_cannot_be_drawn_says_why(tmp_path):
    run = run_of(tmp_path, blocks=1)
    assert missing(run) == ""
    assert missing(replace(run, mode="closed")) == (
        "new connections: its plan keeps them open (coresweep run churn opens them anew)")
    failed = tuple(replace(trial, connections_per_s=None) for trial in run.trials)
    assert missing(replace(run, trials=failed)).startswith("trial that counted its connections")
    assert reading(replace(run, headline=None)).startswith("The plan names no comparison")


@pytest.mark.parametrize("folder", PUBLISHED_RUNS, ids=lambda path: path.name)
def test_published_runs_keep_their_connections(folder):
    assert missing(load_run(folder)).startswith("new connections")
