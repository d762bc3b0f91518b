"""Each cell has the number of its own trials, and what shows nothing does not look like a win."""

from dataclasses import replace

import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

import style
from connections_map import draw, missing, reading
from drawn import assert_texts_apart, division, drawn, figure_of, said
from results import load_run
from synthetic_run import PUBLISHED, as_version_2, trial_document, write_run
from trial import Arm, Capacity

CONNECTIONS = (8, 32, 1024)
OVER, UNDER = "reuseport_loops", "shared_reactor"
FAR_APART = {8: 0.5, 32: 1.0, 1024: 2.0}


def trials(ratio_of, counts=(1, 2), blocks=8, verdict_of=lambda *at: [], connections=CONNECTIONS,
           streams=(10,), spread=0.004):
    """ratio_of: (connections, threads) to how far OVER is above UNDER."""
    found = []
    for block in range(blocks):
        for threads in counts:
            for count in connections:
                for stream in streams:
                    for name in (OVER, UNDER):
                        ratio = ratio_of(count, threads) if name == OVER else 1.0
                        line = as_version_2(trial_document(
                            len(found), name, threads, block,
                            verdict_of(name, count, threads, block),
                            1e5 * ratio * (1 + spread * ((block * 3 + len(name)) % 5 - 2)),
                            conditions={"connections": count, "streams": stream}))
                        line["cell"] = f"{name}/nghttp2/t{threads}/c{count}/s{stream}"
                        found.append(line)
    return found


def case(*given, connections=CONNECTIONS, **more):
    named = {"threads": 2, "connections": connections[0], "streams": 10}
    made = trials(*given, connections=connections, **more)
    return dict(trials=made, plan__connections=list(connections), cpu_division=division(64, 32),
                headline__threads=named["threads"], headline__connections=named["connections"],
                plan__blocks=more.get("blocks", 8))


def invalid_at(count):
    return lambda name, connections, threads, block: ["shared_cpus"] if threads == count else []


CASES = {
    "wins and losses": case(lambda count, threads: FAR_APART[count] if threads > 1 else 1.0,
                            spread=0.0),
    "one block, one thread count": case(lambda *at: 1.5, counts=[2], blocks=1),
    "all invalid": case(lambda *at: 1.5, verdict_of=lambda *at: ["noisy_host"]),
    "64 thread counts": case(lambda *at: 0.7, counts=range(1, 65), blocks=1,
                             connections=(8, 1024), verdict_of=invalid_at(64)),
    "many connections, two streams": {
        **case(lambda count, threads: 1 + count / 100, blocks=1, streams=(1, 10),
               connections=tuple(range(2, 26, 2))), "plan__streams": [1, 10],
        "plan__question": "Which of $these$ is it? " * 12},
}


@pytest.fixture(scope="module", params=CASES)
def chart(request, tmp_path_factory):
    return drawn(draw, tmp_path_factory.mktemp("case") / "run", **CASES[request.param])


def test_no_text_overlaps_another_or_is_clipped(chart):
    assert_texts_apart(*chart[1:])


def test_each_cell_has_its_number(chart):
    run, figure, renderer = chart
    cells = len({(trial.threads, trial.conditions) for trial in run.arms})
    numbers = [text for axes in figure.axes for text in axes.texts
               if text.get_text().startswith(("no ratio", "0.", "1.", "2."))]
    boxes = [patch for axes in figure.axes for patch in axes.patches
             if isinstance(patch, Rectangle)]
    assert len(numbers) == len(boxes) == cells
    for text in numbers:
        (_, y), room = text.get_position(), text.get_window_extent(renderer)
        (x, _) = text.get_position()
        (low, high) = text.axes.transData.transform([(x - 0.5, y - 0.5), (x + 0.5, y + 0.5)])
        assert low[0] <= room.x0 and room.x1 <= high[0] and low[1] <= room.y0 and room.y1 <= high[1]


def looks_of(figure) -> dict:
    """(column, row) to the colour of the cell, whether it is hatched, and its number."""
    (axes,) = figure.axes
    numbers = {text.get_position(): text.get_text() for text in axes.texts}
    return {(x, y): (to_hex(patch.get_facecolor()).upper(), bool(patch.get_hatch()),
                     numbers[x, y].split("\n")[0])
            for patch in axes.patches for x, y in [(patch.get_x() + 0.5, patch.get_y() + 0.5)]}


def test_wins_are_blue_losses_orange_and_ties_grey(tmp_path):
    run, figure, _ = drawn(draw, tmp_path, **CASES["wins and losses"])
    looks = looks_of(figure)
    assert {looks[0, row] for row in range(3)} == {(style.NO_DIFFERENCE, False, "1.00x")}
    assert looks[1, 0] == (style.ORANGE, False, "0.50x")
    assert looks[1, 1] == (style.NO_DIFFERENCE, False, "1.00x")
    assert looks[1, 2] == (style.BLUE, False, "2.00x"), "twice is as far from 1 as half"
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["8", "32", "1024"]
    assert "reuseport_loops ahead; full colour at 2.0" in said(figure)
    told = reading(run)
    assert ("at 8 connections and 2 server threads, which the plan named before it ran: 0.50x ("
            in told)
    assert "Of 6 cells 1 show reuseport_loops ahead, 1 behind, 4 no difference; the highest" in told
    assert "at 1,024 connections and 2 server threads, the lowest 0.50x" in told
    assert told.endswith("of cells in which nothing differs, up to 1 % leave out 1 by chance.")


