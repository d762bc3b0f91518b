#!/usr/bin/env python3
"""Do all pairs of hosts say the same? The headline's ratio by the pair that its blocks ran on.

Of a fleet: a block is on one pair, so each dot is a ratio of neighbours on one server. A pair whose
median lies far from the others' has a machine, or a network, that is another one.
"""

from __future__ import annotations

import math
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import command
import comparison
import frame
import marks
import strips
import style
import wording
from chart import Chart
from comparison import Ratio
from ratio_by_cores import Pair as BlockRatio
from ratio_by_cores import pairs_of as block_ratios_of
from run import Run
from trial import Trial
from wording import counted

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Row:
    """Of one pair. blocks: each block's ratio, and whether it is one of those summed up."""

    name: str
    ratio: Ratio
    blocks: list[BlockRatio]

    @property
    def median(self) -> float | None:
        """None where it is refused, as any ratio is."""
        return None if self.ratio.is_refused else self.ratio.interval.median


def rows_of(run: Run) -> list[Row]:
    """In the order of the pairs' names; those without a block of both sides are not there."""
    headline = run.headline
    at = (headline.threads, headline.conditions)
    sides = [comparison.trials_at(run, arm, *at) for arm in (headline.over, headline.under)]
    rows = []
    for name in sorted({trial.pair for side in sides for trial in side if trial.pair}):
        over, under = ([trial for trial in side if trial.pair == name] for side in sides)
        if over and under:
            ratio = comparison.ratio_of(over, under, _only(run, [*over, *under]))
            rows.append(Row(name, ratio, block_ratios_of(over, under, ratio)))
    return rows


def _only(run: Run, trials: Sequence[Trial]) -> Run:
    """`run`, if it had had no other blocks than these trials'."""
    return replace(run, blocks_planned=len({trial.block for trial in trials}), blocks_ended=None)


def missing(run: Run) -> str:
    if run.headline is not None and len(rows_of(run)) > 1:
        return ""
    return "second pair of hosts with a ratio: a fleet has them (coresweep fleet)"


def farthest(rows: Sequence[Row]) -> Row | None:
    """The one whose median lies farthest from the others'. None of fewer than three medians."""
    told = [row for row in rows if row.median is not None]
    if len(told) < 3:
        return None
    middle = statistics.median(row.median for row in told)
    return max(told, key=lambda row: abs(math.log(row.median / middle)))


def draw(run: Run) -> Figure:
    """The chart. It takes the settings it is drawn under: call it within style.applied()."""
    rows, look = rows_of(run), style.styles_of_arms(run.compared)[run.headline.over]
    names = [wording.name_of(arm, run) for arm in (run.headline.over, run.headline.under)]
    legend = legend_of(rows)
    where = wording.conditions_text(run.headline.conditions, run)
    figure, (axes,) = strips.strip_axes(
        title=f"Do all {len(rows)} pairs of hosts say the same?",
        subtitles=(f"{names[0]} / {names[1]} at {counted(run.headline.threads, 'server thread')}"
                   + (f", {where}" if where else ""),
                   wording.machine_text(run), wording.load_text(run), *wording.skipped_text(run)),
        names=[row.name for row in rows], headings=[ratio_name(run)], legend_rows=len(legend),
        room=frame.text_width(" no ratio, 99 blocks ", style.SMALL_SIZE))
    strips.start_x_at_zero(axes, max([1.0, *(one.value for row in rows for one in row.blocks)]))
    axes.set_xlabel("times")
    axes.axvline(1.0, color=style.TEXT, linewidth=0.8, zorder=1)
    for number, row in enumerate(rows):
        blocks = [one.block for one in row.blocks]
        marks.draw_dots(axes, ((one.value, number + 0.5 * marks.place_among(blocks, one.block),
                                one.counts) for one in row.blocks),
                        look.color, style.marker_of(look))
        if row.median is not None:
            axes.plot([row.median] * 2, [number - 0.36, number + 0.36], color=look.color,
                      linewidth=2.2, solid_capstyle="butt", zorder=4, label="_median")
        text = "no ratio" if row.median is None else f"{row.median:.2f}x"
        strips.write_beside(axes, number, f"{text}, {counted(row.ratio.blocks, 'block')}")
    strips.legend_below(figure, [axes], legend)
    return figure


def ratio_name(run: Run) -> str:
    return ("p99 from due" if run.is_open else "requests per second") + ": ratio within a block"


def legend_of(rows: Sequence[Row]) -> list:
    from matplotlib.lines import Line2D

    found: list = []
    if any(one.counts for row in rows for one in row.blocks):
        found.append(marks.sample(marks.DOT_SIZE, style.FAINT_TEXT, "one block"))
    if any(row.median is not None for row in rows):
        found.append(Line2D([], [], color=style.FAINT_TEXT, linewidth=2.2,
                            label="median of a pair's blocks"))
    if any(not one.counts for row in rows for one in row.blocks):
        found.append(marks.sample(marks.DOT_SIZE, "white",
                                  "hollow: a trial of the block is not valid, or the pair has no "
                                  "ratio"))
    refused = [f"{row.name}: no ratio: {row.ratio.refusal}" for row in rows
               if row.median is None]
    more = len(refused) - marks.MOST_WITHOUT_MEDIAN
    if more > 0:
        refused = [*refused[:marks.MOST_WITHOUT_MEDIAN], f"and {counted(more, 'pair')} more"]
    return [*found, *map(marks.text_row, refused)]


def reading(run: Run) -> str:
    """Such as "pair04: 2.31x; the other 11: 1.98-2.10x"."""
    rows = rows_of(run)
    told = [row for row in rows if row.median is not None]
    without = [row.name for row in rows if row.median is None]
    sentences = []
    odd = farthest(rows)
    if odd is not None:
        others = [row.median for row in told if row is not odd]
        sentences.append(f"{odd.name}: {odd.median:.2f}x; the other {len(others)}: "
                         f"{min(others):.2f}\N{EN DASH}{max(others):.2f}x.")
    elif told:
        sentences.append("; ".join(f"{row.name}: {row.median:.2f}x" for row in told) + ".")
    if without:
        sentences.append(f"There is no ratio on {', '.join(without[:5])}"
                         + (f" and {len(without) - 5} more" if len(without) > 5 else "") + ".")
    return " ".join(sentences)


CHART = Chart(
    name="ratio_by_pair",
    question="Do all pairs of hosts say the same?",
    missing=missing,
    draw=draw,
    reading=reading,
)

if __name__ == "__main__":
    sys.exit(command.run_chart(CHART, sys.argv[1:]))
