#!/usr/bin/env python3
"""Did the machine hold still? Each second of the sweep in the order it ran, and what else ran.

Each mark is a second of a trial's window (of version 1, which kept none, the whole window), in the
colour of its arm. What is not valid is hollow; ceilings, twins, controls and searches are grey. The
panel beneath has of each trial what others took of the machine: steal, of the CPU that lost most,
and CPU time that was neither the server's nor the load's. On a kernel that charges soft interrupts
to nobody, what server and load caused of them is in the latter.
"""

from __future__ import annotations

import statistics
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import command
import comparison
import damage
import frame
import style
import wording
from chart import Chart
from host_load import other_share, steal_share
from run import Run
from trial import Trial
from sweep_time import Placed, damages_of, placed_of, time_text, unit_of
from wording import counted

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NOISY = "noisy_host"
ARM = "arm"
SMALL_HEIGHT = 1.2  # inches of the panel beneath
SIZES = ((300, 4.0), (3_000, 2.6), (float("inf"), 1.6))  # up to so many marks: points of each
OTHERS_IN_VIEW = 4.0  # times the fastest arm: what is grey and above it is told, not drawn
LEAST_TOP = 0.02  # of the panel beneath, so that a thousandth does not look like a storm
STEAL = "steal, worst CPU"
OTHER = "other load"
STEAL_LOOK = {"color": style.TEXT}
OTHER_LOOK = {"color": style.OTHER_LOAD}
UNTIMED = "whose time cannot be right"
LEGEND_WIDTH = 6.5  # inches of its text


def draw(run: Run) -> Figure:
    """The chart. It takes the settings it is drawn under: call it within style.applied()."""
    run = _seen(run)
    placed, pauses = placed_of(run)
    arms = sorted({trial.arm for trial in run.stored if trial.role == ARM})
    looks = style.styles_of_arms(arms)
    labels = [_label(arm, looks[arm], placed, run) for arm in arms]
    has_machine = any(one.trial.machine_cpu is not None for one in placed)
    fastest = _largest(placed)
    top = max([fastest, *(rate for one in placed for _, rate in one.points
                          if fastest == 0 or rate <= OTHERS_IN_VIEW * fastest)])
    legend = _legend_of(placed, top, damage.note(damages_of(run), UNTIMED))
    figure, all_axes = frame.framed_axes(
        title="Did the machine hold still while the sweep ran?",
        subtitles=(wording.machine_text(run), wording.load_text(run), *wording.skipped_text(run)),
        rows_above=1 if pauses else 0,
        end_texts=[*(label.text for label in labels), STEAL, OTHER],
        legend_rows=len(legend),
        panels=2 if has_machine else 1,
        axes_heights=[frame.room_for([label.text for label in labels]),
                      *([SMALL_HEIGHT] if has_machine else [])],
    )
    each = "second" if any(one.trial.seconds for one in placed) else "trial"
    style.start_y_at_zero(all_axes[0], top, f"requests per second, each {each}")
    for axes in all_axes:
        _scale_x(axes, placed, pauses)
    if pauses:
        frame.write_above(all_axes[0], pauses[0][0], 0, _pauses_text(pauses))
    size = next(points for most, points in SIZES if sum(len(one.points) for one in placed) <= most)
    _draw_marks(all_axes[0], [one for one in placed if one.trial.role != ARM], style.BESIDE, ".",
                1.4 * size, zorder=2)
    for arm in arms:
        own = [one for one in placed if one.trial.role == ARM and one.trial.arm == arm]
        _draw_marks(all_axes[0], own, looks[arm].color, style.marker_of(looks[arm]), size, zorder=3)
    frame.label_ends(all_axes[0], labels)
    if has_machine:
        _draw_machine(all_axes[1], placed, run)
    frame.legend_below(figure, all_axes[-1], legend)
    return figure


def _seen(run: Run) -> Run:
    """The run; where it searches for capacity and has no arms, its searches are in their place."""
    if any(trial.role == ARM for trial in run.stored):
        return run
    searches = tuple(replace(trial, role=ARM) if trial.role == "capacity" else trial
                     for trial in run.stored)
    return replace(run, stored=searches,
                   trials=tuple(trial for trial in searches if trial.role == ARM))


def _largest(placed: Sequence[Placed]) -> float:
    return max((rate for one in placed if one.trial.role == ARM for _, rate in one.points),
               default=0.0)


