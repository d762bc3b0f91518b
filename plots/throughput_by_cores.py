#!/usr/bin/env python3
"""Which architecture scales with cores? Requests per second by server threads.

One line an arm joins the medians of its valid trials: an architecture, with its http2 and engine
where a run has several, or a peer. Beside each median stands every block's value, in the order of
blocks. What is not valid is hollow, and in no median.
"""

from __future__ import annotations

import math
import statistics
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import command
import frame
import style
import wording
from results import Run, Trial
from thread_axis import ThreadAxis, draw_thread_axis, thread_axis_of
from wording import counted

if TYPE_CHECKING:  # matplotlib is loaded when there is something to draw
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

NAME = "throughput_by_cores"
FALLBACK_TITLE = "Requests per second by server threads"
CEILING_LABEL = "null responder:\nthe ceiling"
CEILING_MARKER = "d"

# A ceiling further above every server than this would press them flat: it is told, not drawn.
CEILING_IN_VIEW = 4.0

DOT_SIZE = 4.2  # points
MEDIAN_SIZES = (9.0, 6.5)  # the first architecture's and the last one's
ROOM_OF_MEDIANS = 0.3  # of half a band: no dot stands there
BAR_OF_MEDIAN = 0.42  # of a line's part of the band, to either side: where no line joins medians

# With more lines than this, names are in the order of their medians, and these are written out.
MOST_TOLD_BY_EYE = 5


@dataclass(frozen=True)
class Series:
    """One line's trials, and where in the band around a thread count its dots are drawn.

    name: the architecture, with its http2 and engine where the run has several
    place, width: middle and width of its part of the band, which goes from -1 to 1
    """

    name: str
    style: style.SeriesStyle
    place: float
    width: float
    median_size: float  # points
    trials: tuple[Trial, ...]
    is_of_many: bool

    def medians(self) -> dict[int, float]:
        """Threads to the median of the valid trials there (requests per second)."""
        valid: dict[int, list[float]] = {}
        for trial in self.trials:
            if trial.is_valid:
                valid.setdefault(trial.threads, []).append(trial.throughput_per_s)
        return {threads: statistics.median(valid[threads]) for threads in sorted(valid)}

    def end(self) -> float:
        """Where its name stands (requests per second): its level at the most threads with numbers.

        That is the valid trials' median, or else the hollow ones'. Of many lines, it is the last
        median, wherever there is one: the hollow ones are not to be compared.
        """
        if self.is_of_many and self.medians():
            return list(self.medians().values())[-1]
        measured = [trial for trial in self.trials if trial.throughput_per_s is not None]
        if not measured:
            return 0.0
        last = max(trial.threads for trial in measured)
        at_last = [trial.throughput_per_s for trial in measured if trial.threads == last]
        return self.medians().get(last, statistics.median(at_last))


@dataclass(frozen=True)
class Ceiling:
    """The null responder, which may lie too far above the servers to be in view.

    level: the median of its valid trials, or else of its hollow ones (requests per second)
    """

    level: float
    is_valid: bool
    in_view: bool


def draw(run: Run) -> Figure:
    """The chart. It takes the settings it is drawn under: call it within style.applied()."""
    series = series_of(run)
    axis = thread_axis_of(run)
    ceiling = ceiling_of(run)
    labels = [_end_label(one) for one in series]
    if ceiling is not None:
        labels.append(_ceiling_label(ceiling))
    shown = run.trials if ceiling is not None and ceiling.in_view else run.arms
    legend = legend_of(run, series, shown)

    figure, axes = frame.framed_axes(
        title=" ".join(run.question.split()) or FALLBACK_TITLE,
        subtitles=(wording.machine_text(run), wording.load_text(run), *wording.skipped_text(run)),
        rows_above=len(axis.boundaries),
        end_texts=[label.text for label in labels],
        legend_rows=len(legend),
    )
    style.start_y_at_zero(axes, _largest(shown), "requests per second")
    draw_thread_axis(axes, axis)
    for one in series:
        _draw_series(axes, one, axis, run, has_no_lines(series))
    if ceiling is not None and ceiling.in_view:
        _draw_ceiling(axes, run, ceiling)
    frame.label_ends(axes, labels)
    frame.legend_below(figure, axes, legend)
    return figure


