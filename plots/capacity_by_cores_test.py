"""Capacity by cores: every search where it ended, and no median that leaves out a bound."""

import statistics
from dataclasses import replace
from functools import lru_cache

import pytest

import style
from answer import answer_of
from capacity_by_cores import NO_ANSWER, draw, missing, reading
from drawn import assert_texts_apart, figure_of, said
from ratio_maps import maps_of
from results import load_run
from run import CpuDivision
from synthetic_run import PUBLISHED, invented_throughput
from trial import ASKED_NOTHING, Arm, Capacity, Conditions

PLAIN = Conditions(**ASKED_NOTHING, connections=None, streams=None)


def confirmed(architecture, threads, block) -> str:
    return "confirmed"


def untold_once(architecture, threads, block) -> str:
    return "untold" if (architecture, threads, block) == ("shared_reactor", 2, 1) else "confirmed"


def noisy_once(architecture, threads, block) -> str:
    return "too_noisy" if (architecture, block) == ("shared_reactor", 1) else "confirmed"


@lru_cache
def a_real_run():
    return load_run(PUBLISHED / "20261126T174556Z-bench")


def searched(architectures=("shared_reactor", "reuseport_loops"), counts=(1, 2), blocks=6,
             end_of=confirmed, held=invented_throughput, conditions=(PLAIN,)):
    """A real run's machine and plan, with invented searches and no trial of an arm."""
    found = tuple(
        Capacity("cell", Arm(name, "epoll", "nghttp2"), threads, block, asked,
                 held(name, threads, block), 1.02 * held(name, threads, block),
                 end_of(name, threads, block))
        for asked in conditions for block in range(blocks) for threads in counts
        for name in architectures)
    run = a_real_run()
    return replace(run, trials=(), stored=(), capacities=found, capacity_p99="2ms", mode="poisson",
                   blocks_planned=blocks, blocks_ended=blocks,
                   cpu_division=CpuDivision(tuple(range(64)), (64,), 64),
                   headline=replace(run.headline, conditions=PLAIN))


COSTS = tuple(PLAIN._replace(handler_cpu=cost) for cost in ("0ns", "5us"))
CASES = {
    "two counts": searched(),
    "one block, one count": searched(counts=(1,), blocks=1),
    "a bound": searched(end_of=untold_once),
    "a noisy one": searched(end_of=noisy_once),
    "no answer at all": searched(end_of=lambda *at: "untold"),
    "nothing held": searched(held=lambda *at: 0, end_of=lambda *at: "nothing_held"),
    "ten architectures, 64 counts": searched(list(style.ARCHITECTURES), range(1, 65), 1),
    "ten architectures at one count": searched(list(style.ARCHITECTURES), (4,), 3),
    "two costs": replace(searched(conditions=COSTS), asked={
        **searched().asked, "handler_cpu": ("0ns", "5us")}),
    "for shares": replace(searched(blocks=1), capacity_p99=None, blocks_planned=9, asked={
        **searched().asked, "rate": ("30%", "50%")}),
}


@pytest.fixture(scope="module", params=CASES)
def chart(request):
    run = CASES[request.param]
    return run, *figure_of(draw, run)


def lines_of(figure) -> dict:
    return {(i, line.get_label()): {x: y for x, y in line.get_xydata() if y == y}
            for i, axes in enumerate(figure.axes) for line in axes.lines
            if not line.get_label().startswith("_") and line.get_transform() == axes.transData}


def test_no_text_overlaps_another_or_is_clipped(chart):
    assert_texts_apart(*chart[1:])


def test_every_search_is_a_dot_with_a_bar_and_hollow_without_an_answer(chart):
    run, figure, _ = chart
    looks = style.styles_of([found.arm.architecture for found in run.capacities])
    for name, look in looks.items():
        own = [found for found in run.capacities if found.arm.architecture == name]
        dots = [(line.get_ydata()[0], line.get_markerfacecolor() == "none")
                for axes in figure.axes for line in axes.lines
                if line.get_marker() == look.marker and line.get_linestyle() == "None"
                and line.get_transform() == axes.transData]
        assert sorted(dots) == sorted((found.held_per_s, found.end in NO_ANSWER) for found in own)
    bars = sorted((low[1], high[1]) for axes in figure.axes for collection in axes.collections
                  for low, high in getattr(collection, "get_segments", list)()
                  if collection.get_linewidth()[0] < 1)
    assert bars == sorted((found.held_per_s, found.not_held_per_s) for found in run.capacities)
    assert all(axes.get_ylim()[0] == 0 for axes in figure.axes)


def test_lines_join_the_medians_of_answers(chart):
    run, figure, _ = chart
    asked = list(dict.fromkeys(found.conditions for found in run.capacities))
    counts = {found.threads for found in run.capacities}
    for (panel, name), line in lines_of(figure).items():
        for x, median in line.items():  # of many lines at one count it stands beside it
            threads = min(counts, key=lambda count: abs(count - x))
            assert median == statistics.median(
                found.held_per_s for found in run.capacities if found.threads == threads
                and found.arm.architecture == name and found.conditions == asked[panel]
                and found.end not in NO_ANSWER)


