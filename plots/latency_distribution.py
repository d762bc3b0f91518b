#!/usr/bin/env python3
"""How long do the slowest requests wait? Latency by percentile, on HdrHistogram's usual axis.

A line an arm: at each percentile the median over blocks of that percentile, never an average, and
not of the blocks' requests thrown together, where one bad block would be all of the tail. Faint
beside it is each block. A percentile with fewer than ten samples above it is not drawn, nor a
median where a block does not know it. Each rate has a panel, all on one scale.
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
import comparison
import damage
import frame
import marks
import readings
import style
import wording
from chart import Chart
from curves import SHARES, Curve, curves_of, damages_of, why_unread
from latency_view import (View, arms_in, at_text, floor_of, rate_text, ratio_text,
                          scale_y_in_time, view_of)
from run import Run
from trial import Trial
from wording import counted

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

MARKED = tuple(i for i, share in enumerate(SHARES)
               if i == 0 or round(math.log10(share), 9) % 1 == 0)
HEIGHT_OF_SEVERAL = 3.0  # inches of each panel
FLOOR_LABEL = "null responder:\nthe floor"
FLOOR_STYLE = style.SeriesStyle(style.CEILING, "d", style.SHORT_DASHES)
FAINT = 0.3
UNREAD = "whose histogram cannot be read"


@dataclass(frozen=True)
class Series:
    name: str
    look: style.SeriesStyle
    curves: tuple[Curve, ...]
    trials: tuple[Trial, ...]  # with those that have no curve
    unread: int  # further ones, whose histogram cannot be read

    def median(self) -> list[float]:
        """As far as every valid block knows: leaving out one would choose the quick ones.

        What cannot be read is no quicker than the rest, but the half of the blocks are too few.
        """
        if self.unread >= len(self.trials):
            return []
        drawn = {curve.trial.number for curve in self.curves}
        if comparison.why_no_median(
                self.trials, lambda trial: 0.0 if trial.number in drawn else None):
            return []
        valid = [curve for curve in self.curves if curve.trial.is_valid]
        pairs = [curve.trial.pair for curve in valid]
        return [statistics.median(comparison.independent(zip(pairs, values)))
                for values in zip(*(curve.values for curve in valid))]

    def end(self) -> float:
        """Where its name stands: the end of its median, or else of its blocks."""
        return (self.median() or max((curve.values for curve in self.curves), key=len))[-1]


def draw(run: Run) -> Figure:
    """The chart. It takes the settings it is drawn under: call it within style.applied()."""
    view = view_of(run)
    panels = [_series_of(run, view, conditions) for conditions in view.conditions]
    legend = _legend_of([one for series in panels for one in series], run, view)
    several = len(panels) > 1
    figure, all_axes = frame.framed_axes(
        title=f"How long do the slowest requests wait, {at_text(run, view)}?",
        subtitles=(wording.machine_text(run), wording.load_text(run), *wording.skipped_text(run)),
        rows_above=1 if several else 0,
        end_texts=[_name(one) for series in panels for one in series] or [""],
        legend_rows=len(legend),
        panels=len(panels),
        axes_heights=[frame.room_for(list(map(_name, series)),
                                     HEIGHT_OF_SEVERAL if several else style.AXES_HEIGHT)
                      for series in panels],
    )
    curves = [curve.values for series in panels for one in series for curve in one.curves]
    for axes, series, conditions in zip(all_axes, panels, view.conditions):
        _scale_x(axes, max(map(len, curves), default=1))
        scale_y_in_time(axes, [end for values in curves for end in (values[0], values[-1])],
                        f"latency from {view.origin}")
        if several:
            frame.write_heading(axes, 0, rate_text(conditions, run))
        _draw_series(axes, series)
    frame.legend_below(figure, all_axes[-1], legend)
    return figure


def _series_of(run: Run, view: View, conditions) -> list[Series]:
    """One an arm, and the null responder's where it stood at this rate."""
    arms = arms_in(run, view)
    looks = style.styles_of_arms(arms)
    trials = [trial for trial in run.arms
              if trial.threads == view.threads and trial.conditions == conditions]

    def series(name: str, look: style.SeriesStyle, some: Sequence[Trial]) -> Series:
        readable = tuple(trial for trial in some if not why_unread(trial, view))
        return Series(name, look, curves_of(readable, view), readable, len(some) - len(readable))

    found = [series(wording.name_of(arm, run), looks[arm],
                    [trial for trial in trials if trial.arm == arm]) for arm in arms]
    floor = series(FLOOR_LABEL, FLOOR_STYLE, floor_of(run, view, conditions))
    return [one for one in (*found, floor) if one.curves]


