#!/usr/bin/env python3
"""What bends the curve, waiting or crosstalk? The Universal Scalability Law, fitted a block.

usl.py has the law. Fitted are the valid trials of a closed loop whose threads have a physical core
each; a block of at least six thread counts gives one fit, and the chart shows the median of the
fits with its interval. It is solid up to the most threads measured, dashed beyond, and ends at
twice as many. Below is how far each trial lies from its own block's fit.
"""

from __future__ import annotations

import statistics
import sys
from typing import TYPE_CHECKING

import command
import frame
import marks
import readings
import style
import usl
import wording
from arm_fits import ArmFits, cells_with_cores, fits_of
from chart import Chart
from panels import Panel, panels_of
from run import Run
from thread_axis import ThreadAxis, boundaries_of, draw_thread_axis, half_bands_of
from trial import Trial
from wording import counted

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

FALLBACK_TITLE = "What bends the curve: waiting in turn, or crosstalk?"
RESIDUALS_HEIGHT = 1.3  # inches
STEPS = 60  # of a curve's either part
PALE = 0.25
EXTRAPOLATED = (0, (3, 3))
LEAST_EFFECT = 0.01  # of a thread's work: what costs less at the most threads is not shown
MOST_WITH_PEAKS = 5  # names with three lines each still fit beside the axes


def draw(run: Run) -> Figure:
    """The chart. It takes the settings it is drawn under: call it within style.applied()."""
    panels = panels_of(run)
    fits = [fits_of(panel) for panel in panels]
    axis = _axis_of(run, max(one.limit for of_panel in fits for one in of_panel))
    legend = _legend_of(run, panels, [one for of_panel in fits for one in of_panel], axis)
    heading_rows = 1 if panels[0].heading else 0
    labels = [_labels_of(of_panel, panel) for of_panel, panel in zip(fits, panels)]

    figure, all_axes = frame.framed_axes(
        title=" ".join(run.question.split()) or FALLBACK_TITLE,
        subtitles=(f"{FALLBACK_TITLE} The Universal Scalability Law, one fit a block",
                   wording.machine_text(run), wording.load_text(run), *wording.skipped_text(run)),
        rows_above=len(axis.boundaries) + heading_rows,
        end_texts=[label.text for of_panel in labels for label in of_panel],
        legend_rows=len(legend),
        axes_heights=[style.AXES_HEIGHT, RESIDUALS_HEIGHT] * len(panels),
    )
    for i, (panel, of_panel) in enumerate(zip(panels, fits)):
        axes, below = all_axes[2 * i], all_axes[2 * i + 1]
        style.start_y_at_zero(axes, _top(panel, of_panel, axis), "requests per second")
        if panel.heading:
            frame.write_heading(axes, len(axis.boundaries), panel.heading)
        draw_thread_axis(axes, axis)
        axes.set_xlabel("server threads")  # no dot stands beside its own
        _draw_trials(axes, panel, axis, of_panel)
        for one in of_panel:
            _draw_fit(axes, one)
        frame.label_ends(axes, labels[i])
        _draw_residuals(below, of_panel, axis, run)
    frame.legend_below(figure, all_axes[-1], legend)
    return figure


def _axis_of(run: Run, limit: float) -> ThreadAxis:
    counts = [count for count in run.thread_counts if count <= limit]
    limits = (0.0, 1.02 * limit)
    boundaries = tuple(one for one in boundaries_of(run) if one.threads < limit)
    return ThreadAxis(limits, half_bands_of(counts, limits, len(run.compared)), boundaries)


def _drawn(panel: Panel, axis: ThreadAxis) -> list[Trial]:
    return [trial for trial in panel.run.arms
            if trial.threads in axis.half_bands and trial.throughput_per_s is not None]


def _top(panel: Panel, fits: list[ArmFits], axis: ThreadAxis) -> float:
    curves = (one.at(one.limit * step / STEPS).high for one in fits for step in range(STEPS + 1))
    return max([*curves, *(trial.throughput_per_s for trial in _drawn(panel, axis))], default=0.0)


def _draw_trials(axes, panel: Panel, axis: ThreadAxis, fits: Sequence[ArmFits]) -> None:
    """Exactly at their threads: beside them, they would seem to lie off a steep curve."""
    in_fits = _in(fits)
    shown = {id(trial) for trial in _drawn(panel, axis)}
    for one in panel.series:
        trials = [trial for trial in one.trials if id(trial) in shown]
        for is_valid in (True, False):
            for fitted in (True, False):
                some = [trial for trial in trials if trial.is_valid == is_valid
                        and (id(trial) in in_fits) == fitted]
                look = marks.dot(one.style.color, style.marker_of(one.style), is_valid)
                if is_valid and not fitted:
                    look["alpha"] = PALE
                axes.plot([trial.threads for trial in some],
                          [trial.throughput_per_s for trial in some], **look)


