#!/usr/bin/env python3
"""Which architecture scales with cores? Requests per second by server threads.

One line an arm joins the medians of its valid trials: an architecture, with its http2 and engine
where a run has several, or a peer. Beside each median stands every block's value, in the order of
blocks. What is not valid is hollow, and in no median. Where calls cost different amounts, each
amount has a panel of its own: arms are compared under one.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import command
import frame
import marks
import readings
import style
import wording
from chart import Chart
from panels import (MOST_TOLD_BY_EYE, NEAR_CEILING, Ceiling, Ideal, Panel, Series,
                    has_no_lines, panels_of, series_of)
from run import Run
from trial import Trial
from thread_axis import ThreadAxis, draw_thread_axis, thread_axis_of
from wording import counted

if TYPE_CHECKING:  # matplotlib is loaded when there is something to draw
    from matplotlib.figure import Figure

FALLBACK_TITLE = "Requests per second by server threads"
CEILING_LABEL = "null responder:\nthe ceiling"
CEILING_MARKER = "d"

IDEAL_LOOK = {"color": style.BOUNDARY, "linewidth": 0.8, "linestyle": style.DOTS}


def draw(run: Run) -> Figure:
    """The chart. It takes the settings it is drawn under: call it within style.applied()."""
    panels = panels_of(run)
    axis = thread_axis_of(run)
    series = [one for panel in panels for one in panel.series]
    seen = {id(trial) for panel in panels for trial in panel.shown}
    legend = legend_of(run, panels, [trial for trial in run.trials if id(trial) in seen])
    heading_rows = 1 if panels[0].heading else 0

    figure, all_axes = frame.framed_axes(
        title=" ".join(run.question.split()) or FALLBACK_TITLE,
        subtitles=(wording.machine_text(run), wording.load_text(run), *wording.nodes_text(run),
                   *wording.skipped_text(run)),
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
    if panel.ideal is not None:
        _draw_ideal(axes, panel.ideal)
    for one in panel.series:
        marks.draw_medians(axes, axis, one, one.intervals(panel.run), as_bars)
        _draw_dots(axes, one, axis, panel.run)
    if panel.ceiling is not None and panel.ceiling.in_view:
        _draw_ceiling(axes, panel.run, panel.ceiling)
    frame.label_ends(axes, labels_of(panel))


def legend_of(run: Run, panels: Sequence[Panel], shown: Sequence[Trial]) -> list:
    """What marks mean, and why trials are hollow or missing, as artists that carry labels."""
    from matplotlib.lines import Line2D

    rows = []
    series = [one for panel in panels for one in panel.series]
    if any(one.medians() for one in series):
        text = "median of the valid trials"
        if series[0].is_of_many:
            text += f"; beside its name, at {_last_counts(series)}"
        bar = Line2D([], [], color=style.FAINT_TEXT, linewidth=2.2, label=text)
        rows.append(bar if has_no_lines(series)
                    else marks.median_row(run, text))
        rows += marks.interval_rows(
            run, [one for each in series for one in each.intervals(run).values()])
    if any(trial.is_valid for trial in shown):
        rows.append(marks.sample(marks.DOT_SIZE, style.FAINT_TEXT, "one block"))
    ideals = [panel.ideal for panel in panels if panel.ideal is not None]
    if ideals:
        rows.append(Line2D([], [], **IDEAL_LOOK, label=ideal_text(ideals)))
    cells = [(marks.cell_name(trials, run), trials)
             for one in series for trials in one.cells().values()]
    return [*rows, *marks.no_median_rows(cells), *marks.hollow_rows(shown),
            *marks.failed_rows(run.trials)]


def ideal_text(ideals: Sequence[Ideal]) -> str:
    names = sorted({ideal.name for ideal in ideals})
    whose = names[0] if len(names) == 1 else "the fastest arm of each panel"
    return (f"ideal: the median of {whose} at 1 thread, times the threads, while each has a "
            "physical core")


def _last_counts(series: Sequence[Series]) -> str:
    """The thread count that the last medians are of, where it is one for all."""
    counts = {max(one.medians()) for one in series if one.medians()}
    return counted(counts.pop(), "thread") if len(counts) == 1 else "its last count of threads"


def _draw_dots(axes, one: Series, axis: ThreadAxis, run: Run) -> None:
    def x_of(trial: Trial) -> float:
        among = marks.place_among(run.blocks, trial.block)
        return axis.position(trial.threads, one.place + 0.7 * one.width * among)

    marks.draw_dots(axes, ((x_of(trial), trial.throughput_per_s, trial.is_valid)
                           for trial in one.trials if trial.throughput_per_s is not None),
                    one.style.color, style.marker_of(one.style),
                    markersize=marks.dot_size(list(axis.half_bands)))


def _draw_ideal(axes, ideal: Ideal) -> None:
    """Cut off at the top: the scale is the measured values'."""
    axes.plot([1, ideal.until], [ideal.of_one, ideal.of_one * ideal.until], **IDEAL_LOOK,
              label="_ideal", zorder=0.9)


