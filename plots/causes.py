#!/usr/bin/env python3
"""Why do arms differ? Switches, system calls, wake-ups and migrations in 1,000 requests.

At one thread count, the headline's: a row an arm, a dot a block, the median of the valid trials as
a bar that is written out beside its row. Each panel has its own linear scale, from zero. What loops
wait for is another thing under io_uring than under epoll: each engine has a panel of its own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import command
import comparison
import frame
import marks
import readings
import strips
import style
import wording
from chart import Chart
from comparison import Interval
from run import Run
from trial import Arm, Conditions, Traced, Trial
from wording import counted

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NOT_MEASURED = "not known"
OTHER_ENGINE = "other engine"
REQUESTS = 1000  # of one, most figures would be small fractions
LEAST_TOLD = 0.001  # in as many


@dataclass(frozen=True)
class Cause:
    """figure: in 1,000 requests of one trial; None where it was not measured."""

    name: str
    figure: Callable[[Trial], "float | None"]


@dataclass(frozen=True)
class Row:
    """One arm's values of one cause: by block, or one of a traced trial; or why it has none.

    interval: of the median, where it is told
    """

    arm: Arm
    values: tuple[tuple[int, float, bool], ...] = ()  # block, in 1,000 requests, is valid
    interval: Interval | None = None
    traced: float | None = None
    without: str = NOT_MEASURED

    @property
    def median(self) -> float | None:
        if self.traced is not None:
            return self.traced
        return self.interval.median if self.interval else None

    @property
    def largest(self) -> float:
        return max([self.traced or 0.0, *(value for _, value, _ in self.values)])


@dataclass(frozen=True)
class Panel:
    name: str
    rows: tuple[Row, ...]

    @property
    def is_told(self) -> bool:
        return any(row.values or row.traced is not None for row in self.rows)


def counts(name: str) -> Callable[[Trial], "float | None"]:
    def figure(trial: Trial) -> float | None:
        value = trial.server.a_request(name) if trial.server else None
        return None if value is None else REQUESTS * value

    return figure


def wake_ups(trial: Trial) -> float | None:
    """Returns of a loop from its wait: from those that may have slept, and those that looked."""
    waits, polls = (counts(name)(trial) for name in ("loop_waits", "loop_polls"))
    return waits if waits is None or polls is None else waits + polls


CAUSES = (
    Cause("voluntary context switches", counts("context_switches_voluntary")),
    Cause("involuntary context switches", counts("context_switches_involuntary")),
    Cause("migrations to another CPU", counts("migrations")),
)
WAKE_UPS = "wake-ups of loops"


def panels_of(run: Run, threads: int, asked: Conditions) -> list[Panel]:
    """Those of which at least one arm tells something, in a fixed order."""
    cells = {arm: comparison.trials_at(run, arm, threads, asked) for arm in run.compared}

    def panel(name: str, figure, arms: Sequence[Arm]) -> Panel:
        return Panel(name, tuple(
            Row(arm, tuple((trial.block, value, trial.is_valid) for trial in cells[arm]
                           if arm in arms and (value := figure(trial)) is not None),
                comparison.told_median(cells[arm], figure, run) if arm in arms else None,
                without=NOT_MEASURED if arm in arms or arm.is_peer else OTHER_ENGINE)
            for arm in cells))

    engines = sorted({arm.engine for arm in cells if not arm.is_peer})
    found = [panel(cause.name, cause.figure, run.compared) for cause in CAUSES]
    found += [panel(WAKE_UPS + (f", {engine}" if len(engines) > 1 else ""), wake_ups,
                    [arm for arm in cells if arm.engine == engine]) for engine in engines]
    traced = {one.arm: one for one in run.traced
              if (one.threads, one.conditions) == (threads, asked)}
    found += [Panel(name, tuple(Row(arm, traced=_traced(traced.get(arm), field)) for arm in cells))
              for name, field in (("system calls (traced)", "syscalls_per_request"),
                                  ("futex calls (traced)", "futex_per_request"))]
    return [one for one in found if one.is_told]


def _traced(found: Traced | None, field: str) -> float | None:
    value = None if found is None else getattr(found, field)
    return None if value is None else REQUESTS * value


def missing(run: Run) -> str:
    if comparison.cell_told(run, tells_a_cause):
        return ""
    return "counts of the server's switches: trials that answer have them (coresweep run bench)"


def tells_a_cause(trial: Trial) -> bool:
    return any(cause.figure(trial) is not None for cause in CAUSES) or wake_ups(trial) is not None


def draw(run: Run) -> Figure:
    """The chart. It takes the settings it is drawn under: call it within style.applied()."""
    threads, asked = comparison.cell_told(run, tells_a_cause)
    panels = panels_of(run, threads, asked)
    arms = [arm for arm in run.compared if comparison.trials_at(run, arm, threads, asked)]
    panels = [Panel(one.name, tuple(row for row in one.rows if row.arm in arms)) for one in panels]
    looks = style.styles_of_arms(run.compared)
    shown = [trial for arm in arms for trial in comparison.trials_at(run, arm, threads, asked)]
    legend = legend_of(run, shown, panels)
    where = wording.conditions_text(asked, run)
    figure, all_axes = strips.strip_axes(
        title=f"What happens in {REQUESTS:,} requests, at {counted(threads, 'server thread')}"
              + (f", {where}?" if where else "?"),
        subtitles=(wording.machine_text(run), wording.load_text(run), *wording.skipped_text(run)),
        names=[wording.name_of(arm, run) for arm in arms],
        headings=[one.name for one in panels], legend_rows=len(legend),
        room=frame.text_width(f" {OTHER_ENGINE} ", style.SMALL_SIZE))
    for axes, panel in zip(all_axes, panels):
        strips.start_x_at_zero(axes, max(row.largest for row in panel.rows))
        axes.set_xlabel(f"in {REQUESTS:,} requests")
        for number, row in enumerate(panel.rows):
            _draw_row(axes, number, row, looks[row.arm], run)
    strips.legend_below(figure, all_axes, legend)
    return figure


def _draw_row(axes, number: int, row: Row, look: style.SeriesStyle, run: Run) -> None:
    if row.traced is not None:
        axes.plot(row.traced, number, marker=style.marker_of(look), color=look.color,
                  markersize=7, linestyle="none", clip_on=False, zorder=3, label="_traced")
    marks.draw_dots(axes, ((value, number + 0.5 * marks.place_among(run.blocks, block), is_valid)
                           for block, value, is_valid in row.values),
                    look.color, style.marker_of(look), clip_on=False)
    if row.median is not None:
        if row.traced is None:
            axes.plot([row.median] * 2, [number - 0.32, number + 0.32], color=look.color,
                      linewidth=2.2, solid_capstyle="butt", clip_on=False, zorder=4,
                      label="_median")
            axes.fill_between([row.interval.low, row.interval.high], number - 0.32, number + 0.32,
                              color=look.color, alpha=marks.SHADE, linewidth=0, zorder=1.5)
        strips.write_beside(axes, number, figure_text(row.median))
    else:
        is_valid = any(valid for *_, valid in row.values)
        strips.write_beside(axes, number, "no median" if is_valid
                            else "not valid" if row.values else row.without)


def figure_text(value: float) -> str:
    """Two digits or more. 0 is none at all: what is merely too little to be told is not 0."""
    if value == 0:
        return "0"
    if value < LEAST_TOLD:
        return f"<{LEAST_TOLD}"
    return f"{value:,.0f}" if value >= 99.5 else f"{value:.1f}" if value >= 9.95 else f"{value:.2g}"


def legend_of(run: Run, shown: Sequence[Trial], panels: Sequence[Panel]) -> list:
    from matplotlib.lines import Line2D

    rows: list = []
    intervals = [row.interval for panel in panels for row in panel.rows if row.interval]
    if intervals:
        rows.append(Line2D([], [], color=style.FAINT_TEXT, linewidth=2.2,
                           label="median of the valid trials, written out at the right"))
        rows += marks.interval_rows(run, intervals)
    if any(trial.is_valid for trial in shown):
        rows.append(marks.sample(marks.DOT_SIZE, style.FAINT_TEXT, "one block"))
    if any(row.traced is not None for panel in panels for row in panel.rows):
        rows.append(marks.sample(7.0, style.FAINT_TEXT,
                                 "one trial under a tracer, which slows it: no block of the sweep"))
    else:
        rows.append(marks.text_row("system calls are not known: a plan with \"trace\" has them "
                                   "(coresweep run architectures)"))
    return [*rows, *marks.no_median_rows(_cells_of(run, shown)), *marks.hollow_rows(shown)]


def _cells_of(run: Run, shown: Sequence[Trial]) -> list[tuple[str, list[Trial]]]:
    return [(wording.name_of(arm, run), [trial for trial in shown if trial.arm == arm])
            for arm in run.compared]


def reading(run: Run) -> str:
    """The headline's sides, cause by cause; without one, the arms with the least and the most."""
    threads, asked = comparison.cell_told(run, tells_a_cause)
    panels = panels_of(run, threads, asked)
    where = wording.conditions_text(asked, run)
    at = counted(threads, "server thread") + (f" ({where})" if where else "")
    told = [text for panel in panels if (text := _panel_text(run, panel))]
    shown = [trial for trial in run.arms if (trial.threads, trial.conditions) == (threads, asked)]
    cells = _cells_of(run, shown)
    left_out = [*readings.no_median_text(cells), *wording.left_out_text(run.arms)]
    if not told:
        is_valid = any(trial.is_valid for trial in shown)
        none = "nothing has a median" if is_valid else "no trial is valid"
        return " ".join([f"At {at} {none}.", *left_out])
    return " ".join([f"In {REQUESTS:,} requests at {at}, medians: {'; '.join(told)}.",
                     *_unknown_text(run, shown, panels), *readings.none_valid_text(cells),
                     *left_out])