def series_of(run: Run) -> list[Series]:
    """One an arm, in alphabetical order, each with its own part of the band.

    Medians stand exactly on their thread count, since moving a steep line aside would look like
    moving it down. So that equal ones show, a later median is smaller than those it may cover.
    """
    arms = run.compared
    styles = style.styles_of_arms(arms)
    parts = len(arms) + len(arms) % 2  # as many on the left of the medians as on the right
    largest, smallest = MEDIAN_SIZES
    found = []
    for i, arm in enumerate(arms):
        place = (2 * i + 1) / parts - 1
        found.append(Series(
            name=wording.name_of(arm, run),
            style=styles[arm],
            place=math.copysign(ROOM_OF_MEDIANS + (1 - ROOM_OF_MEDIANS) * abs(place), place),
            width=(1 - ROOM_OF_MEDIANS) * 2 / parts,
            median_size=largest - (largest - smallest) * i / max(len(arms) - 1, 1),
            trials=tuple(trial for trial in run.arms if trial.arm == arm),
            is_of_many=len(arms) > MOST_TOLD_BY_EYE,
        ))
    return found


def ceiling_of(run: Run) -> Ceiling | None:
    """None when the null responder did not run, or gave no number."""
    measured = [trial for trial in run.ceilings if trial.throughput_per_s is not None]
    valid = [trial for trial in measured if trial.is_valid]
    if not measured:
        return None
    level = statistics.median(trial.throughput_per_s for trial in valid or measured)
    largest = _largest(run.arms)
    return Ceiling(level, bool(valid), largest == 0 or level <= CEILING_IN_VIEW * largest)


def has_no_lines(series: Sequence[Series]) -> bool:
    """Whether many arms have one median each: on one x, they would hide each other."""
    counts = {len(one.medians()) for one in series if one.is_of_many}
    return bool(counts) and max(counts) == 1


def legend_of(run: Run, series: Sequence[Series], shown: Sequence[Trial]) -> list[Line2D]:
    """What marks mean, and why trials are hollow or missing, as artists that carry labels."""
    from matplotlib.lines import Line2D

    def mark(size: float, face: str, text: str) -> Line2D:
        return Line2D([], [], linestyle="none", marker="o", markersize=size, label=text,
                      markerfacecolor=face, markeredgecolor=style.FAINT_TEXT)

    rows = []
    if any(trial.is_valid for trial in run.arms):
        text = "median of the valid trials"
        if series[0].is_of_many:
            text += f"; beside its name, at {_last_counts(series)}"
        rows.append(Line2D([], [], color=style.FAINT_TEXT, linewidth=2.2, label=text)
                    if has_no_lines(series) else mark(MEDIAN_SIZES[0], style.FAINT_TEXT, text))
    if any(trial.is_valid for trial in shown):
        rows.append(mark(DOT_SIZE, style.FAINT_TEXT, "one block"))
    hollow = Counter(" + ".join(trial.faults) for trial in shown
                     if not trial.is_valid and trial.throughput_per_s is not None)
    for faults, count in sorted(hollow.items()):
        text = f"hollow: {faults} ({counted(count, 'trial')})"
        rows.append(mark(DOT_SIZE, "white", text))
    without_number = sum(trial.throughput_per_s is None for trial in run.trials)
    if without_number:
        text = f"failed: {counted(without_number, 'trial')}, no number"
        rows.append(Line2D([], [], linestyle="none", label=text))
    return rows


def _last_counts(series: Sequence[Series]) -> str:
    """The thread count that the last medians are of, where it is one for all."""
    counts = {max(one.medians()) for one in series if one.medians()}
    return counted(counts.pop(), "thread") if len(counts) == 1 else "its last count of threads"


