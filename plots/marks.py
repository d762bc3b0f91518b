"""How one trial, a median and its interval are marked, in every chart, and how the legend says it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

import comparison
import style
import wording
from comparison import Interval
from panels import MEDIAN_SIZES
from run import Run
from style import SeriesStyle
from thread_axis import ThreadAxis
from trial import Trial
from wording import counted

if TYPE_CHECKING:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

DOT_SIZE = 4.2  # points
SMALL_DOT_SIZE = 2.6  # with more than MOST_MARKED counts
MOST_WITHOUT_MEDIAN = 6  # that the legend names
SHADE = 0.15  # opacity of an interval
BAR_OF_MEDIAN = 0.42  # of a line's part of the band, to either side: where no line joins medians
MOST_MARKED = 16  # thread counts: a median's mark would cover the dots of more
SHADE_OF_ONE = 14.0  # points: the width of an interval without a neighbour, beyond its median


class Placed(Protocol):
    """A line by threads, and the part of each band that is its own (panels.Series)."""

    name: str
    style: SeriesStyle
    place: float
    width: float
    median_size: float


def dot(color: str, marker, is_valid: bool) -> dict:
    """How one block is marked: translucent, so that those it covers show, or hollow."""
    look = {"color": color, "marker": marker, "markersize": DOT_SIZE, "linestyle": "none",
            "zorder": 3}
    if is_valid:
        return {**look, "alpha": 0.6, "markeredgewidth": 0.0}
    return {**look, "markerfacecolor": "none", "markeredgewidth": 0.8}


def draw_dots(axes, points: Iterable[tuple[float, float, bool]], color: str, marker,
              **more) -> None:
    """x, y, and whether it is valid: all of them at once, since each artist takes its time."""
    found = list(points)
    for is_valid in (True, False):
        alike = [(x, y) for x, y, valid in found if valid == is_valid]
        if alike:
            axes.plot(*zip(*alike), label="_block", **{**dot(color, marker, is_valid), **more})


def place_among(blocks: Sequence[int], block: int) -> float:
    """Blocks stand in their order: -0.5 for the first to 0.5 for the last, so drift shows.

    blocks: ascending
    """
    last = len(blocks) - 1
    return blocks.index(block) / last - 0.5 if last else 0.0


def draw_medians(axes, axis: ThreadAxis, one: Placed, intervals: dict[int, Interval],
                 as_bars: bool) -> None:
    """A line that joins them with their intervals behind it; or bars beside the thread counts.

    A count without a median breaks the line: nothing was measured between its neighbours. With
    many counts, the line alone shows medians, and a mark those that no line joins.
    """
    look, counts = one.style, list(axis.half_bands)
    if as_bars:
        for count, interval in intervals.items():
            middle = axis.position(count, one.place)
            half = axis.half_bands[count] * BAR_OF_MEDIAN * one.width
            axes.plot([middle - half, middle + half], [interval.median] * 2, color=look.color,
                      linewidth=2.2, solid_capstyle="butt", label=one.name, zorder=4)
            axes.fill_between([middle - half, middle + half], interval.low, interval.high,
                              color=look.color, alpha=SHADE, linewidth=0, zorder=1.5)
        return
    medians = {count: interval.median for count, interval in intervals.items()}
    alone = [i for i, count in enumerate(counts) if count in medians
             and not set(counts[max(0, i - 1) : i + 2]) & set(medians) - {count}]
    marked = are_marked(counts)
    axes.plot(counts, [medians.get(count, float("nan")) for count in counts],
              color=look.color, linestyle=look.line, linewidth=1.8 if marked else 1.0,
              markevery=None if marked else alone,
              marker=style.marker_of(look), markersize=one.median_size, markeredgewidth=0.5,
              markeredgecolor="white", label=one.name, zorder=2)
    shade(axes, counts, intervals, look.color)


def are_marked(counts: Sequence[int]) -> bool:
    return len(counts) <= MOST_MARKED


def dot_size(counts: Sequence[int]) -> float:
    return DOT_SIZE if are_marked(counts) else SMALL_DOT_SIZE


def median_row(run: Run, text: str) -> Line2D:
    """A row of the legend: how draw_medians shows one where it is not a bar."""
    if are_marked(run.thread_counts):
        return sample(MEDIAN_SIZES[0], style.FAINT_TEXT, text)
    return text_row(f"line: {text}", color=style.FAINT_TEXT, linestyle=style.SOLID, linewidth=1.0)


def shade(axes, counts: Sequence[int], intervals: dict[int, Interval], color: str) -> None:
    """From low to high between neighbouring counts; a short bar where one has no neighbour."""
    look = {"color": color, "alpha": SHADE, "zorder": 1.5}
    stretch: list[int] = []
    for count in [*counts, None]:
        if count in intervals:
            stretch.append(count)
            continue
        lows, highs = ([getattr(intervals[at], end) for at in stretch] for end in ("low", "high"))
        if len(stretch) == 1:
            axes.vlines(stretch, lows, highs, linewidth=SHADE_OF_ONE, **look)
        elif stretch:
            axes.fill_between(stretch, lows, highs, linewidth=0, **look)
        stretch = []


def sample(size: float, face: str, text: str) -> Line2D:
    """A row of the legend: a mark of no architecture's colour."""
    from matplotlib.lines import Line2D

    return Line2D([], [], linestyle="none", marker="o", markersize=size, label=text,
                  markerfacecolor=face, markeredgecolor=style.FAINT_TEXT)


def text_row(text: str, **look) -> Line2D:
    """A row of the legend; without a look it has no mark."""
    from matplotlib.lines import Line2D

    return Line2D([], [], label=text, **{"linestyle": "none", **look})


def band_row(text: str) -> Line2D:
    return text_row(text, color=style.FAINT_TEXT, linestyle=style.SOLID, linewidth=7.0,
                    alpha=2 * SHADE)


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


def cell_name(trials: Sequence[Trial], run: Run) -> str:
    """Such as "reuseport_loops, 4 threads, 5us of CPU a call"."""
    first = trials[0]
    parts = (wording.name_of(first.arm, run), wording.threads_text(first.threads, [first.arm], run),
             wording.conditions_text(first.conditions, run))
    return ", ".join(part for part in parts if part)


def no_median_rows(cells: Iterable[tuple[str, Sequence[Trial]]]) -> list[Line2D]:
    """Of cells with valid trials whose median would be of chosen ones: which, and why."""
    whys = [f"{name}: {why}" for name, trials in cells
            if any(trial.is_valid for trial in trials)
            and (why := comparison.why_no_median(trials, lambda trial: 0.0))]
    more = len(whys) - MOST_WITHOUT_MEDIAN
    if more > 0:
        whys = [*whys[:MOST_WITHOUT_MEDIAN], f"and {counted(more, 'cell')} more without a median"]
    return list(map(text_row, whys))


def failed_rows(trials: Sequence[Trial]) -> list[Line2D]:
    count = sum(trial.throughput_per_s is None for trial in trials)
    return [text_row(f"failed: {counted(count, 'trial')}, no number")] if count else []