def _unknown_text(run: Run, shown: Sequence[Trial], panels: Sequence[Panel]) -> list[str]:
    """A sentence, where valid trials of an arm tell nothing in any panel: which arms."""
    known = {row.arm for panel in panels for row in panel.rows
             if row.values or row.traced is not None}
    valid = {trial.arm for trial in shown if trial.is_valid}
    names = [wording.name_of(arm, run) for arm in run.compared if arm in valid - known]
    return [f"Nothing is known there of {readings.named(names)}."] if names else []


def _panel_text(run: Run, panel: Panel) -> str:
    medians = {row.arm: row.median for row in panel.rows if row.median is not None}
    headline = run.headline
    if headline and {headline.over, headline.under} <= set(medians):
        shown = [headline.over, headline.under]
    else:
        ordered = sorted(medians, key=lambda arm: (medians[arm], arm))
        shown = list(dict.fromkeys([*ordered[:1], *ordered[-1:]]))
    sides = [f"{figure_text(medians[arm])} with {wording.name_of(arm, run)}" for arm in shown]
    return f"{panel.name} {' and '.join(sides)}" if sides else ""


CHART = Chart("causes", __doc__.splitlines()[0], missing, draw, reading)

if __name__ == "__main__":
    sys.exit(command.run_chart(CHART, sys.argv[1:]))