def test_a_count_with_a_bound_has_no_median_and_says_why():
    figure, _ = figure_of(draw, CASES["a bound"])
    lines = lines_of(figure)
    assert set(lines[0, "shared_reactor"]) == {1} and set(lines[0, "reuseport_loops"]) == {1, 2}
    assert ("hollow: the load generator, its ports or its window was the limit: it holds that or "
            "more, and there is no median (1 search)") in said(figure)


def test_what_the_host_spoilt_is_left_out():
    run = CASES["a noisy one"]
    figure, _ = figure_of(draw, run)
    assert lines_of(figure)[0, "shared_reactor"][2] == statistics.median(
        found.held_per_s for found in run.capacities if found.threads == 2
        and found.arm.architecture == "shared_reactor" and found.block != 1)
    assert "hollow, in no median: spoilt by the host (2 searches)" in said(figure)
    most = searched(end_of=lambda name, threads, block: "too_noisy" if block < 3 else "confirmed")
    assert "shared_reactor: no median" in said(figure_of(draw, most)[0])


def test_titles_say_what_held_means():
    assert "How many requests a second does each hold with a p99 from due within 2ms?" in said(
        figure_of(draw, CASES["two counts"])[0])
    text = said(figure_of(draw, CASES["for shares"])[0])
    assert "How many requests a second does each hold, whatever the latency?" in text
    assert "unfinished" not in text


def test_doubts_are_counted():
    run = searched(end_of=lambda name, threads, block: "out_of_trials" if block else "confirmed")
    assert "ended before it was sure: 20 searches" in said(figure_of(draw, run)[0])


def test_without_searches_it_names_the_command():
    assert missing(a_real_run()) == (
        "search for what is held: a run of its own has them (coresweep capacity PLAN --p99 2ms)")
    assert missing(CASES["two counts"]) == ""


def held_by(of_name: dict, **changes):
    return reading(searched(held=lambda name, *at: of_name[name], **changes))


def test_the_reading_has_medians_and_the_ratio():
    assert held_by({"shared_reactor": 20_000, "reuseport_loops": 30_000}) == (
        "Requests per second held with a p99 from due within 2ms, at 1 server thread, median "
        "over blocks: reuseport_loops 30.0 k, shared_reactor 20.0 k. reuseport_loops against "
        "shared_reactor: 1.50x (1.50\N{EN DASH}1.50, 96.9 % interval) over 6 blocks.")
    assert ": 0.50x (" in held_by({"shared_reactor": 20_000, "reuseport_loops": 10_000})
    assert held_by({"shared_reactor": 20_000, "reuseport_loops": 20_000}, blocks=5).endswith(
        "1.00x (1.00\N{EN DASH}1.00, a range) over 5 blocks: no difference shown.")


def test_the_reading_refuses_what_would_select_the_answer():
    both = {"shared_reactor": 20_000, "reuseport_loops": 30_000}
    text = held_by(both, end_of=lambda name, threads, block:
                   "untold" if (name, block) == ("shared_reactor", 0) else "confirmed")
    assert "shared_reactor not known." in text
    assert text.endswith("no ratio: in 1 of 6 blocks the load generator, its ports or its window "
                         "was the limit of an arm: leaving these out would select the answer. 2 of "
                         "24 searches came to no answer.")
    text = held_by(both, end_of=noisy_once)
    assert ("1.50x (1.50\N{EN DASH}1.50, a range) over 5 blocks: no difference shown (too few "
            "blocks") in text
    assert "no ratio: in 6 of 6 blocks an arm held no rate for sure" in held_by(
        {"shared_reactor": 0, "reuseport_loops": 30_000},
        end_of=lambda name, *at: "nothing_held" if name == "shared_reactor" else "confirmed")


def test_the_answer_the_chart_and_the_map_say_the_same_of_a_block_spoilt_and_untold():
    """As the sweep has it: what the host spoilt says nothing, whatever the other search came to."""
    def end_of(name, threads, block):
        if block == 1:
            return "too_noisy" if name == "shared_reactor" else "untold"
        return "confirmed"

    conditions = PLAIN._replace(connections=8)
    run = replace(searched(end_of=end_of, held=lambda name, *at: 30_000 if name != "shared_reactor"
                           else 20_000, conditions=(conditions,), blocks=8), connections=(8, 32))
    run = replace(run, asked={**run.asked, "connections": (8, 32)},
                  headline=replace(run.headline, conditions=conditions))
    said_of_all = [reading(run), answer_of(run).sentence,
                   *(ratio.text() for one in maps_of(run) for ratio in one.cells.values())]
    assert len(said_of_all) == 4
    assert all("1.50x (1.50\N{EN DASH}1.50, 98.4 % interval" in text for text in said_of_all)


def test_one_search_each_shows_no_difference():
    text = held_by({"shared_reactor": 20_000, "reuseport_loops": 30_000}, blocks=1)
    assert "1.50x in the one block: no difference shown" in text and "ahead" not in text