def _draw_fit(axes, one: ArmFits) -> None:
    """Every curve has a solid and a dashed part: here a line's kind says what was measured."""
    color = one.series.style.color
    ends = (0.0, float(one.most_threads), one.limit)
    for start, end, line in ((ends[0], ends[1], style.SOLID), (ends[1], ends[2], EXTRAPOLATED)):
        steps = [start + (end - start) * step / STEPS for step in range(STEPS + 1)]
        band = [one.at(threads) for threads in steps]
        axes.plot(steps, [each.median for each in band], color=color, linestyle=line,
                  linewidth=1.8, zorder=2,
                  label=one.series.name if line == style.SOLID else "_extrapolated")
        axes.fill_between(steps, [each.low for each in band], [each.high for each in band],
                          color=color, alpha=marks.SHADE, linewidth=0, zorder=1)
    if one.peak is not None:
        threads = one.peak.median
        axes.plot([threads], [one.at(threads).median], color=color, marker="|", markersize=16,
                  markeredgewidth=2.0, linestyle="none", zorder=4, label="_peak")


def _draw_residuals(axes, fits: list[ArmFits], axis: ThreadAxis, run: Run) -> None:
    farthest = max((abs(share) for one in fits for _, share in one.residuals()), default=0.0)
    height = 100 * max(1.15 * farthest, 0.01)
    axes.set_ylim(-height, height)
    axes.set_ylabel("from its fit (%)")
    axes.grid(axis="y", color=style.GRID, linewidth=0.8)
    axes.axhline(0, color=style.BOUNDARY, linewidth=0.9, zorder=1)
    draw_thread_axis(axes, ThreadAxis(axis.limits, axis.half_bands, ()))
    blocks = run.blocks
    for one in fits:
        series = one.series
        shares = list(one.residuals())
        axes.plot([axis.position(trial.threads, series.place + 0.7 * series.width
                                 * marks.place_among(blocks, trial.block)) for trial, _ in shares],
                  [100 * share for _, share in shares],
                  **marks.dot(series.style.color, style.marker_of(series.style), True))


def _labels_of(fits: list[ArmFits], panel: Panel) -> list[frame.EndLabel]:
    known = {one.series.name: one for one in fits}
    labels = []
    for series in panel.series:
        one = known.get(series.name)
        look = {"color": series.style.color, "marker": style.marker_of(series.style),
                "markersize": 6.5, "linewidth": 1.8, "linestyle": style.SOLID if one else "none",
                "markerfacecolor": series.style.color if one else "white"}
        if one is None:
            labels.append(frame.EndLabel(f"{series.name}: no fit", series.end(), look))
            continue
        text = (f"{series.name}\n\N{GREEK SMALL LETTER SIGMA} "
                f"{parameter_text(one.median_of('contention').median)}, "
                f"\N{GREEK SMALL LETTER KAPPA} {parameter_text(one.median_of('crosstalk').median)}")
        if one.peak is not None and len(panel.series) <= MOST_WITH_PEAKS:
            text += f"\npeak at {one.peak.median:.0f} threads"
        labels.append(frame.EndLabel(text, one.at(one.limit).median, look))
    return labels


def _in(fits: Sequence[ArmFits]) -> set[int]:
    return {id(trial) for one in fits for trial in one.trials}


def cells_of(panels: Sequence[Panel], run: Run) -> list[tuple[str, Sequence[Trial]]]:
    """By name, those that might have been fitted."""
    return [(marks.cell_name(trials, run), trials) for panel in panels for series in panel.series
            for trials in cells_with_cores(series, panel.run).values()]