def _label(arm, look: style.SeriesStyle, placed: Sequence[Placed], run: Run) -> frame.EndLabel:
    """At the arm's median second: its trials do not stand in a line."""
    rates = [rate for one in placed if one.trial.role == ARM and one.trial.arm == arm
             for _, rate in one.points]
    return frame.EndLabel(
        wording.name_of(arm, run) + ("" if rates else ": no number"),
        statistics.median(rates) if rates else 0.0,
        {"color": look.color, "marker": style.marker_of(look), "linestyle": "none",
         "markersize": 5.5})


def _scale_x(axes, placed: Sequence[Placed], pauses: Sequence[tuple[float, float]]) -> None:
    from matplotlib.ticker import MaxNLocator

    low = min(one.begin for one in placed)
    high = max([one.begin + (one.trial.window_s or 0.0) for one in placed])
    high = max(high, low + 1.0)
    scale, unit = unit_of(high - low)
    axes.set_xlim(low - 0.01 * (high - low), high + 0.01 * (high - low))
    ticks = MaxNLocator(nbins=8, steps=[1, 2, 5, 10]).tick_values(low / scale, high / scale)
    axes.set_xticks([tick * scale for tick in ticks if low <= tick * scale <= high],
                    [f"{tick:g}" for tick in ticks if low <= tick * scale <= high])
    axes.set_xlabel(f"time since the first trial began ({unit}"
                    + (", without pauses)" if pauses else ")"))
    for at, _ in pauses:
        axes.axvline(at, color=style.BOUNDARY, linewidth=0.9, linestyle=style.SHORT_DASHES,
                     zorder=1)


def _pauses_text(pauses: Sequence[tuple[float, float]]) -> str:
    times = "" if len(pauses) == 1 else f" {len(pauses)} times"
    return f"taken up again{times}: {time_text(sum(length for _, length in pauses))} cut out"


def _draw_marks(axes, placed: Sequence[Placed], color: str, marker, size: float,
                zorder: int) -> None:
    """One artist for what is valid and one for what is not, however many there are."""
    for is_valid in (True, False):
        points = [point for one in placed if one.trial.is_valid == is_valid
                  for point in one.points]
        look = ({"alpha": 0.75, "markeredgewidth": 0.0} if is_valid
                else {"markerfacecolor": "none", "markeredgewidth": 0.6})
        axes.plot([x for x, _ in points], [y for _, y in points], linestyle="none", color=color,
                  marker=marker, markersize=size, zorder=zorder, **look)
    nothing = [one.begin for one in placed if not one.points]
    axes.plot(nothing, [0.0] * len(nothing), linestyle="none", color=color, marker="x",
              markersize=5.0, clip_on=False, zorder=zorder + 2)


def _draw_machine(axes, placed: Sequence[Placed], run: Run) -> None:
    """A stem a trial, in the middle of its window: steal in front of what else ran."""
    shown = {STEAL: [], OTHER: []}
    for one in placed:
        x = one.begin + (one.trial.window_s or 0.0) / 2
        for name, share in ((STEAL, steal_share(one.trial, run)), (OTHER, other_share(one.trial))):
            if share is not None:
                shown[name].append((x, share))
    largest = max([LEAST_TOP, *(share for stems in shown.values() for _, share in stems)])
    style.start_y_at_zero(axes, largest, "of CPU time")
    ticks = [tick for tick in axes.get_yticks()][::2]
    axes.set_yticks(ticks, [f"{100 * tick:.3g} %" for tick in ticks])
    labels = []
    slim = max(0.3, min(1.3, 400 / len(placed)))  # points: of many, not all ink
    for name, look, zorder in ((OTHER, OTHER_LOOK, 2), (STEAL, STEAL_LOOK, 3)):
        stems = shown[name]
        if stems:
            xs, shares = zip(*stems)
            axes.vlines(xs, 0, shares, zorder=zorder, linewidth=slim, **look)
            labels.append(frame.EndLabel(name, statistics.median(shares),
                                         {**look, "linestyle": "solid", "linewidth": 1.3}))
    noisy = [one.begin for one in placed if NOISY in one.trial.verdict]
    axes.plot(noisy, [axes.get_ylim()[1]] * len(noisy), linestyle="none", marker="v",
              markersize=3.5, color=style.VERMILLION, clip_on=False, zorder=4)
    frame.label_ends(axes, labels)


