#!/usr/bin/env python3
"""Which architecture scales with cores? Requests per second by server threads.

One line an arm joins the medians of its valid trials: an architecture, with its http2 and engine
where a run has several, or a peer. Beside each median stands every block's value, in the order of
blocks. What is not valid is hollow, and in no median. Where calls cost different amounts, each
amount has a panel of its own: arms are compared under one.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import command
import comparison
import frame
import style
import wording
from chart import Chart
from panels import MEDIAN_SIZES, Ceiling, Panel, Series, has_no_lines, panels_of
from run import Run
from trial import Trial
from thread_axis import ThreadAxis, draw_thread_axis, thread_axis_of
from wording import counted

if TYPE_CHECKING:  # matplotlib is loaded when there is something to draw
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

FALLBACK_TITLE = "Requests per second by server threads"
CEILING_LABEL = "null responder:\nthe ceiling"
CEILING_MARKER = "d"

DOT_SIZE = 4.2  # points
BAR_OF_MEDIAN = 0.42  # of a line's part of the band, to either side: where no line joins medians


def draw(run: Run) -> Figure:
    """The chart. It takes the settings it is drawn under: call it within style.applied()."""
    panels = panels_of(run)
    axis = thread_axis_of(run)
    series = [one for panel in panels for one in panel.series]
    seen = {id(trial) for panel in panels for trial in panel.shown}
    legend = legend_of(run, series, [trial for trial in run.trials if id(trial) in seen])
    heading_rows = 1 if panels[0].heading else 0

    figure, all_axes = frame.framed_axes(
        title=" ".join(run.question.split()) or FALLBACK_TITLE,
        subtitles=(wording.machine_text(run), wording.load_text(run), *wording.skipped_text(run)),
        rows_above=len(axis.boundaries) + heading_rows,
        end_texts=[label.text for panel in panels for label in labels_of(panel)],
        legend_rows=len(legend),
        panels=len(panels),
    )
    for axes, panel in zip(all_axes, panels):
        style.start_y_at_zero(axes, panel.top, "requests per second")
        if panel.heading:
            frame.write_heading(axes, len(axis.boundaries), panel.heading)
        _draw_panel(axes, panel, axis, has_no_lines(series))
    frame.legend_below(figure, all_axes[-1], legend)
    return figure


def _draw_panel(axes, panel: Panel, axis: ThreadAxis, as_bars: bool) -> None:
    draw_thread_axis(axes, axis)
    for one in panel.series:
        _draw_series(axes, one, axis, panel.run, as_bars)
    if panel.ceiling is not None and panel.ceiling.in_view:
        _draw_ceiling(axes, panel.run, panel.ceiling)
    frame.label_ends(axes, labels_of(panel))


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
            place = one.place + 0.7 * one.width * _place_among(run.arms, trial)
            axes.plot(axis.position(trial.threads, place), trial.throughput_per_s,
                      **_dot(look.color, style.marker_of(look), trial))


def _draw_ceiling(axes, run: Run, ceiling: Ceiling) -> None:
    """A level, not a line by threads: the load generator is the same at every thread count."""
    if ceiling.is_valid:
        axes.axhline(ceiling.level, color=style.CEILING, linestyle=style.SHORT_DASHES,
                     linewidth=1.3, label=CEILING_LABEL, zorder=1)
    for trial in run.ceilings:
        if trial.throughput_per_s is not None:
            x = 0.98 + 0.03 * _place_among(run.ceilings, trial)  # share of the axes' width
            axes.plot(x, trial.throughput_per_s, transform=axes.get_yaxis_transform(),
                      **_dot(style.CEILING, CEILING_MARKER, trial))


def _place_among(trials: Sequence[Trial], trial: Trial) -> float:
    """Blocks stand in their order: -0.5 for the first to 0.5 for the last, so drift shows.

    Ceilings may have blocks of their own.
    """
    blocks = sorted({each.block for each in trials})
    last = len(blocks) - 1
    return blocks.index(trial.block) / last - 0.5 if last else 0.0


def _dot(color: str, marker, trial: Trial) -> dict:
    """How one trial is marked: translucent, so that those it covers show, or hollow."""
    look = {"color": color, "marker": marker, "markersize": DOT_SIZE, "linestyle": "none",
            "zorder": 3}
    if trial.is_valid:
        return {**look, "alpha": 0.6, "markeredgewidth": 0.0}
    return {**look, "markerfacecolor": "none", "markeredgewidth": 0.8}


def labels_of(panel: Panel) -> list[frame.EndLabel]:
    labels = [_end_label(one) for one in panel.series]
    return labels if panel.ceiling is None else [*labels, _ceiling_label(panel.ceiling)]


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


def missing(run: Run) -> str:
    return "" if run.arms else "trial of an architecture: its plan searches for capacity"


def reading(run: Run) -> str:
    """The headline in words; without one, who is fastest at the most threads."""
    ratio = comparison.headline_ratio(run)
    if ratio is None:
        return "The plan names no comparison: the chart shows each arm's medians, and no ratio."
    over, under = run.headline.over, run.headline.under
    at = counted(run.headline.threads, "server thread")
    what = "p99 from due" if run.is_open else "requests per second"
    return (f"{wording.name_of(over, run)} against {wording.name_of(under, run)} at {at}, {what}: "
            f"{ratio.text()}.")


CHART = Chart("throughput_by_cores", __doc__.splitlines()[0], missing, draw, reading)

if __name__ == "__main__":
    sys.exit(command.run_chart(CHART, sys.argv[1:]))