def _draw_series(axes, one: Series, axis: ThreadAxis, run: Run, as_bars: bool) -> None:
    look, medians = one.style, one.medians()
    if as_bars:
        for count, median in medians.items():
            ends = (one.place - BAR_OF_MEDIAN * one.width, one.place + BAR_OF_MEDIAN * one.width)
            axes.plot([axis.position(count, end) for end in ends], [median] * 2, color=look.color,
                      linewidth=2.2, solid_capstyle="butt", label=one.name, zorder=4)
        _draw_dots(axes, one, axis, run)
        return
    # A count without a valid trial breaks the line: nothing was measured between its neighbours.
    axes.plot(run.thread_counts,
              [medians.get(count, float("nan")) for count in run.thread_counts],
              color=look.color, linestyle=look.line, linewidth=1.8,
              marker=style.marker_of(look), markersize=one.median_size, markeredgewidth=0.5,
              markeredgecolor="white", label=one.name, zorder=2)
    _draw_dots(axes, one, axis, run)


def _draw_dots(axes, one: Series, axis: ThreadAxis, run: Run) -> None:
    look = one.style
    for trial in one.trials:
        if trial.throughput_per_s is not None:
            place = one.place + 0.7 * one.width * _place_of_block(run, trial)
            axes.plot(axis.position(trial.threads, place), trial.throughput_per_s,
                      **_dot(look.color, style.marker_of(look), trial))


def _draw_ceiling(axes, run: Run, ceiling: Ceiling) -> None:
    """A level, not a line by threads: the load generator is the same at every thread count."""
    if ceiling.is_valid:
        axes.axhline(ceiling.level, color=style.CEILING, linestyle=style.SHORT_DASHES,
                     linewidth=1.3, label=CEILING_LABEL, zorder=1)
    for trial in run.ceilings:
        if trial.throughput_per_s is not None:
            x = 0.98 + 0.03 * _place_of_block(run, trial)  # share of the axes' width
            axes.plot(x, trial.throughput_per_s, transform=axes.get_yaxis_transform(),
                      **_dot(style.CEILING, CEILING_MARKER, trial))


def _place_of_block(run: Run, trial: Trial) -> float:
    """Blocks stand in their order: -0.5 for the first to 0.5 for the last, so drift shows."""
    last = len(run.blocks) - 1
    return run.blocks.index(trial.block) / last - 0.5 if last else 0.0


def _dot(color: str, marker, trial: Trial) -> dict:
    """How one trial is marked: translucent, so that those it covers show, or hollow."""
    look = {"color": color, "marker": marker, "markersize": DOT_SIZE, "linestyle": "none",
            "zorder": 3}
    if trial.is_valid:
        return {**look, "alpha": 0.6, "markeredgewidth": 0.0}
    return {**look, "markerfacecolor": "none", "markeredgewidth": 0.8}


def _end_label(one: Series) -> frame.EndLabel:
    look, has_median = one.style, bool(one.medians())
    figure = f"  {style.three_digits(one.end())}" if one.is_of_many and has_median else ""
    measured = any(trial.throughput_per_s is not None for trial in one.trials)
    return frame.EndLabel(
        text=one.name + figure if measured else f"{one.name}: no number",
        value=one.end(),
        sample={
            "color": look.color, "marker": style.marker_of(look), "linewidth": 1.8,
            "linestyle": look.line if has_median else "none", "markersize": 6.5,
            "markerfacecolor": look.color if has_median else "white",
        },
    )


def _ceiling_label(ceiling: Ceiling) -> frame.EndLabel:
    from matplotlib.ticker import EngFormatter

    text = CEILING_LABEL
    if not ceiling.in_view:
        text += f",\n{EngFormatter(places=1)(ceiling.level)}, above this chart"
    return frame.EndLabel(text, ceiling.level, {
        "color": style.CEILING, "marker": CEILING_MARKER, "linewidth": 1.3, "markersize": 5.0,
        "linestyle": style.SHORT_DASHES if ceiling.is_valid else "none",
        "markerfacecolor": style.CEILING if ceiling.is_valid else "white",
    })


def _largest(trials: Sequence[Trial]) -> float:
    return max((trial.throughput_per_s or 0.0 for trial in trials), default=0.0)


if __name__ == "__main__":
    sys.exit(command.run_chart(NAME, __doc__.splitlines()[0], draw, sys.argv[1:]))