def _draw_ceiling(axes, run: Run, ceiling: Ceiling) -> None:
    """A level, not a line by threads: the load generator is the same at every thread count."""
    if ceiling.is_valid:
        axes.axhline(ceiling.level, color=style.CEILING, linestyle=style.SHORT_DASHES,
                     linewidth=1.3, label=CEILING_LABEL, zorder=1)
    blocks = sorted({trial.block for trial in run.ceilings})  # it may have blocks of its own
    # Their x is a share of the axes' width.
    marks.draw_dots(axes, ((0.98 + 0.03 * marks.place_among(blocks, trial.block),
                            trial.throughput_per_s, trial.is_valid) for trial in run.ceilings
                           if trial.throughput_per_s is not None),
                    style.CEILING, CEILING_MARKER, transform=axes.get_yaxis_transform())


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
    if not run.arms:
        return ("trial at a load of its own: the plan searches for capacity (coresweep run bench "
                "has them)")
    if run.is_open:
        return ("throughput that the servers decide: at an offered rate every arm answers that "
                "rate (coresweep run bench has them answer as fast as they can)")
    return ""


def reading(run: Run) -> str:
    """The headline in words, what more threads gained each arm, and what is in no median."""
    asked = run.headline.conditions if run.headline else run.conditions[0]
    at = wording.conditions_text(asked, run) if len(run.conditions) > 1 else ""
    sentences = [readings.headline_text(run)] if run.headline else [
        "The plan names no comparison, so there is no ratio."]
    if run.headline:
        sentences += readings.other_conditions_text(run)
    return " ".join([*sentences, *_gains_text(run.under(asked), run, at),
                     *_ceiling_text(panels_of(run), run), *wording.left_out_text(run.arms)])


def _ceiling_text(panels: Sequence[Panel], run: Run) -> list[str]:
    """Of which medians the load generator may have been the limit."""
    found = []
    for panel in panels:
        asked = wording.conditions_text(panel.run.conditions[0], run)
        found += [f"{name} at {counted(threads, 'thread')}" + (f" ({asked})" if asked else "")
                  for name, threads in panel.near_ceiling()]
    if not found:
        return []
    more = len(found) - MOST_TOLD_BY_EYE
    named = found[:MOST_TOLD_BY_EYE] + ([f"{more} more"] if more > 0 else [])
    return [f"Within {100 * (1 - NEAR_CEILING):.0f} % of the null responder's median, or above it: "
            f"{', '.join(named)}; there the load generator may be the limit."]


def _gains_text(part: Run, run: Run, at: str) -> list[str]:
    """Of medians, from the fewest to the most threads at which an arm is valid."""
    if run.is_open:  # all answer what they are offered
        return []
    gains: dict[tuple[int, int], list[tuple[float, str]]] = {}
    for one in series_of(part, run):
        medians = one.medians()
        if len(medians) > 1 and medians[min(medians)] > 0:
            reached = medians[max(medians)] / medians[min(medians)]
            gains.setdefault((min(medians), max(medians)), []).append((reached, one.name))
    sentences = []
    for (few, many), found in sorted(gains.items()):
        found.sort(key=lambda gain: (-gain[0], gain[1]))
        if len(found) > MOST_TOLD_BY_EYE:
            told = (f"between {found[-1][0]:.2f}x ({found[-1][1]}) and {found[0][0]:.2f}x "
                    f"({found[0][1]})")
        else:
            told = ", ".join(f"{gain:.2f}x for {name}" for gain, name in found)
        where = f" ({at})" if at else ""
        sentences.append(f"At {counted(many, 'thread')}{where} the median is, of that at {few}, "
                         f"{told}; in proportion it would be {many / few:.2f}x.")
    return sentences


CHART = Chart("throughput_by_cores", __doc__.splitlines()[0], missing, draw, reading)

if __name__ == "__main__":
    sys.exit(command.run_chart(CHART, sys.argv[1:]))
