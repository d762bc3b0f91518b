"""Rows of the legend of a chart that has figures besides throughput, and how its medians look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import style
from comparison import Interval
from marks import DOT_SIZE, SHADE
from trial import Trial
from wording import counted

if TYPE_CHECKING:
    from matplotlib.lines import Line2D

MEDIAN_SIZE = 8.0  # points


def median(color: str, marker, size: float = MEDIAN_SIZE) -> dict:
    return {"color": color, "marker": marker, "markersize": size, "markeredgewidth": 0.5,
            "markeredgecolor": "white", "linestyle": "none", "zorder": 4}


def row(text: str, **look) -> Line2D:
    """A row of the legend; without a look it has no mark."""
    from matplotlib.lines import Line2D

    return Line2D([], [], label=text, **{"linestyle": "none", **look})


def band_row(text: str) -> Line2D:
    return row(text, color=style.FAINT_TEXT, linestyle=style.SOLID, linewidth=7.0,
               alpha=2 * SHADE)


def block_row(text: str = "one block") -> Line2D:
    return row(text, marker="o", markersize=DOT_SIZE, markerfacecolor=style.FAINT_TEXT,
               markeredgecolor=style.FAINT_TEXT)


def median_row(text: str = "median of the valid trials") -> Line2D:
    return row(text, marker="o", markersize=MEDIAN_SIZE, markerfacecolor=style.FAINT_TEXT,
               markeredgecolor=style.FAINT_TEXT)


def fault_rows(trials: Iterable[Trial], figure: Callable[[Trial], float | None]) -> list[Line2D]:
    """Why trials are hollow, and how many have no figure to be drawn at."""
    trials = list(trials)
    hollow = Counter(" + ".join(trial.faults) for trial in trials
                     if not trial.is_valid and figure(trial) is not None)
    rows = [row(f"hollow: {faults} ({counted(count, 'trial')})", marker="o", markersize=DOT_SIZE,
                markerfacecolor="white", markeredgecolor=style.FAINT_TEXT)
            for faults, count in sorted(hollow.items())]
    without = sum(figure(trial) is None for trial in trials)
    return rows + ([row(f"no number: {counted(without, 'trial')}")] if without else [])


def interval_text(interval: Interval | None) -> str:
    """Of a shade, such as "shaded: 96.1 % interval of the median"."""
    if interval is None or not interval.is_interval:
        return "shaded: the range, of too few blocks for an interval"
    return f"shaded: {100 * interval.coverage:.1f} % interval of the median"
