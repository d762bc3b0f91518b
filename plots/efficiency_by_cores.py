#!/usr/bin/env python3
"""What does a request cost? CPU time a request by server threads, and requests per CPU second.

A stack is the server process' own CPU time, in user and in system mode; as high as the median of
their sum, and parted as their medians are. Softirq time, of all CPUs of the machine and of the load
generator's packets too, stands beside it and not on top: most kernels count what of it interrupts
the server as the server's system time, and a stack would show that twice.
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
from run import Run
from thread_axis import Boundary, boundaries_of
from trial import Arm, Conditions, Trial
from wording import counted

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MICROSECONDS = 1e6
NARROWEST = 0.16  # inches that an arm's bars take: a figure above them has room there, upright
STACK = (-0.42, 0.22)  # of that room, which goes from -0.5 to 0.5
SOFTIRQ = (0.22, 0.42)
OF_SYSTEM = 0.4  # opacity
WIDEST = 0.55  # inches
AXES_WIDTH = style.FIGURE_WIDTH - frame.LEFT_OF_AXES - 1.0


@dataclass(frozen=True)
class Bar:
    """One arm's at one thread count: of its valid trials, or of those that are not."""

    arm: Arm
    threads: int
    trials: tuple[Trial, ...]  # those that tell their CPU time

    @property
    def is_valid(self) -> bool:
        return any(trial.is_valid for trial in self.trials)

    @property
    def counted(self) -> list[Trial]:
        return [trial for trial in self.trials if trial.is_valid] or list(self.trials)

    @property
    def total(self) -> float:
        """Microseconds a request."""
        return statistics.median(map(total_of, self.counted))

    @property
    def user(self) -> float:
        user, system = (statistics.median(trial.server.a_request(f"cpu_{kind}_s")
                                          for trial in self.counted)
                        for kind in ("user", "system"))
        return self.total * user / (user + system) if user + system else 0.0

    @property
    def softirq(self) -> float | None:
        values = [softirq_of(trial) for trial in self.counted]
        return None if None in values else statistics.median(values)

    @property
    def top(self) -> float:
        return max(self.softirq or 0.0, *map(total_of, self.trials), self.total)

    def interval(self, run: Run) -> Interval:
        return comparison.median_interval(map(total_of, self.counted),
                                          comparison.coverage_of(run))


def total_of(trial: Trial) -> float | None:
    """The server's CPU time a request, in microseconds. None where it was not measured."""
    if trial.server is None:
        return None
    user, system = (trial.server.a_request(f"cpu_{kind}_s") for kind in ("user", "system"))
    return None if user is None or system is None else MICROSECONDS * (user + system)


def softirq_of(trial: Trial) -> float | None:
    """All CPUs' softirq time a request, in microseconds."""
    cpu = trial.machine_cpu
    if cpu is None or not cpu.window_s or not trial.throughput_per_s:
        return None
    return MICROSECONDS * cpu.seconds("softirq_s") / (cpu.window_s * trial.throughput_per_s)


def bars_of(run: Run, asked: Conditions) -> list[list[Bar]]:
    """By thread counts, ascending, each arm that tells its CPU time there."""
    groups = []
    for threads in run.thread_counts:
        cells = ((arm, tuple(trial for trial in comparison.trials_at(run, arm, threads, asked)
                             if total_of(trial) is not None)) for arm in run.compared)
        groups.append([Bar(arm, threads, trials) for arm, trials in cells if trials])
    return [group for group in groups if group]


@dataclass(frozen=True)
class Row:
    """A piece of the x axis that has room: a condition with many thread counts takes several."""

    asked: Conditions
    groups: list[list[Bar]]
    before: int | None  # the thread count that the row above it ended with


