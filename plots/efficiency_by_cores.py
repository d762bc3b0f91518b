#!/usr/bin/env python3
"""What does a request cost? CPU time a request by server threads, and requests per CPU second.

A stack is the server process' own CPU time, in user and in system mode; as high as the median of
their sum, and parted as their medians are. Softirq time, of all CPUs of the server's machine (for
the load generator's packets too, where that runs there), stands beside it and not on top: most
kernels count what of it interrupts the server as the server's system time: it would show twice.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import command
import comparison
import frame
import marks
import panels
import readings
import style
import wording
from chart import Chart
from cpu_time import MICROSECONDS, Bar, bars_of, machine_of, total_of
from run import Run
from thread_axis import Boundary, boundaries_of
from trial import Arm, Conditions
from wording import counted

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NARROWEST = 0.16  # inches that an arm's bars take: a figure above them has room there, upright
STACK = (-0.42, 0.22)  # of that room, which goes from -0.5 to 0.5
SOFTIRQ = (0.22, 0.42)
OF_SYSTEM = 0.4  # opacity
WIDEST = 1.1  # inches
# Points below the axes: the middle of the marks that say whose bars stand there, and further down
# the thread counts.
WHOSE_BELOW, COUNTS_BELOW = 7.0, 15.0
MOST_ROWS = 3  # of a condition; beyond, not every thread count is drawn
AXES_WIDTH = style.FIGURE_WIDTH - frame.LEFT_OF_AXES - 1.0


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
        drawn = counts_drawn(run, [group[0].threads for group in groups], MOST_ROWS * groups_in_row)
        groups = [group for group in groups if group[0].threads in drawn]
        for first in range(0, len(groups), groups_in_row):
            part = groups[first : first + groups_in_row]
            rows.append(Row(asked, part, before))
            before = part[-1][0].threads
    fullest = max((len(row.groups) for row in rows), default=0)
    return rows, max(fullest * (arms + 1), int(AXES_WIDTH / WIDEST))


def counts_drawn(run: Run, counts: Sequence[int], most: int) -> set[int]:
    """All of them; of more than `most`, some that are chosen whatever was measured there.

    The first and the last, those where CPUs end, those that headline and reading are of, and of
    each doubling of the first the nearest: where there is no room, of the larger ones.
    """
    if len(counts) <= most:
        return set(counts)
    told, _ = comparison.cell_told(run, lambda trial: total_of(trial) is not None)
    named = {counts[0], counts[-1], told, *([run.headline.threads] if run.headline else []),
             *(max(count for count in counts if count <= max(boundary.threads, counts[0]))
               for boundary in boundaries_of(run))}
    named &= set(counts)
    doublings = [min(counts, key=lambda count: abs(count - counts[0] * 2**power))
                 for power in range((counts[-1] // counts[0]).bit_length())]
    further = [count for count in reversed(doublings) if count not in named]
    return named | set(further[: max(0, most - len(named))])


def missing(run: Run) -> str:
    if any(total_of(trial) is not None for trial in run.arms):
        return ""
    return "CPU time of a server: trials that answer have it (coresweep run bench)"


def draw(run: Run) -> Figure:
    """The chart. It takes the settings it is drawn under: call it within style.applied()."""
    rows, slots = rows_of(run)
    bars = [bar for row in rows for group in row.groups for bar in group]
    boundaries = boundaries_of(run)
    tops = {row.asked: max(bar.top for each in rows if each.asked == row.asked
                           for group in each.groups for bar in group) for row in rows}
    one_scale = max(tops.values()) <= panels.ONE_SCALE_UP_TO * min(tops.values())
    headings = [wording.conditions_text(row.asked, run) + ("" if one_scale else panels.OWN_SCALE)
                for row in rows]
    legend = legend_of(run, bars)
    figure, all_axes = frame.framed_axes(
        title="How much CPU time does a request take?",
        subtitles=(wording.machine_text(run), wording.load_text(run), *wording.nodes_text(run),
                   *wording.skipped_text(run)),
        rows_above=len(boundaries) + any(headings), end_texts=[""], legend_rows=len(legend),
        panels=len(rows))
    for axes, row, heading in zip(all_axes, rows, headings):
        # A tenth of the height more than bars need: figures stand above them.
        top = max(tops.values()) if one_scale else tops[row.asked]
        style.start_y_at_zero(axes, 1.12 * top, "CPU time a request (µs)")
        axes.yaxis.set_major_formatter("{x:,.10g}")
        if heading:
            frame.write_heading(axes, len(boundaries), heading)
        _draw_row(axes, row, run, slots, boundaries, max(len(each.groups) for each in rows))
    frame.legend_below(figure, all_axes[-1], legend)
    return figure


def _draw_row(axes, row: Row, run: Run, slots: int, boundaries: Sequence[Boundary],
              fullest: int) -> None:
    arms = run.compared
    looks = style.styles_of_arms(arms)
    pitch = len(arms) + 1
    axes.set_xlim((fullest * pitch - slots) / 2, (fullest * pitch + slots) / 2)
    axes.set_xlabel("server threads (counts that were measured, not to scale)")
    axes.set_xticks([i * pitch + (1 + len(arms)) / 2 for i in range(len(row.groups))],
                    [str(group[0].threads) for group in row.groups])
    axes.tick_params(axis="x", length=0, pad=COUNTS_BELOW)
    inches = frame.size_in_inches(axes)[0] / slots
    before = row.before
    placed: dict[Arm, list[tuple[float, Bar]]] = {}
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
            placed.setdefault(bar.arm, []).append((i * pitch + 1 + arms.index(bar.arm), bar))
    for arm, bars in placed.items():
        _draw_bars(axes, bars, looks[arm])
        _draw_blocks(axes, bars, looks[arm], run, inches)
        _write_figures(axes, bars, inches)


def _draw_bars(axes, bars: Sequence[tuple[float, Bar]], look: style.SeriesStyle) -> None:
    """All of one arm in a row at once, since each artist takes its time."""
    stack = {"width": STACK[1] - STACK[0], "align": "edge"}
    beside = {"width": SOFTIRQ[1] - SOFTIRQ[0], "align": "edge", "facecolor": "none",
              "edgecolor": look.color, "linewidth": 0.6, "label": "_softirq"}
    for is_valid in (True, False):
        alike = [(x, bar) for x, bar in bars if bar.is_valid == is_valid]
        if not alike:
            continue
        lefts = [x + STACK[0] for x, _ in alike]
        users, totals = ([getattr(bar, part) for _, bar in alike] for part in ("user", "total"))
        if is_valid:
            axes.bar(lefts, users, color=look.color, linewidth=0, label="_user", **stack)
            axes.bar(lefts, [total - user for total, user in zip(totals, users)], bottom=users,
                     color=look.color, alpha=OF_SYSTEM, linewidth=0, label="_system", **stack)
        else:
            axes.bar(lefts, totals, facecolor="none", edgecolor=look.color, linewidth=0.9,
                     linestyle=style.SHORT_DASHES, label="_not valid", **stack)
        told = [(x, bar.softirq) for x, bar in alike if bar.softirq is not None]
        if told:
            axes.bar([x + SOFTIRQ[0] for x, _ in told], [softirq for _, softirq in told],
                     hatch="//////" if is_valid else None, **beside)


def _draw_blocks(axes, bars: Sequence[tuple[float, Bar]], look: style.SeriesStyle, run: Run,
                 inches: float) -> None:
    """Each block's value, the interval of their median, and whose bars these are."""
    width = STACK[1] - STACK[0]
    middle = (STACK[0] + STACK[1]) / 2
    valid = [(x + middle, bar.interval(run)) for x, bar in bars if bar.is_valid]
    if valid:
        # Narrow: as wide as the stack, it would look like a part of it.
        axes.bar([x for x, _ in valid], [one.high - one.low for _, one in valid], 0.24 * width,
                 bottom=[one.low for _, one in valid], color=style.TEXT, alpha=2 * marks.SHADE,
                 linewidth=0, zorder=2.5, label="_interval")
    below = -WHOSE_BELOW / (frame.POINTS_PER_INCH * frame.size_in_inches(axes)[1])
    axes.plot([x + middle for x, _ in bars], [below] * len(bars), marker=style.marker_of(look),
              transform=axes.get_xaxis_transform(), markersize=min(6.0, 36 * inches),
              color=look.color, clip_on=False, linestyle="none", label="_whose")
    marks.draw_dots(
        axes, ((x + middle + 0.8 * width * marks.place_among(run.blocks, trial.block),
                total_of(trial), trial.is_valid) for x, bar in bars for trial in bar.trials),
        style.TEXT, "o", markersize=min(3.0, 12 * inches))


