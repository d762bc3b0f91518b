#!/usr/bin/env python3
"""Which architecture, and whose code?

Requests per second of the server's CPU time, by streams on a connection where the run has several,
else by server threads. Colour is the architecture, of a peer the one of ours that it is arranged
like; the marker is whose code it is. So marks of one colour lie apart by whose code they are, and
those of one marker by how it is arranged.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import command
import comparison
import frame
import marks
import style
import wording
from chart import Chart
from comparison import Interval
from cpu_time import answers_of
from efficiency_by_cores import counts_drawn, not_drawn_rows
from implementations_told import OWN_THREADS, but_streams, is_by_streams, sentences
from run import Run
from style import SeriesStyle
from thread_axis import tick_at
from trial import Arm, Conditions, Trial
from wording import counted

if TYPE_CHECKING:
    from matplotlib.figure import Figure

UNIT = "requests per second of server CPU"
MOST_COUNTS = 8  # of server threads, where they are the x axis
BAND = 0.42  # of the room of one place of the x axis, to either side
MARK_SIZES = (4.0, 8.0)  # points: the least, and where there is room
BAR_OF_MARK = 0.8  # an interval's width
BETWEEN_LEGENDS = 0.75  # inches, with the samples


@dataclass(frozen=True)
class Cell:
    """One arm's, at one place of the x axis: some of its trials tell their CPU time.

    median: where it is told (requests per second of CPU time, as all here)
    """

    trials: tuple[Trial, ...]
    median: Interval | None

    @property
    def ends(self) -> tuple[float, float]:
        """Of the median's interval; where none is told of all trials, valid or not."""
        if self.median:
            return self.median.low, self.median.high
        known = [value for trial in self.trials if (value := answers_of(trial)) is not None]
        return min(known), max(known)

    @property
    def level(self) -> float:
        """The median; where none is told that of all trials."""
        if self.median:
            return self.median.median
        return statistics.median(value for trial in self.trials
                                 if (value := answers_of(trial)) is not None)


@dataclass(frozen=True)
class Panel:
    """arms: each arm to its cells, by streams or by threads."""

    heading: str
    arms: dict[Arm, dict[int, Cell]]

    @property
    def cells(self) -> list[Cell]:
        return [cell for cells in self.arms.values() for cell in cells.values()]


def panels_of(run: Run) -> list[Panel]:
    """Of several streams one for the fewest and one for the most server threads."""
    by_streams, counts = is_by_streams(run), run.thread_counts
    drawn = (dict.fromkeys((counts[0], counts[-1])) if by_streams
             else counts_drawn(run, counts, MOST_COUNTS))
    alike = but_streams(run)
    found: dict[tuple[Conditions, int], Panel] = {}
    for asked in run.conditions:
        others = asked._replace(streams=None) if by_streams else asked
        for threads in sorted(drawn):
            parts = [wording.conditions_text(others, alike)]
            if by_streams and len(drawn) > 1:
                parts.append(f"server on {wording.threads_text(threads, run.compared, run)}")
            panel = found.setdefault((others, threads if by_streams else 0),
                                     Panel(" · ".join(filter(None, parts)), {}))
            for arm in arms_of(run):
                trials = comparison.trials_at(run, arm, threads, asked)
                if any(answers_of(trial) is not None for trial in trials):
                    panel.arms.setdefault(arm, {})[asked.streams if by_streams else threads] = Cell(
                        trials, comparison.told_median(trials, answers_of, run))
    return [panel for panel in found.values() if panel.arms]


def arms_of(run: Run) -> list[Arm]:
    """Those of one code beside each other, ours first."""
    return sorted(run.compared, key=lambda arm: (arm.is_peer, run.implementation_of(arm), arm))


def styles_of(run: Run) -> dict[Arm, SeriesStyle]:
    return style.styles_of_codes({arm: (run.architecture_of(arm), run.implementation_of(arm))
                                  for arm in run.compared})


