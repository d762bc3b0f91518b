#!/usr/bin/env python3
"""Who takes in more new connections? Opened a second by server threads, and their first replies.

A run of churn closes each connection after some requests and opens another, so that accepting is
part of what is measured. Above are the connections opened a second; below, how long it took from
connect() to the first reply: the median of each trial's connections, then their 99th percentile, on
one logarithmic scale: what a full backlog makes wait, waits for a thousand times as long.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from itertools import chain
from typing import TYPE_CHECKING

import command
import comparison
import frame
import marks
import style
import wording
from chart import Chart
from comparison import Ratio
from panels import Panel, Series, has_no_lines, intervals_of, panels_of
from run import Run
from thread_axis import ThreadAxis, draw_thread_axis, thread_axis_of
from trial import Conditions, Trial
from wording import counted

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

FALLBACK_TITLE = "Who takes in more new connections?"
HEIGHTS = (2.2, 1.6, 1.6)  # inches, at least: connections a second, first replies at p50 and p99
GAP = 0.25  # inches between them: they have one axis of threads
NS_IN_MS = 1e6


def opened(trial: Trial) -> float | None:
    """Connections a second."""
    return trial.connections_per_s


def first_reply_p50(trial: Trial) -> float | None:
    return None if trial.first_reply is None else trial.first_reply.p50


def first_reply_p99(trial: Trial) -> float | None:
    return None if trial.first_reply is None else trial.first_reply.p99


REPLIES = {"p50": first_reply_p50, "p99": first_reply_p99}


def draw(run: Run) -> Figure:
    """The chart. It takes the settings it is drawn under: call it within style.applied()."""
    panels = panels_of(run, opened)
    axis = thread_axis_of(run)
    unmarked = ThreadAxis(axis.limits, axis.half_bands, ())
    as_bars = has_no_lines([one for panel in panels for one in panel.series])
    above = [_labels_of(panel, run, opened) for panel in panels]
    below = [[_labels_of(panel, run, figure) for figure in REPLIES.values()] for panel in panels]
    legend = _legend_of(run, panels)
    upper, *lower = (max(height, frame.LABEL_HEIGHT * len(run.compared)) for height in HEIGHTS)
    figure_of_all, all_axes = frame.framed_axes(
        title=" ".join(run.question.split()) or FALLBACK_TITLE,
        subtitles=(wording.machine_text(run), wording.load_text(run), *wording.skipped_text(run)),
        rows_above=len(axis.boundaries) + (1 if panels[0].heading else 0),
        end_texts=[label.text for labels in (*above, *chain(*below)) for label in labels],
        legend_rows=len(legend),
        axes_heights=[upper + sum(GAP + height for height in lower)] * len(panels),
    )
    for of_opened, panel, labels, labels_below in zip(all_axes, panels, above, below):
        of_replies = _split(of_opened, upper, lower)
        style.start_y_at_zero(of_opened, panel.top, "connections per second")
        draw_thread_axis(of_opened, axis)
        if panel.heading:
            frame.write_heading(of_opened, len(axis.boundaries), panel.heading)
        for one in panel.series:
            _draw_series(of_opened, one, axis, run, opened, as_bars)
        frame.label_ends(of_opened, labels)
        for axes, (name, figure), labels in zip(of_replies, REPLIES.items(), labels_below):
            _start_log(axes, run, name)
            draw_thread_axis(axes, unmarked)
            for boundary in axis.boundaries:
                axes.axvline(axis.boundary_position(boundary), color=style.BOUNDARY,
                             linewidth=0.9, linestyle=style.SHORT_DASHES, zorder=1)
            for one in panel.series:
                _draw_series(axes, one, axis, run, in_ms(figure), as_bars)
            frame.label_ends(axes, labels)
        for axes in (of_opened, *of_replies[:-1]):
            axes.set_xlabel("")
            axes.tick_params(axis="x", labelbottom=False)
    frame.legend_below(figure_of_all, figure_of_all.axes[-1], legend)
    return figure_of_all


def _split(axes, upper: float, lower: Sequence[float]) -> list:
    """Leaves the upper part to `axes`, and returns new ones below (inches)."""
    box, inch, figure = axes.get_position(), 1 / axes.figure.get_figheight(), axes.figure
    axes.set_position((box.x0, box.y1 - upper * inch, box.width, upper * inch))
    bottom, found = box.y1 - upper * inch, []
    for height in lower:
        bottom -= (GAP + height) * inch
        found.append(figure.add_axes((box.x0, bottom, box.width, height * inch)))
    return found


def in_ms(figure: Callable[[Trial], float | None]) -> Callable[[Trial], float | None]:
    def found(trial: Trial) -> float | None:
        return None if figure(trial) is None else figure(trial) / NS_IN_MS

    return found


def _start_log(axes, run: Run, name: str) -> None:
    """One scale for all conditions and both percentiles."""
    from matplotlib.ticker import FuncFormatter, NullLocator

    values = [value / NS_IN_MS for trial in run.arms
              for value in (first_reply_p50(trial), first_reply_p99(trial)) if value]
    low, high = min(values, default=1.0) / 1.5, max(values, default=1.0) * 1.5
    steps = (1, 2, 5) if high / low < 300 else (1,)
    ticks = [step * 10.0**power for power in range(-7, 7) for step in steps]
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    axes.set_yticks([tick for tick in ticks if low <= tick <= high])
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_ylabel(f"first reply, {name}\n(ms, log)")
    axes.grid(axis="y", color=style.GRID, linewidth=0.8)


def _draw_series(axes, one: Series, axis: ThreadAxis, run: Run,
                 figure: Callable[[Trial], float | None], as_bars: bool) -> None:
    marks.draw_medians(axes, axis, one, intervals_of(one, run, figure), as_bars)
    blocks = run.blocks
    for is_valid in (True, False):
        some = [trial for trial in one.trials
                if trial.is_valid == is_valid and figure(trial) is not None]
        axes.plot([axis.position(trial.threads, one.place + 0.7 * one.width
                                 * marks.place_among(blocks, trial.block)) for trial in some],
                  [figure(trial) for trial in some],
                  **marks.dot(one.style.color, style.marker_of(one.style), is_valid))


def _labels_of(panel: Panel, run: Run,
               figure: Callable[[Trial], float | None]) -> list[frame.EndLabel]:
    """A name each, where its medians end, or else its last trial stands."""
    labels = []
    scale = 1.0 if figure is opened else NS_IN_MS
    for one in panel.series:
        medians = list(intervals_of(one, run, figure).values())
        known = [value for trial in one.trials if (value := figure(trial)) is not None]
        text, value = f"{one.name}: no number", 0.0 if scale == 1.0 else 1e-9
        if known:
            text, value = one.name, (medians[-1].median if medians else known[-1]) / scale
        labels.append(frame.EndLabel(text, value, {
            "color": one.style.color, "marker": style.marker_of(one.style), "linewidth": 1.8,
            "linestyle": one.style.line if medians else "none", "markersize": 6.5,
            "markerfacecolor": one.style.color if medians else "white"}))
    return labels


def _legend_of(run: Run, panels: list[Panel]) -> list[Line2D]:
    """Of what is drawn alone."""
    found = [interval for panel in panels for one in panel.series
             for figure in (opened, *REPLIES.values())
             for interval in intervals_of(one, run, figure).values()]
    rows: list = []
    if found:
        rows.append(marks.median_row(run, "median of the valid trials"))
    rows += marks.interval_rows(run, found)
    if any(trial.is_valid and opened(trial) is not None for trial in run.arms):
        rows.append(marks.sample(marks.DOT_SIZE, style.FAINT_TEXT, "one block"))
    if any(figure(trial) is not None for trial in run.arms for figure in REPLIES.values()):
        rows.append(marks.text_row("first reply: from connect() on, the median (p50) and the 99th "
                                   "percentile (p99) of a trial's connections"))
    without = sum(trial.is_valid and first_reply_p99(trial) is None for trial in run.arms)
    if without:
        rows.append(marks.text_row("too few connections for a 99th percentile: "
                                   f"{counted(without, 'valid trial')}"))
    rows += marks.no_median_rows(
        (marks.cell_name(trials, run), trials)
        for panel in panels for one in panel.series for trials in one.cells().values())
    return rows + marks.hollow_rows(run.arms) + marks.failed_rows(run.arms)


def missing(run: Run) -> str:
    if run.mode != "churn":
        return "new connections: its plan keeps them open (coresweep run churn opens them anew)"
    if not any(opened(trial) is not None for trial in run.arms):
        return "trial that counted its connections: all failed (coresweep run churn)"
    return ""


def reading(run: Run) -> str:
    """The headline's ratio of connections a second and of first replies; then the others'."""
    left_out = wording.left_out_text(run.arms)
    if run.headline is None:
        return " ".join(["The plan names no comparison: the chart shows each arm's medians, and "
                         "no ratio.", *left_out])
    over, under = (wording.name_of(arm, run) for arm in (run.headline.over, run.headline.under))
    named = run.headline.conditions
    known = any(trial.is_valid and first_reply_p99(trial) for trial in run.arms
                if (trial.threads, trial.conditions) == (run.headline.threads, named))
    percentile = "p99" if known else "p50"  # too few connections leave no p99
    replied = _ratio(run, named, first_reply_p99 if known else first_reply_p50)
    told = wording.conditions_text(named, run)
    text = (f"{over} against {under} at {counted(run.headline.threads, 'server thread')}"
            f"{f', {told}' if told else ''}, connections opened a second: "
            f"{_text(_ratio(run, named, opened))}; {percentile} from connect to the first reply: "
            f"{_text(replied)}.")
    others = [(asked, ratio) for asked in run.conditions if asked != named
              and (ratio := _ratio(run, asked, opened)) is not None]
    if others:
        text += " Opened a second under the others: " + "; ".join(
            f"{wording.conditions_text(asked, run)}, {_text(ratio)}"
            for asked, ratio in others) + "."
    return " ".join([text, *left_out])


def _ratio(run: Run, conditions: Conditions,
           figure: Callable[[Trial], float | None]) -> Ratio | None:
    """At the headline's threads. None where one of them has no trial there."""
    over, under = (comparison.trials_at(run, arm, run.headline.threads, conditions)
                   for arm in (run.headline.over, run.headline.under))
    if not over or not under:
        return None
    return comparison.ratio_of(over, under, run, figure, comparison.noise_of(run, figure))


def _text(ratio: Ratio | None) -> str:
    return "no ratio: one of them has no trial there" if ratio is None else ratio.text()


CHART = Chart("churn", __doc__.splitlines()[0], missing, draw, reading)

if __name__ == "__main__":
    sys.exit(command.run_chart(CHART, sys.argv[1:]))