def _draw_series(axes, series: Sequence[Series]) -> None:
    xs = [1 / share for share in SHARES]
    for i, one in enumerate(series):
        for is_valid in (True, False):
            blocks = [list(zip(xs, curve.values)) for curve in one.curves
                      if curve.trial.is_valid == is_valid]
            points = [point for block in blocks for point in (*block, (math.nan, math.nan))]
            axes.plot([x for x, _ in points], [y for _, y in points], color=one.look.color,
                      alpha=FAINT if is_valid else 2 * FAINT, linewidth=0.8,
                      linestyle=style.SOLID if is_valid else style.DOTS, zorder=2)
        median = one.median()
        if median:
            slimmer = i / len(series)  # so that of equal ones both show
            axes.plot(xs[: len(median)], median, color=one.look.color, linestyle=one.look.line,
                      linewidth=2.4 - slimmer, marker=style.marker_of(one.look),
                      markersize=7.5 - 3 * slimmer,
                      markevery=[i for i in MARKED if i < len(median)],
                      markeredgecolor="white", markeredgewidth=0.4, clip_on=False,
                      label=one.name, zorder=3)
    frame.label_ends(axes, [_label(one) for one in series])


def _name(one: Series) -> str:
    if one.median():
        return one.name
    is_valid = any(trial.is_valid for trial in one.trials)
    return f"{one.name}:\nno {'median' if is_valid else 'valid trial'}"


def _label(one: Series) -> frame.EndLabel:
    is_known = bool(one.median())
    return frame.EndLabel(_name(one), one.end(), {
        "color": one.look.color, "marker": style.marker_of(one.look), "linewidth": 1.8,
        "linestyle": one.look.line if is_known else style.DOTS, "markersize": 5.5,
        "markerfacecolor": one.look.color if is_known else "white"})


def _scale_x(axes, shown: int) -> None:
    axes.set_xscale("log")
    axes.set_xlim(2.0, max(1 / SHARES[shown - 1], 11.0))
    shares = [0.5, *(10.0**-nines for nines in range(1, 10))]
    ticks = [1 / share for share in shares if 1 / share <= axes.get_xlim()[1] * 1.0001]
    axes.set_xticks(ticks, [percent_text(1 / tick) for tick in ticks])
    axes.set_xticks([], minor=True)
    axes.set_xlabel("percentile: requests answered within the latency (log of 1 / share above)")
    axes.grid(axis="x", color=style.GRID, linewidth=0.8)


def percent_text(above: float) -> str:
    """Such as "99.9 %", of a share of 0.001 above."""
    return f"{100 * (1 - above):.9f}".rstrip("0").rstrip(".") + " %"