def missing(run: Run) -> str:
    if not any(arm.is_peer for arm in run.compared):
        return ("peer: a plan that names somebody else's servers has them, where they can be built "
                "(coresweep run peers)")
    if not any(answers_of(trial) is not None for trial in run.arms):
        return "CPU time of a server: trials that answer have it (coresweep run peers)"
    return ""


def draw(run: Run) -> Figure:
    """The chart. It takes the settings it is drawn under: call it within style.applied()."""
    panels, looks = panels_of(run), styles_of(run)
    colors, codes = color_rows(run, looks), code_rows(run, looks)
    notes = notes_of(run, panels)
    rows = max(len(colors), len(codes)) + 1  # an empty one below
    figure, all_axes = frame.framed_axes(
        title=CHART.question,
        subtitles=(wording.machine_text(run), wording.load_text(run), *wording.nodes_text(run),
                   *wording.skipped_text(run)),
        rows_above=1 if any(panel.heading for panel in panels) else 0,
        end_texts=[wording.name_of(arm, run) for panel in panels for arm in panel.arms],
        legend_rows=rows + len(notes),
        axes_heights=[frame.room_for([""] * len(panel.arms)) for panel in panels])
    places = sorted({place for panel in panels for cells in panel.arms.values() for place in cells})
    ends = [end for panel in panels for cell in panel.cells for end in (*cell.ends, cell.level)]
    for axes, panel in zip(all_axes, panels):
        frame.scale_y_log(axes, ends, UNIT, style.three_digits)
        if panel.heading:
            frame.write_heading(axes, 0, panel.heading)
        _draw_panel(axes, panel, run, looks, places)
    frame.legend_below(figure, all_axes[-1], colors)
    right = max(frame.text_width(row.get_label(), style.SMALL_SIZE) for row in colors)
    frame.legend_below(figure, all_axes[-1], codes, right=right + BETWEEN_LEGENDS)
    frame.legend_below(figure, all_axes[-1], notes, rows_above=rows)
    return figure


def _draw_panel(axes, panel: Panel, run: Run, looks: dict[Arm, SeriesStyle],
                places: Sequence[int]) -> None:
    """Each arm has a part of the room of each place, the same in every panel."""
    own = any(wording.has_own_threads(arm, run) for arm in run.compared)
    what = ("streams on each connection" if is_by_streams(run) else
            "CPUs of the server" if own else "server threads")
    axes.set_xlim(-0.5, len(places) - 0.5)
    axes.set_xlabel(f"{what} (evenly spaced; marks stand beside their tick)")
    tick_at(axes, range(len(places)), [f"{place:,}" for place in places])
    for edge in range(len(places) - 1):
        axes.axvline(edge + 0.5, color=style.GRID, linewidth=0.8, zorder=0)
    arms = arms_of(run)
    slot = 2 * BAND / len(arms)
    points = slot * frame.size_in_inches(axes)[0] / len(places) * frame.POINTS_PER_INCH
    size = min(max(points, MARK_SIZES[0]), MARK_SIZES[1])
    labels = []
    for arm, cells in panel.arms.items():
        aside = -BAND + (arms.index(arm) + 0.5) * slot
        placed = {i + aside: cells[place] for i, place in enumerate(places) if place in cells}
        _draw_arm(axes, placed, looks[arm], size, wording.name_of(arm, run))
        told = [cell for cell in cells.values() if cell.median]
        last = cells[max(cells)]
        labels.append(frame.EndLabel(wording.name_of(arm, run), last.level, {
            "color": looks[arm].color, "marker": looks[arm].marker, "linewidth": 1.2,
            "linestyle": looks[arm].line, "markersize": 6.5,
            "markerfacecolor": looks[arm].color if told else "white"}))
    frame.label_ends(axes, labels)