def _legend_of(run: Run, panels: Sequence[Panel], fits: list[ArmFits],
               axis: ThreadAxis) -> list[Line2D]:
    gray = {"color": style.FAINT_TEXT, "linewidth": 1.8}
    sigma, kappa = "\N{GREEK SMALL LETTER SIGMA}", "\N{GREEK SMALL LETTER KAPPA}"
    rows = [
        marks.text_row("median of the blocks' fits, within the threads measured",
                       linestyle=style.SOLID, **gray),
        marks.text_row("beyond them it is not measured, and ends at twice as many",
                       linestyle=EXTRAPOLATED, **gray),
        *marks.interval_rows(run, [one.median_of("rate") for one in fits]),
        marks.text_row(f"{sigma}: contention, the share of the work that threads do one at a time; "
                       f"{kappa}: crosstalk, what each pair of threads costs"),
        marks.sample(marks.DOT_SIZE, style.FAINT_TEXT,
                     "one block; below, from its own block's fit"),
    ]
    if any(one.peak is not None for one in fits):
        rows.insert(2, marks.text_row("where the law has its peak", marker="|", markersize=12,
                                      color=style.FAINT_TEXT, markeredgewidth=2.0))
    drawn = [trial for trial in run.arms if trial.threads in axis.half_bands]
    cores, in_fits = run.cpu_division.server_physical_cores, _in(fits)
    out = [trial for trial in drawn if trial.is_valid and id(trial) not in in_fits]
    whys = [text for text, found in (
        ("threads share physical cores", any(trial.threads > cores for trial in out)),
        ("its arm, its thread count or its block has no whole fit",
         any(trial.threads <= cores for trial in out))) if found]
    if whys:
        rows.append(marks.text_row(f"paler, in no fit: {'; or '.join(whys)}", marker="o",
                                   markersize=marks.DOT_SIZE, color=style.FAINT_TEXT, alpha=PALE))
    rows += marks.no_median_rows(cells_of(panels, run))
    rows += marks.hollow_rows(drawn) + marks.failed_rows(drawn)
    beyond = len(run.arms) - len(drawn)
    if beyond:
        rows.append(marks.text_row(
            f"not drawn, at more threads than that: {counted(beyond, 'trial')}"))
    return rows


def parameter_text(value: float) -> str:
    """Two digits that count, never in powers of ten: 0.050, 0.00021."""
    if value < 5e-8:
        return "0"
    exponent = int(f"{value:.1e}".split("e")[1])
    return f"{value:.{max(1, 1 - exponent)}f}"


def missing(run: Run) -> str:
    if run.mode == "churn":
        return ("throughput of connections that are kept: its plan opens them anew (coresweep run "
                "architectures keeps them)")
    if run.is_open:
        return ("throughput to fit: its plan offers a rate, which every arm answers (coresweep run "
                "architectures finds what they can)")
    cores = run.cpu_division.server_physical_cores
    counts = {trial.threads for trial in run.arms if trial.threads <= cores}
    if len(counts) < usl.FEWEST_COUNTS:
        return (f"six thread counts with a physical core for each thread: the run has "
                f"{len(counts)}, the server set {counted(cores, 'core')} (coresweep run "
                f"architectures has them on a machine of more, or a plan whose threads name them)")
    if not usl.has_scipy():
        return f"SciPy: {sys.executable} does not find it (cmake/install_wheels.sh brings it)"
    if not any(fits_of(panel) for panel in panels_of(run)):
        return ("block in which an arm has six valid thread counts with a physical core for each "
                "thread (coresweep run architectures, on a machine that is quiet)")
    return ""


def reading(run: Run) -> str:
    """Contention and crosstalk of each arm, and what they say."""
    panels = panels_of(run)
    told = [_told(one, wording.conditions_text(panel.run.conditions[0], run))
            for panel in panels for one in fits_of(panel)]
    law = ("They tell how the curve bends, not what bends it: contention is the share of the work "
           "that threads do one at a time, crosstalk what each pair of threads costs.")
    return " ".join(["; ".join(told) + ".", law,
                     *readings.no_median_text(cells_of(panels, run)),
                     *wording.left_out_text(run.arms)])


def _told(one: ArmFits, conditions: str) -> str:
    most = one.most_threads
    texts, shown = [], False
    for name, times in (("contention", most - 1), ("crosstalk", most * (most - 1))):
        found = one.median_of(name)
        is_shown = found.low * times >= LEAST_EFFECT
        shown = shown or is_shown
        texts.append(f"{name} {found.text(parameter_text)}{'' if is_shown else ', none shown'}")
    share = one.interval_of(lambda fit: fit.at(most) / (most * fit.rate))
    text = (f"{one.series.name}{f' ({conditions})' if conditions else ''}: {', '.join(texts)}, so "
            f"at {counted(most, 'thread')} each does {100 * share.median:.0f} % of what one alone "
            f"would")
    if not shown and share.high < 1 - LEAST_EFFECT:
        text += ", for which of the two the blocks do not tell"
    if one.peak is not None:
        beyond = ", beyond what was measured" if one.peak.median > most else ""
        text += f", and most is answered at {one.peak.text('{:.0f}'.format)} threads{beyond}"
    return f"{text} ({counted(len(one.fits), 'block')}; {_residual_text(one)})"


def _residual_text(one: ArmFits) -> str:
    at: dict[int, list[float]] = {}
    for trial, share in one.residuals():
        at.setdefault(trial.threads, []).append(share)
    worst = max((statistics.median(shares) for shares in at.values()), key=abs)
    return f"medians lie within {100 * abs(worst):.1f} % of the fits"


CHART = Chart("scalability_fit", __doc__.splitlines()[0], missing, draw, reading)

if __name__ == "__main__":
    sys.exit(command.run_chart(CHART, sys.argv[1:]))