def _write_figures(axes, bars: Sequence[tuple[float, Bar]], inches: float) -> None:
    for x, bar in bars:
        if bar.is_valid:
            text = style.three_digits(MICROSECONDS / bar.total) if bar.total else "no CPU time"
            fits = frame.text_width(f"{text} ", style.SMALL_SIZE) <= inches
            axes.annotate(text, (x, bar.top), xytext=(0, 4), textcoords="offset points",
                          ha="center", va="bottom", size=style.SMALL_SIZE,
                          rotation=0 if fits else 90)


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
        whose = ("softirq of all CPUs of the server's machine" if run.is_over_hosts
                 else "softirq of all CPUs, for the load generator too")
        rows.append(Patch(facecolor="white", edgecolor=style.FAINT_TEXT, hatch="//////",
                          label=f"{whose}; in part it may be in system mode"))
    if valid:
        rows += [*marks.interval_rows(run, [bar.interval(run) for bar in valid]),
                 marks.sample(3.0, style.TEXT, "one block: user and system together")]
    shown = [trial for bar in bars for trial in bar.trials]
    rows += not_drawn_rows(run, {trial.threads for trial in shown})
    without = sum(total_of(trial) is None for trial in run.arms)
    if without:
        rows.append(marks.text_row(f"without CPU time: {counted(without, 'trial')}"))
    if len(valid) < len(bars):
        rows.append(Patch(facecolor="none", edgecolor=style.FAINT_TEXT, linewidth=0.9,
                          linestyle=style.SHORT_DASHES,
                          label="dashed: no median; as high as that of all trials, valid or not"))
    cells = [(marks.cell_name(bar.cell, run), bar.cell) for bar in bars]
    return [*rows, *marks.no_median_rows(cells), *marks.hollow_rows(shown)]