def _draw_arm(axes, placed: dict[float, Cell], look: SeriesStyle, size: float, name: str) -> None:
    """Its marks are joined where medians follow each other; a bar is as tall as the interval."""
    told = {x: cell.median for x, cell in placed.items() if cell.median}
    hollow = {x: cell for x, cell in placed.items() if not cell.median}
    mark = {"color": look.color, "marker": look.marker, "markersize": size, "zorder": 3,
            "clip_on": False}  # whole at the edge, too
    if told:
        axes.vlines(list(told), [one.low for one in told.values()],
                    [one.high for one in told.values()], color=look.color, zorder=1.5,
                    alpha=2 * marks.SHADE, linewidth=BAR_OF_MARK * size, label="_interval")
        axes.plot(list(placed), [told[x].median if x in told else float("nan") for x in placed],
                  linestyle=look.line, linewidth=0.9, markeredgewidth=0.5, markeredgecolor="white",
                  label=name, **mark)
    if hollow:
        ends = [cell.ends for cell in hollow.values()]
        axes.vlines(list(hollow), *zip(*ends), color=look.color, linewidth=0.6, zorder=1.5,
                    label="_range")
        axes.plot(list(hollow), [cell.level for cell in hollow.values()], linestyle="none",
                  markerfacecolor="none", markeredgewidth=1.0, label="_not valid", **mark)


def color_rows(run: Run, looks: dict[Arm, SeriesStyle]) -> list:
    """Each architecture's colour; grey where there is none, or none in the table."""
    told = {run.architecture_of(arm): look.color for arm, look in looks.items()}
    names = [name for name in style.ARCHITECTURES if name in told]
    rows = [marks.text_row("colour: the architecture, or what a peer is arranged like")]
    rows += [_color_row(told[name], name) for name in names]
    if style.NO_ARCHITECTURE in told.values():
        rows.append(_color_row(style.NO_ARCHITECTURE, "like none of ours, or not told"))
    return rows


def _color_row(color: str, text: str):
    return marks.text_row(text, color=color, linestyle=style.SOLID, linewidth=7.0,
                          solid_capstyle="butt")


def code_rows(run: Run, looks: dict[Arm, SeriesStyle]) -> list:
    """The marker of each that wrote the code."""
    from matplotlib.lines import Line2D

    by_code = {run.implementation_of(arm): looks[arm].marker for arm in arms_of(run)}
    return [marks.text_row("marker: whose code"), *(
        Line2D([], [], linestyle="none", marker=marker, markersize=7, color=style.FAINT_TEXT,
               label=wording.shortened(code)) for code, marker in by_code.items())]


def notes_of(run: Run, panels: Sequence[Panel]) -> list:
    cells = [cell for panel in panels for cell in panel.cells]
    told = [cell.median for cell in cells if cell.median]
    hollow = [cell.trials for cell in cells if not cell.median]
    rows = []
    if any(wording.has_own_threads(arm, run) for arm in run.compared):
        rows.append(marks.text_row(OWN_THREADS))
    if told:
        rows += [marks.sample(MARK_SIZES[1], style.FAINT_TEXT,
                              "median over blocks, of the valid trials"),
                 *marks.interval_rows(run, told)]
    if hollow:
        rows.append(marks.sample(MARK_SIZES[1], "white", "hollow: no result; median and range of "
                                 "all trials, valid or not"))
    rows += marks.hollow_rows([trial for trials in hollow for trial in trials])
    rows += marks.no_median_rows((marks.cell_name(trials, run), trials) for trials in hollow)
    if not is_by_streams(run):
        rows += not_drawn_rows(run, {trial.threads for cell in cells for trial in cell.trials})
    without = sum(answers_of(trial) is None for trial in run.arms)
    if without:
        rows.append(marks.text_row(f"without CPU time: {counted(without, 'trial')}"))
    return rows


def reading(run: Run) -> str:
    """What lies between architectures of one code, and between codes of one architecture."""
    return " ".join([*sentences(run), *wording.left_out_text(run.arms)])


CHART = Chart("implementations", __doc__.splitlines()[0], missing, draw, reading)

if __name__ == "__main__":
    sys.exit(command.run_chart(CHART, sys.argv[1:]))