def _legend_of(series: Sequence[Series], run: Run, view: View) -> list[Line2D]:
    from matplotlib.lines import Line2D

    shown = [curve.trial for one in series for curve in one.curves]
    rows = []

    def row(text: str, **look) -> None:
        rows.append(Line2D([], [], color=style.FAINT_TEXT, label=text, **look))

    if any(one.median() for one in series):
        row("median over the valid blocks of each percentile", linewidth=2.0)
    if any(trial.is_valid for trial in shown):
        row("one block", linewidth=0.8, alpha=FAINT)
    rows.extend(marks.no_median_rows(
        (" ".join(one.name.split()) + _rate_of(one), one.trials) for one in series))
    hollow = Counter(" + ".join(trial.faults) for trial in shown if not trial.is_valid)
    for faults, count in sorted(hollow.items()):
        row(f"dotted, in no median: {faults} ({counted(count, 'trial')})", linewidth=0.8,
            linestyle=style.DOTS)
    measured = [trial for trial in run.arms if trial.threads == view.threads
                and trial.conditions in view.conditions]
    unread = sum(bool(why_unread(trial, view)) for trial in measured)
    without = len(measured) - unread - sum(trial.role == "arm" for trial in shown)
    if without:
        row(f"not drawn: {counted(without, 'trial')}, with half of the requests or more without "
            "an answer, or too few for a median", linestyle="none")
    for text in damage.note(damages_of(run), UNREAD):
        row(text, linestyle="none")
    row("each line ends where fewer than ten requests were slower, or one was not answered",
        linestyle="none")
    return rows


def _rate_of(one: Series) -> str:
    rate = next((trial.rate_per_s for trial in one.trials if trial.rate_per_s is not None), None)
    return "" if rate is None else f", {rate:,} a second"


def missing(run: Run) -> str:
    if not run.arms:
        return ("trial at a load of its own: the plan searches for capacity (coresweep run latency "
                "has them)")
    view = view_of(run)
    trials = [trial for trial in run.arms if view.latency(trial) is not None
              and trial.threads == view.threads and trial.conditions in view.conditions]
    known = [view.latency(trial) for trial in trials]
    with_median = [trial for trial in trials if view.latency(trial).histogram
                   and view.latency(trial).p50 is not None]
    if any(not why_unread(trial, view) for trial in with_median):
        return ""
    if with_median:
        return ("histogram of latencies that can be read: a new run has them "
                "(coresweep run latency)")
    if known and not any(latency.histogram for latency in known):
        return ("histogram of latencies: runs of version 1 kept none; a new one has them "
                "(coresweep run latency)")
    return (f"trial with twenty latencies {at_text(run, view)}: a longer one has them "
            "(coresweep run latency)")


def reading(run: Run) -> str:
    """The headline's arms at p99 at the highest rate; without a headline, each arm's p99 there."""
    view = view_of(run)
    named = run.headline.conditions if run.headline is not None else None
    last = named if named in view.conditions else view.conditions[-1]
    trials = [trial for trial in run.arms
              if trial.threads == view.threads and trial.conditions == last]

    def p99(trial: Trial) -> float | None:
        latency = view.latency(trial)
        return latency.p99 if latency else None

    cells = {arm: [trial for trial in trials if trial.arm == arm] for arm in arms_in(run, view)}
    told_of = {arm: comparison.told_median(cell, p99, run) for arm, cell in cells.items()}
    medians = ", ".join(f"{wording.name_of(arm, run)} {wording.latency_text(found.median)}"
                        for arm, found in told_of.items() if found)
    rate = rate_text(last, run)
    where = f"p99 from {view.origin} {at_text(run, view)}" + (f", at {rate}" if rate else "")
    ratio = ratio_text(run, view, last)
    told = f"The median over blocks of {where}: {medians or 'not known of any arm'}."
    without = readings.no_median_text(
        ((wording.name_of(arm, run), cell) for arm, cell in cells.items()), p99)
    unread = [f"Of the lines, {text}." for text in damage.note(damages_of(run), UNREAD)]
    return " ".join([told, *without, *([f"{ratio}."] if ratio else []),
                     *wording.left_out_text(trials), *unread])


CHART = Chart("latency_distribution", __doc__.splitlines()[0], missing, draw, reading, damages_of)

if __name__ == "__main__":
    sys.exit(command.run_chart(CHART, sys.argv[1:]))