def test_the_other_way_round_is_told_the_other_way_round(tmp_path):
    run = load_run(write_run(tmp_path, **case(lambda count, threads: 1 / FAR_APART[count],
                                              spread=0.0)))
    told = reading(run)
    assert "which the plan named before it ran: 2.00x (" in told
    assert "Of 6 cells 2 show reuseport_loops ahead, 2 behind, 2 no difference;" in told


def test_small_differences_stay_pale(tmp_path):
    _, figure, _ = drawn(draw, tmp_path, **case(lambda *at: 1.05, spread=0.0))
    for face, _, number in looks_of(figure).values():
        assert number == "1.05x" and style.luminance(face) > 200 and face != style.WHITE


def test_what_has_no_ratio_is_hatched_and_says_why(tmp_path):
    run, figure, _ = drawn(draw, tmp_path, **case(lambda *at: 1.5, verdict_of=invalid_at(2)))
    assert {look for at, look in looks_of(figure).items() if at[0] == 1} == {
        (style.WHITE, True, "no ratio")}
    assert "no ratio in 3 cells: shared_cpus 48 trials" in said(figure)
    assert "named before it ran: no ratio: 0 of 8 blocks have both valid" in reading(run)
    assert "and 3 have no ratio (shared_cpus 48 trials)" in reading(run)
    assert reading(run).endswith("48 of 96 trials are not valid, and in no median (shared_cpus "
                                 "48).")


def test_ranges_of_few_blocks_say_how_often_they_err(tmp_path):
    run = load_run(write_run(tmp_path, **case(lambda *at: 1.5, blocks=3)))
    assert "a range) over 3 blocks" in reading(run)
    assert reading(run).endswith("up to 25 % leave out 1 by chance.")


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    """A run that searched for what each arm holds within 2 ms: 1.5 times as much, but for 8."""
    run = load_run(write_run(tmp_path_factory.mktemp("capacity") / "run",
                             **case(lambda *at: 1.0, blocks=6)))
    found = []
    for block in range(6):
        for trial in run.arms:
            if trial.block == block:
                held = 150_000 if trial.arm.architecture == OVER else 100_000
                ends = {8: "untold", 32: "too_noisy" if block == 0 else "confirmed"}
                found.append(Capacity(trial.cell, trial.arm, trial.threads, block,
                                      trial.conditions, held, held + 5000,
                                      ends.get(trial.conditions.connections, "confirmed")))
    return replace(run, trials=(), stored=(), mode="poisson", capacities=tuple(found),
                   capacity_p99="2ms")


def test_capacities_have_a_map_of_their_own(searched):
    figure, renderer = figure_of(draw, searched)
    assert_texts_apart(figure, renderer)
    assert "requests per second held with a p99 from due within 2ms" in said(figure)
    looks = looks_of(figure)
    assert looks[1, 2][2] == "1.50x" and looks[1, 1][2] == "1.50x"
    assert looks[1, 0] == (style.WHITE, True, "no ratio")
    told = reading(searched)
    assert "before it ran: no ratio: 0 of 6 blocks have both valid (load generator at" in told
    assert ("Of 6 cells 2 show reuseport_loops ahead, 0 behind, 2 no difference"
            in told), "five blocks are a range"
    assert "1.50x (1.50–1.50, a range) over 5 blocks" in told, "the spoilt block is in none"


def test_one_that_holds_nothing_is_no_ratio(searched):
    nothing = tuple(replace(one, held_per_s=0, end="nothing_held") if one.arm == Arm(
        OVER, "epoll", "nghttp2") else one for one in searched.capacities)
    assert "0 show reuseport_loops ahead" in reading(replace(searched, capacities=nothing))


def test_what_cannot_be_drawn_says_why(tmp_path):
    run = load_run(write_run(tmp_path, **CASES["wins and losses"]))
    assert missing(run) == ""
    assert missing(replace(run, headline=None)).startswith("comparison: its plan names no headline")
    assert missing(replace(run, mode="constant")).startswith("closed loop: its plan offers a rate")
    alone = tuple(trial for trial in run.stored if trial.arm.architecture == OVER)
    assert "trial of both of what the headline compares" in missing(replace(run, stored=alone))


@pytest.mark.parametrize("folder", sorted(PUBLISHED.glob("2*")), ids=lambda path: path.name)
def test_published_runs_have_one_number_of_connections(folder):
    assert missing(load_run(folder)) == (
        "second number of connections: a plan of several has them (coresweep run connections)")