def not_drawn_rows(run: Run, drawn: set[int]) -> list:
    counts = sorted({trial.threads for trial in run.arms if total_of(trial) is not None} - drawn)
    if not counts:
        return []
    return [marks.text_row(f"not drawn, for want of room: {readings.listed(counts)} threads; "
                           "trials.jsonl has them")]


def reading(run: Run) -> str:
    """What a request takes of each arm in one cell, and the headline's sides as a ratio."""
    threads, asked = comparison.cell_told(run, lambda trial: total_of(trial) is not None)
    (bars,) = [group for group in bars_of(run, asked) if group[0].threads == threads]
    valid = sorted((bar for bar in bars if bar.is_valid),
                   key=lambda bar: (bar.total, wording.name_of(bar.arm, run)))
    where = wording.conditions_text(asked, run)
    at = counted(threads, "server thread") + (f" ({where})" if where else "")
    cells = [(wording.name_of(arm, run), comparison.trials_at(run, arm, threads, asked))
             for arm in run.compared]
    without = readings.no_median_text(cells, total_of)
    if not valid:
        none = "nothing has a median" if without else "no trial is valid"
        return " ".join([f"At {at} {none}.", *without, *wording.left_out_text(run.arms)])
    without += readings.none_valid_text(cells)
    told = [f"{duration_text(bar.total)} with {wording.name_of(bar.arm, run)}" for bar in valid]
    if len(told) > 5:
        told = [f"between {told[0]} and {told[-1]}"]
    sentences = [f"At {at} a request takes, of the server's CPU time in the median, "
                 f"{', '.join(told)}."]
    return " ".join([*sentences, *_machine_text(run, valid), *without, *_ratio_text(run, valid),
                     *wording.left_out_text(run.arms)])


def duration_text(microseconds: float) -> str:
    return wording.latency_text(1000 * microseconds)


def _machine_text(run: Run, valid: Sequence[Bar]) -> list[str]:
    """What the kernel does for a server beside its process is in the machine's time alone."""
    found = [(told.median, wording.name_of(bar.arm, run)) for bar in valid
             if (told := comparison.told_median(bar.cell, machine_of, run)) is not None]
    told = [f"{duration_text(median)} with {name}" for median, name in sorted(found)]
    if len(told) > 5:
        told = [f"between {told[0]} and {told[-1]}"]
    whose = ("Of all CPUs of the server's machine" if run.is_over_hosts
             else "Of all CPUs, with the load generator's work")
    return [f"{whose}: {', '.join(told)}."] if told else []


def _ratio_text(run: Run, valid: Sequence[Bar]) -> list[str]:
    if run.headline is None:
        return []
    by_arm = {bar.arm: bar for bar in valid}
    over, under = run.headline.over, run.headline.under
    if over not in by_arm or under not in by_arm:
        return []
    threads, asked = by_arm[over].threads, by_arm[over].trials[0].conditions
    sides = [comparison.trials_at(run, arm, threads, asked) for arm in (over, under)]
    between = (f"{wording.name_of(over, run)} against {wording.name_of(under, run)}, CPU time a "
               "request")
    if any(trial.is_valid and not total_of(trial) for side in sides for trial in side):
        return [f"{between}: no ratio, since a trial counted none."]
    ratio = comparison.ratio_of(*sides, run, total_of, comparison.noise_of(run, total_of))
    return [f"{between}: {ratio.text()}."]


CHART = Chart("efficiency_by_cores", __doc__.splitlines()[0], missing, draw, reading)

if __name__ == "__main__":
    sys.exit(command.run_chart(CHART, sys.argv[1:]))
