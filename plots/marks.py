"""How one trial, a median and its interval are marked, in every chart, and how the legend says it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import comparison
import style
from comparison import Interval
from run import Run
from trial import Trial
from wording import counted

if TYPE_CHECKING:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

DOT_SIZE = 4.2  # points
SHADE = 0.15  # opacity of an interval


def dot(color: str, marker, is_valid: bool) -> dict:
    """How one block is marked: translucent, so that those it covers show, or hollow."""
    look = {"color": color, "marker": marker, "markersize": DOT_SIZE, "linestyle": "none",
            "zorder": 3}
    if is_valid:
        return {**look, "alpha": 0.6, "markeredgewidth": 0.0}
    return {**look, "markerfacecolor": "none", "markeredgewidth": 0.8}


def place_among(blocks: Sequence[int], block: int) -> float:
    """Blocks stand in their order: -0.5 for the first to 0.5 for the last, so drift shows.

    blocks: ascending
    """
    last = len(blocks) - 1
    return blocks.index(block) / last - 0.5 if last else 0.0


def shade(axes, counts: Sequence[int], intervals: dict[int, Interval], width: float,
          color: str) -> None:
    """From low to high between neighbouring counts; `width` wide where one has no neighbour."""
    look = {"color": color, "alpha": SHADE, "linewidth": 0, "zorder": 1.5}
    stretch: list[int] = []
    for count in [*counts, None]:
        if count in intervals:
            stretch.append(count)
            continue
        if stretch:
            one = len(stretch) == 1
            x = [stretch[0] - width, stretch[0] + width] if one else stretch
            found = [intervals[at] for at in (stretch * 2 if one else stretch)]
            axes.fill_between(x, [each.low for each in found], [each.high for each in found],
                              **look)
        stretch = []


def sample(size: float, face: str, text: str) -> Line2D:
    """A row of the legend: a mark of no architecture's colour."""
    from matplotlib.lines import Line2D

    return Line2D([], [], linestyle="none", marker="o", markersize=size, label=text,
                  markerfacecolor=face, markeredgecolor=style.FAINT_TEXT)


def text_row(text: str) -> Line2D:
    """A row of the legend without a mark."""
    from matplotlib.lines import Line2D

    return Line2D([], [], linestyle="none", label=text)


def interval_rows(run: Run, intervals: Sequence[Interval]) -> list[Patch]:
    """What the shade is: of too few values not even smallest to largest covers enough."""
    from matplotlib.patches import Patch

    whole = f"the median's interval, at least {100 * comparison.coverage_of(run):.0f} %"
    kinds = {one.is_interval for one in intervals if one.values > 1}
    if not kinds:
        return []
    text = {(True,): whole, (False,): "smallest to largest: of so few blocks, a range",
            (False, True): f"{whole}; of too few blocks, smallest to largest"}
    return [Patch(facecolor=style.FAINT_TEXT, alpha=2 * SHADE, linewidth=0,
                  label=f"shaded: {text[tuple(sorted(kinds))]}")]


def hollow_rows(trials: Sequence[Trial]) -> list[Line2D]:
    """Why trials that have a number are hollow."""
    hollow = Counter(" + ".join(trial.faults) for trial in trials
                     if not trial.is_valid and trial.throughput_per_s is not None)
    return [sample(DOT_SIZE, "white", f"hollow: {faults} ({counted(count, 'trial')})")
            for faults, count in sorted(hollow.items())]


def failed_rows(trials: Sequence[Trial]) -> list[Line2D]:
    count = sum(trial.throughput_per_s is None for trial in trials)
    return [text_row(f"failed: {counted(count, 'trial')}, no number")] if count else []
