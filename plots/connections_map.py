#!/usr/bin/env python3
"""With how many connections, and on how many cores, does it win or lose? A map of the ratio.

Each cell is the headline's comparison at one number of connections and of server threads: in a
closed loop of requests per second; where the run searches for capacity, of the rates that are held.
Its colour is the ratio's logarithm, so that twice and half are equally far from the middle; its
number is written in it. Grey shows no difference, hatched has no ratio.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import command
import comparison
import frame
import style
import wording
from chart import Chart
from comparison import Ratio
from ratio_maps import Map, maps_of
from run import Run
from thread_axis import boundaries_of
from wording import counted

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FALLBACK_TITLE = "With how many connections, and on how many cores, does it win or lose?"
ROW_HEIGHT = 0.62  # inches: a number and its interval
LEAST_ROW_HEIGHT = 0.2
LEAST_EXTENT = math.log(1.25)  # full colour is never less: small differences stay pale
HATCH = "////"
DARK = 110  # luminance of a cell below which its number is white
SMALLEST_SIZE = 4.5  # points, of a number in a narrow cell


def draw(run: Run) -> Figure:
    """The chart. It takes the settings it is drawn under: call it within style.applied()."""
    maps = maps_of(run)
    threads = sorted({at[1] for one in maps for at in one.cells})
    boundaries = [one for one in boundaries_of(run) if one.threads < threads[-1]] if (
        run.arms) else []
    extent = _extent(maps)
    legend = _legend_of(run, maps, extent)
    heights = []
    for one in maps:
        rows = len({at[0] for at in one.cells})
        heights.append(rows * max(LEAST_ROW_HEIGHT, min(ROW_HEIGHT, style.AXES_HEIGHT / rows)))
    figure, all_axes = frame.framed_axes(
        title=" ".join(run.question.split()) or FALLBACK_TITLE,
        subtitles=(f"{_pair(run)}: the ratio over connections and server threads",
                   wording.machine_text(run), wording.load_text(run), *wording.skipped_text(run)),
        rows_above=len(boundaries) + 1, end_texts=[" "], legend_rows=len(legend),
        axes_heights=heights,
    )
    for axes, one in zip(all_axes, maps):
        _draw_map(axes, one, threads, _colors(run), extent)
        for row, boundary in enumerate(reversed(boundaries)):
            x = sum(count <= boundary.threads for count in threads) - 0.5
            axes.axvline(x, color=style.TEXT, linewidth=1.1, linestyle=style.SHORT_DASHES)
            frame.write_above(axes, x, row, boundary.text)
        frame.write_heading(axes, len(boundaries), one.heading)
    frame.legend_below(figure, all_axes[-1], legend)
    return figure


def _pair(run: Run) -> str:
    return (f"{wording.name_of(run.headline.over, run)} / "
            f"{wording.name_of(run.headline.under, run)}")


def _extent(maps: Sequence[Map]) -> float:
    """Of the colours to either side: a logarithm of a ratio."""
    shown = [abs(math.log(ratio.interval.median)) for one in maps for ratio in one.cells.values()
             if not ratio.is_refused and ratio.shows_difference]
    return max([LEAST_EXTENT, *shown])


def _colors(run: Run):
    """From where `under` is ahead to where `over` is: blue and orange, told apart by every eye.

    They are the architectures' own where those are blue and orange.
    """
    from matplotlib.colors import LinearSegmentedColormap

    arms = (run.headline.under, run.headline.over)
    styles = style.styles_of_arms(arms)
    ends = [styles[arm].color for arm in arms]
    if set(ends) != {style.ORANGE, style.BLUE}:
        ends = [style.ORANGE, style.BLUE]
    return LinearSegmentedColormap.from_list("ratio", [ends[0], style.WHITE, ends[1]])


def _draw_map(axes, one: Map, threads: Sequence[int], colors, extent: float) -> None:
    from matplotlib.colors import to_hex
    from matplotlib.patches import Rectangle

    connections = sorted({at[0] for at in one.cells})
    axes.set_xlim(-0.5, len(threads) - 0.5)
    axes.set_ylim(-0.5, len(connections) - 0.5)
    width, height = frame.size_in_inches(axes)
    cell = (width / len(threads), height / len(connections))
    told = [_written(ratio) for ratio in one.cells.values()]
    fit = _fit([numbers for numbers, _ in told], [numbers + "\n" + ends for numbers, ends in told],
               cell)
    for (count, thread_count), ratio in one.cells.items():
        x, y = threads.index(thread_count), connections.index(count)
        face, look = style.WHITE, {"hatch": HATCH, "edgecolor": style.BOUNDARY}
        if not ratio.is_refused:
            face, look = style.NO_DIFFERENCE, {"edgecolor": style.WHITE}
            if ratio.shows_difference:
                face = to_hex(colors(0.5 + 0.5 * math.log(ratio.interval.median) / extent))
        axes.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, linewidth=1.0, facecolor=face, **look))
        numbers, ends = _written(ratio)
        color = style.WHITE if style.luminance(face) < DARK else style.TEXT
        axes.text(x, y, f"{numbers}\n{ends}".strip() if fit.with_ends else numbers, ha="center",
                  va="center", size=fit.size, rotation=fit.rotation, color=color, linespacing=1.1,
                  bbox=({"facecolor": "white", "edgecolor": "none", "pad": 0.8}
                        if ratio.is_refused else None))
    _name_cells(axes.xaxis, threads, cell[0], "server threads")
    _name_cells(axes.yaxis, connections, cell[1], "connections")


def _written(ratio: Ratio) -> tuple[str, str]:
    """The number in a cell, and the interval below it."""
    if ratio.is_refused:
        return "no ratio", ""
    found = ratio.interval
    return f"{found.median:.2f}x", f"{found.low:.2f}\N{EN DASH}{found.high:.2f}"


@dataclass(frozen=True)
class Fit:
    """How numbers are written so that all fit their cells."""

    size: float
    rotation: int
    with_ends: bool


def _fit(short: Sequence[str], long: Sequence[str], cell: tuple[float, float]) -> Fit:
    def widest(texts: Sequence[str], size: float) -> float:
        lines = {line for text in texts for line in text.split("\n") if line}
        return max(frame.text_width(line, size) for line in lines)

    def tall(lines: int, size: float) -> float:
        return lines * size * frame.LINE_SPACING / frame.POINTS_PER_INCH

    width, height = 0.94 * cell[0], 0.94 * cell[1]
    size = style.SMALL_SIZE
    if widest(long, size) <= width and tall(2, size) <= height:
        return Fit(size, 0, True)
    while size > SMALLEST_SIZE:
        if widest(short, size) <= width and tall(1, size) <= height:
            return Fit(size, 0, False)
        if widest(short, size) <= height and tall(1, size) <= width:
            return Fit(size, 90, False)
        size -= 0.5
    return Fit(size, 90 if cell[1] > cell[0] else 0, False)


def _name_cells(axis, counts: Sequence[int], room: float, name: str) -> None:
    """Each of them, or every second and so on where they would touch: the last always."""
    if axis.axis_name == "x":
        needed = max(frame.text_width(f" {count} ", style.TEXT_SIZE) for count in counts)
    else:
        needed = style.TEXT_SIZE * frame.LINE_SPACING / frame.POINTS_PER_INCH
    step = max(1, math.ceil(needed / room))
    last = len(counts) - 1
    axis.set_ticks(range(len(counts)),
                   [str(count) if (last - i) % step == 0 else "" for i, count in enumerate(counts)])
    axis.set_label_text(name)
    axis.set_tick_params(length=0)


def _legend_of(run: Run, maps: Sequence[Map], extent: float) -> list:
    from matplotlib.patches import Patch

    colors = _colors(run)
    ratios = [ratio for one in maps for ratio in one.cells.values()]
    shown = [ratio for ratio in ratios if ratio.shows_difference]
    rows = []
    for arm, end, sign in ((run.headline.over, 1.0, 1), (run.headline.under, 0.0, -1)):
        if any(sign * (ratio.interval.median - 1) > 0 for ratio in shown):
            full = math.exp(sign * extent)
            rows.append(Patch(facecolor=colors(end), label=f"{wording.name_of(arm, run)} ahead; "
                              f"full colour at {full:.2f}x, by the ratio's logarithm"))
    if any(not ratio.is_refused and not ratio.shows_difference for ratio in ratios):
        rows.append(Patch(facecolor=style.NO_DIFFERENCE, label="no difference shown: within "
                          "the noise, its interval contains 1, or too few blocks for one"))
    refused = [ratio for ratio in ratios if ratio.is_refused]
    if refused:
        rows.append(Patch(facecolor="white", edgecolor=style.BOUNDARY, hatch=HATCH,
                          label=f"no ratio in {counted(len(refused), 'cell')}: {_why(refused)}"))
    if any(len(one.cells) < len({at[0] for at in one.cells})
           * len({at[1] for other in maps for at in other.cells}) for one in maps):
        rows.append(Patch(facecolor="white", label="empty: not measured"))
    return rows


def _why(refused: Sequence[Ratio]) -> str:
    verdicts = sum((ratio.verdicts for ratio in refused), Counter())
    told = ", ".join(f"{name} {count}" for name, count in sorted(verdicts.items()))
    return f"{told} trials" if told else "in half of the blocks or fewer both ran"


def missing(run: Run) -> str:
    if len(run.asked["connections"]) < 2:
        return ("second number of connections: a plan of several has them (coresweep run "
                "connections)")
    if run.headline is None:
        return "comparison: its plan names no headline, as connections does"
    if run.is_open and run.capacity_p99 is None:
        return "closed loop: its plan offers a rate (coresweep run connections)"
    if not maps_of(run):
        return ("trial of both of what the headline compares, at the same connections and threads: "
                "the sweep did not come to it (coresweep run connections)")
    return ""


def reading(run: Run) -> str:
    """The cell that the plan named before it ran; then where the ratio is highest and lowest."""
    maps = maps_of(run)
    named = (run.headline.conditions.connections, run.headline.threads)
    cells = [(ratio, f"{counted(connections, 'connection')} and {counted(threads, 'server thread')}"
              + (f" ({one.heading})" if len(maps) > 1 else ""))
             for one in maps for (connections, threads), ratio in sorted(one.cells.items())]
    over, under = (wording.name_of(arm, run) for arm in (run.headline.over, run.headline.under))
    told = f"{over} against {under}, {maps[0].heading.split(' · ')[0]}"
    headline = next((one.cells[named] for one in maps if named in one.cells), None)
    if headline is not None and len(maps) == 1:
        told += (f", at {counted(named[0], 'connection')} and "
                 f"{counted(named[1], 'server thread')}, which the plan named before it ran: "
                 f"{headline.text()}")
    known = [(ratio, at) for ratio, at in cells if not ratio.is_refused]
    ahead = sum(ratio.shows_difference and ratio.interval.median > 1 for ratio, _ in known)
    behind = sum(ratio.shows_difference and ratio.interval.median < 1 for ratio, _ in known)
    refused = [ratio for ratio, _ in cells if ratio.is_refused]
    told += (f". Of {counted(len(cells), 'cell')} {ahead} show {over} ahead, {behind} behind, "
             f"{len(known) - ahead - behind} no difference")
    if refused:
        told += f", and {len(refused)} have no ratio ({_why(refused)})"
    if len(known) > 1:
        lowest = min(known, key=lambda one: one[0].interval.median)
        highest = max(known, key=lambda one: one[0].interval.median)
        told += (f"; the highest is {highest[0].text()}, at {highest[1]}, the lowest "
                 f"{lowest[0].text()}, at {lowest[1]}; {_chance(known)}")
    return " ".join([told + ".", *wording.left_out_text(run.arms)])


def _chance(known: Sequence[tuple[Ratio, str]]) -> str:
    """Of the best of many cells: looking for it is what makes it look so good."""
    blocks = min(len(ratio.values) for ratio, _ in known)
    coverage = min(ratio.interval.coverage for ratio, _ in known)
    if coverage == 0:  # ranges
        coverage = comparison.coverage_of_ranks(blocks, 1) if blocks > 1 else 0.0
    return (f"of cells in which nothing differs, up to {100 * (1 - coverage):.0f} % leave out 1 by "
            "chance")


CHART = Chart("connections_map", __doc__.splitlines()[0], missing, draw, reading)

if __name__ == "__main__":
    sys.exit(command.run_chart(CHART, sys.argv[1:]))