def rows_of(run: Run) -> tuple[list[Row], int]:
    """And how many arms have room beside each other in the fullest, a gap counted as one."""
    label = max(frame.text_width(f" {count} ", style.TEXT_SIZE) for count in run.thread_counts)
    arms = len(run.compared)
    slot = max(NARROWEST, label / (arms + 1))
    groups_in_row = max(1, int(AXES_WIDTH / slot) // (arms + 1))
    rows = []
    for asked in run.conditions:
        groups, before = bars_of(run, asked), None
        for first in range(0, len(groups), groups_in_row):
            part = groups[first : first + groups_in_row]
            rows.append(Row(asked, part, before))
            before = part[-1][0].threads
    fullest = max((len(row.groups) for row in rows), default=0)
    return rows, max(fullest * (arms + 1), int(AXES_WIDTH / WIDEST))


def missing(run: Run) -> str:
    if any(total_of(trial) is not None for trial in run.arms):
        return ""
    return "CPU time of a server: trials that answer have it (coresweep run bench)"


def draw(run: Run) -> Figure:
    """The chart. It takes the settings it is drawn under: call it within style.applied()."""
    rows, slots = rows_of(run)
    bars = [bar for row in rows for group in row.groups for bar in group]
    boundaries = boundaries_of(run)
    headings = [wording.conditions_text(row.asked, run) for row in rows]
    legend = legend_of(run, bars)
    figure, all_axes = frame.framed_axes(
        title="How much CPU time does a request take?",
        subtitles=(wording.machine_text(run), wording.load_text(run), *wording.nodes_text(run),
                   *wording.skipped_text(run)),
        rows_above=len(boundaries) + any(headings), end_texts=[""], legend_rows=len(legend),
        panels=len(rows))
    for axes, row, heading in zip(all_axes, rows, headings):
        # A tenth of the height more than bars need: figures stand above them.
        style.start_y_at_zero(axes, 1.12 * max(bar.top for bar in bars),
                              "CPU time a request (us)")
        axes.yaxis.set_major_formatter("{x:g}")
        if heading:
            frame.write_heading(axes, len(boundaries), heading)
        _draw_row(axes, row, run, slots, boundaries)
    frame.legend_below(figure, all_axes[-1], legend)
    return figure


def _draw_row(axes, row: Row, run: Run, slots: int, boundaries: Sequence[Boundary]) -> None:
    arms = run.compared
    looks = style.styles_of_arms(arms)
    pitch = len(arms) + 1
    axes.set_xlim(-0.5, slots - 0.5)
    axes.set_xlabel("server threads (counts that were measured, not to scale)")
    axes.set_xticks([i * pitch + len(arms) / 2 for i in range(len(row.groups))],
                    [str(group[0].threads) for group in row.groups])
    axes.tick_params(axis="x", length=0)
    inches = frame.size_in_inches(axes)[0] / slots
    before = row.before
    for i, group in enumerate(row.groups):
        threads = group[0].threads
        for level, boundary in enumerate(reversed(boundaries)):
            if (before or 0) <= boundary.threads < threads:
                x = i * pitch
                axes.axvline(x, color=style.BOUNDARY, linewidth=0.9, zorder=1,
                             linestyle=style.SHORT_DASHES)
                frame.write_above(axes, x, level, boundary.text)
        before = threads
        for bar in group:
            _draw_bar(axes, bar, i * pitch + 0.5 + arms.index(bar.arm) + 0.5, looks[bar.arm], run,
                      inches)


def _draw_bar(axes, bar: Bar, x: float, look: style.SeriesStyle, run: Run, inches: float) -> None:
    left, width = x + STACK[0], STACK[1] - STACK[0]
    color = look.color
    if bar.is_valid:
        axes.bar(left, bar.user, width, align="edge", color=color, linewidth=0, label="_user")
        axes.bar(left, bar.total - bar.user, width, bottom=bar.user, align="edge", color=color,
                 alpha=OF_SYSTEM, linewidth=0, label="_system")
    else:
        axes.bar(left, bar.total, width, align="edge", facecolor="none", edgecolor=color,
                 linewidth=0.9, linestyle=style.SHORT_DASHES, label="_not valid")
    if bar.softirq is not None:
        axes.bar(x + SOFTIRQ[0], bar.softirq, SOFTIRQ[1] - SOFTIRQ[0], align="edge",
                 facecolor="none", edgecolor=color, linewidth=0.6,
                 hatch="//////" if bar.is_valid else None, label="_softirq")
    middle = left + width / 2
    if bar.is_valid:
        interval = bar.interval(run)
        # Narrow: as wide as the stack, it would look like a part of it.
        half = 0.12 * width
        axes.fill_between([middle - half, middle + half], interval.low, interval.high,
                          color=style.TEXT, alpha=2 * marks.SHADE, linewidth=0, zorder=2.5)
    axes.plot(middle, 0.03, marker=style.marker_of(look), transform=axes.get_xaxis_transform(),
              markersize=min(6.0, 36 * inches), color="white", markeredgecolor=style.TEXT,
              markeredgewidth=0.6, zorder=5, linestyle="none", label="_whose")
    size = min(3.0, 12 * inches)
    for trial in bar.trials:
        place = 0.8 * width * marks.place_among(run.blocks, trial.block)
        axes.plot(middle + place, total_of(trial), label="_block", **{
            **marks.dot(style.TEXT, "o", trial.is_valid), "markersize": size})
    if bar.is_valid:
        text = style.three_digits(MICROSECONDS / bar.total) if bar.total else "no CPU time"
        fits = frame.text_width(f"{text} ", style.SMALL_SIZE) <= inches
        axes.annotate(text, (x, bar.top), xytext=(0, 4), textcoords="offset points", ha="center",
                      va="bottom", size=style.SMALL_SIZE, rotation=0 if fits else 90)


def legend_of(run: Run, bars: Sequence[Bar]) -> list:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    looks = style.styles_of_arms(run.compared)
    rows: list = [marks.text_row("from left to right:"), *(
        Line2D([], [], linestyle="none", marker=style.marker_of(look), color=look.color,
               markersize=7, label=wording.name_of(arm, run)) for arm, look in looks.items())]
    valid = [bar for bar in bars if bar.is_valid]
    if valid:
        rows += [
            marks.text_row("above its bars: requests per second of the server's CPU time"),
            Patch(facecolor=style.FAINT_TEXT, label="the server's process, in user mode"),
            Patch(facecolor=style.FAINT_TEXT, alpha=OF_SYSTEM, linewidth=0,
                  label="the server's process, in system mode")]
    if any(bar.softirq is not None for bar in bars):
        rows.append(Patch(facecolor="white", edgecolor=style.FAINT_TEXT, hatch="//////", label=(
            "softirq of all CPUs, for the load generator too; in part it may be in system mode")))
    if valid:
        rows += [*marks.interval_rows(run, [bar.interval(run) for bar in valid]),
                 marks.sample(3.0, style.TEXT, "one block: user and system together")]
    shown = [trial for bar in bars for trial in bar.trials]
    without = sum(total_of(trial) is None for trial in run.arms)
    if without:
        rows.append(marks.text_row(f"without CPU time: {counted(without, 'trial')}"))
    return [*rows, *marks.hollow_rows(shown)]


def reading(run: Run) -> str:
    """What a request takes of each arm in one cell, and the headline's sides as a ratio."""
    threads, asked = comparison.cell_told(run, lambda trial: total_of(trial) is not None)
    (bars,) = [group for group in bars_of(run, asked) if group[0].threads == threads]
    valid = sorted((bar for bar in bars if bar.is_valid),
                   key=lambda bar: (bar.total, wording.name_of(bar.arm, run)))
    where = wording.conditions_text(asked, run)
    at = counted(threads, "server thread") + (f" ({where})" if where else "")
    if not valid:
        return " ".join([f"At {at} no trial is valid.", *wording.left_out_text(run.arms)])
    told = [f"{bar.total:.3g} us with {wording.name_of(bar.arm, run)}" for bar in valid]
    if len(told) > 5:
        told = [f"between {told[0]} and {told[-1]}"]
    sentences = [f"At {at} a request takes, of the server's CPU time in the median, "
                 f"{', '.join(told)}."]
    return " ".join([*sentences, *_ratio_text(run, valid), *wording.left_out_text(run.arms)])


def _ratio_text(run: Run, valid: Sequence[Bar]) -> list[str]:
    if run.headline is None:
        return []
    by_arm = {bar.arm: bar for bar in valid}
    over, under = run.headline.over, run.headline.under
    if over not in by_arm or under not in by_arm:
        return []
    threads, asked = by_arm[over].threads, by_arm[over].trials[0].conditions
    sides = [comparison.trials_at(run, arm, threads, asked) for arm in (over, under)]
    if any(trial.is_valid and not total_of(trial) for side in sides for trial in side):
        return []
    ratio = comparison.ratio_of(*sides, run, total_of, comparison.noise_of(run, total_of))
    return [f"{wording.name_of(over, run)} against {wording.name_of(under, run)}, CPU time a "
            f"request: {ratio.text()}."]


CHART = Chart("efficiency_by_cores", __doc__.splitlines()[0], missing, draw, reading)

if __name__ == "__main__":
    sys.exit(command.run_chart(CHART, sys.argv[1:]))