def _legend_of(placed: Sequence[Placed], top: float, left_out: Sequence[str]) -> list:
    from matplotlib.lines import Line2D

    rows = []

    def row(text: str, marker: str | None, **look) -> None:
        for line in frame.wrapped(text, style.SMALL_SIZE, "normal", LEGEND_WIDTH):
            rows.append(Line2D([], [], linestyle="none", marker=marker, label=line,
                               **{"color": style.FAINT_TEXT, "markersize": 4.0, **look}))
            marker = None

    trials = [one.trial for one in placed]
    kept = any(trial.seconds for trial in trials)
    if any(trial.is_valid for trial in trials):
        each = "second of a valid trial" if any(trial.seconds for trial in trials) else (
            "valid trial")
        row(f"one {each}; a name stands at its arm's median", "o")
    verdicts = Counter(name for trial in trials for name in trial.faults)
    if verdicts:
        told = ", ".join(f"{name} {count}" for name, count in sorted(verdicts.items()))
        row(f"hollow, not valid (trials): {told}", "o", markerfacecolor="none")
    nothing = sum(not one.points for one in placed)
    if nothing:
        row(f"no number: {counted(nothing, 'trial')}", "x")
    grey = Counter(trial.role for trial in trials if trial.role != ARM)
    if grey:
        told = ", ".join(f"{role} {count}" for role, count in sorted(grey.items()))
        above = sum(rate > top for one in placed for _, rate in one.points)
        row(f"grey: trials beside those compared ({told})"
            + (f"; {counted(above, 'mark')} above this chart" if above else ""), ".",
            color=style.BESIDE, markersize=7.0)
    noisy = sum(NOISY in trial.verdict for trial in trials)
    if noisy:
        row(f"noisy_host: {counted(noisy, 'trial')}, each marked where it began", "v",
            color=style.VERMILLION)
    for text in left_out:
        row(text, None)
    return rows


def missing(run: Run) -> str:
    """A run has a trial at least, and a trial without a number is drawn as one."""
    if len(run.pairs) > 1:
        return ("trials one after the other: those of a fleet's pairs run at the same time, a run "
                "over one pair has them (coresweep run bench --hosts)")
    if len(damages_of(run)) < len(run.stored):
        return ""
    return "trial that began at a time: every run has them (coresweep run bench)"


def reading(run: Run) -> str:
    """How long it took, what the host did meanwhile, and whether later blocks were slower."""
    run = _seen(run)
    placed, _ = placed_of(run)
    begin = min(one.begin for one in placed)
    took = max(one.begin + (one.trial.window_s or 0.0) for one in placed) - begin
    trials = [one.trial for one in placed]
    noisy = sum(NOISY in trial.verdict for trial in trials)
    whose = "server's" if run.is_over_hosts else "whole"
    told = [f"{counted(len(placed), 'trial')} in {time_text(took)}, {noisy} of them "
            "noisy_host"]
    for name, shares in (
            ("steal from the CPU that lost most", [steal_share(one, run) for one in trials]),
            (f"load of others on the {whose} machine", [other_share(one) for one in trials])):
        known = [share for share in shares if share is not None]
        if known:
            told.append(f"{name} was {100 * max(known):.1f} % at most and "
                        f"{100 * statistics.median(known):.1f} % in the median trial")
    left_out = [f" {text[0].upper()}{text[1:]}." for text in
                damage.note(damages_of(run), UNTIMED)]
    return "; ".join(told) + "." + _drift_text(run) + "".join(left_out)


def _drift_text(run: Run) -> str:
    """Of a closed loop, which finds its own speed: the later blocks by the earlier ones."""
    blocks = run.blocks
    if len(blocks) < 2 or run.is_open:
        return ""
    early, late = set(blocks[: len(blocks) // 2]), set(blocks[-(len(blocks) // 2):])
    cells: dict[str, list[Trial]] = {}
    for trial in run.arms:
        cells.setdefault(trial.cell, []).append(trial)
    halves = [[[trial.throughput_per_s for trial in trials
                if trial.is_valid and trial.block in half] for half in (early, late)]
              for trials in cells.values()
              if not comparison.why_no_median(trials, lambda trial: 0.0)]
    ratios = [statistics.median(after) / statistics.median(before)
              for before, after in halves if before and after and min(before) > 0]
    if not ratios:
        return ""
    return (f" The later half of the blocks answered {statistics.median(ratios):.3f} times as many "
            f"requests a second as the earlier half, in the median of "
            f"{counted(len(ratios), 'cell')}.")


CHART = Chart("timeline", __doc__.splitlines()[0], missing, draw, reading, damages_of)

if __name__ == "__main__":
    sys.exit(command.run_chart(CHART, sys.argv[1:]))
