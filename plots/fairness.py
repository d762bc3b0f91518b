#!/usr/bin/env python3
"""How evenly do threads share the work? Connections and requests a thread over their mean.

At one thread count of two or more: the headline's, or else the most with a valid trial. A row an
arm; a dot a thread, a mark the fullest thread of each block. Behind the arms that hash is where a
random hash of as many connections would have the fullest thread and the emptiest, nine times of
ten: what SO_REUSEPORT's does. Requests follow connections where each connection asks as much.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
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
from run import Run
from trial import Arm, Trial
from wording import counted

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DOT = 3.0  # points
KINDS = ("connections", "requests")
TAIL = 0.05  # of the draws, beyond either end of a band
MOST_TOLD = 5
# Those of servers/architectures.def whose threads have a SO_REUSEPORT listener and a loop each:
# the kernel's hash of a connection says which thread has it. (In reuseport_shared_reactor any
# thread works on any connection, in steered_loops a CPU's number is in place of the hash.)
HASHING = {"reuseport_loops", "reuseport_processes"}
# Alike every time; enough draws for two digits.
SEED = 1
DRAWS = 4000


@dataclass(frozen=True)
class Hash:
    """Where a random hash has the fullest and the emptiest thread, over the mean."""

    fullest: tuple[float, float]
    emptiest: tuple[float, float]


@lru_cache(maxsize=None)
def random_hash(connections: int, threads: int) -> Hash:
    import numpy

    drawn = numpy.random.default_rng(SEED).multinomial(
        connections, [1 / threads] * threads, size=DRAWS) * (threads / connections)

    def band(values) -> tuple[float, float]:
        ends = numpy.quantile(values, [TAIL, 1 - TAIL], method="inverted_cdf")
        return float(ends[0]), float(ends[1])

    return Hash(band(drawn.max(axis=1)), band(drawn.min(axis=1)))


def shares_of(trial: Trial, kind: str) -> list[float] | None:
    """Each thread's, over their mean. None where they are not told apart, or there are none."""
    threads = trial.server.threads if trial.server else ()
    values = [getattr(thread, kind) for thread in threads]
    # One entry for many threads says nothing of them.
    if len(values) != trial.threads or None in values or sum(values) <= 0:
        return None
    mean = sum(values) / len(values)
    return [value / mean for value in values]


def jain_index(shares: Sequence[float]) -> float:
    """1 when all are alike, 1 of their number when one has all (harness/quantities.cpp)."""
    return sum(shares) ** 2 / (len(shares) * sum(share**2 for share in shares))


def tells_requests(trial: Trial) -> bool:
    return shares_of(trial, "requests") is not None


@dataclass(frozen=True)
class Row:
    """Of one arm: block, each thread's share of the mean, and whether the trial is valid.

    fullest, jain: the median of the valid trials' fullest thread, and of their index; None where
        no median is told
    """

    arm: Arm
    trials: tuple[tuple[int, list[float], bool], ...]
    fullest: float | None
    jain: float | None

    @property
    def is_told(self) -> bool:
        return self.fullest is not None

    @property
    def hashes(self) -> bool:
        return not self.arm.is_peer and self.arm.architecture in HASHING


def row_of(run: Run, arm: Arm, trials: Sequence[Trial], kind: str) -> Row:
    def median(figure: Callable[[Sequence[float]], float]) -> float | None:
        found = comparison.told_median(
            trials, lambda trial: figure(shares) if (shares := shares_of(trial, kind)) else None,
            run)
        return found and found.median

    return Row(arm, tuple((trial.block, shares, trial.is_valid) for trial in trials
                          if (shares := shares_of(trial, kind)) is not None),
               median(max), median(jain_index))


@dataclass(frozen=True)
class Cell:
    threads: int
    where: str  # its conditions, in words
    shown: tuple[Trial, ...]
    rows: dict[str, list[Row]]  # a kind to a row an arm; a kind that no trial tells is not there
    hash: Hash | None  # where no arm hashes, or connections come and go
    comes_and_goes: bool
    connections: int


def cell_of(run: Run) -> Cell:
    threads, asked = comparison.cell_told(run, tells_requests, fewest=2)
    by_arm = {arm: trials for arm in run.compared
              if (trials := comparison.trials_at(run, arm, threads, asked))}
    shown = tuple(trial for trials in by_arm.values() for trial in trials)
    rows = {kind: [row_of(run, arm, trials, kind) for arm, trials in by_arm.items()]
            for kind in KINDS}
    connections = shown[0].connections
    # A connection of churn lives for some requests: many are hashed while as many are open.
    is_kept = connections > 0 and shown[0].mode != "churn"
    hashed = any(row.hashes for row in rows["requests"])
    return Cell(threads, wording.conditions_text(asked, run), shown,
                {kind: found for kind, found in rows.items() if any(row.trials for row in found)},
                random_hash(connections, threads) if is_kept and hashed else None, not is_kept,
                connections)


def missing(run: Run) -> str:
    if comparison.cell_told(run, tells_requests, fewest=2):
        return ""
    return ("trial of two server threads or more that are told apart: a plan of several thread "
            "counts has them (coresweep run bench)")


def draw(run: Run) -> Figure:
    """The chart. It takes the settings it is drawn under: call it within style.applied()."""
    cell = cell_of(run)
    looks = style.styles_of_arms(run.compared)
    legend = legend_of(run, cell)
    names = [wording.name_of(row.arm, run) for row in cell.rows["requests"]]
    figure, all_axes = strips.strip_axes(
        title=f"How evenly do {cell.threads} server threads share the work"
              + (f", {cell.where}?" if cell.where else "?"),
        subtitles=(wording.machine_text(run), wording.load_text(run), *wording.skipped_text(run)),
        names=names, headings=[f"{kind} a thread" for kind in cell.rows],
        legend_rows=len(legend), room=frame.text_width(" fullest 99.99x ", style.SMALL_SIZE))
    largest = max(share for rows in cell.rows.values() for row in rows
                  for _, shares, _ in row.trials for share in shares)
    if cell.hash:
        largest = max(largest, cell.hash.fullest[1])
    for axes, rows in zip(all_axes, cell.rows.values()):
        strips.start_x_at_zero(axes, largest)
        axes.set_xlabel("times the mean of the threads")
        axes.axvline(1.0, color=style.TEXT, linewidth=0.8, zorder=1)
        for number, row in enumerate(rows):
            if cell.hash and row.hashes:
                _draw_hash(axes, number, cell.hash)
            _draw_row(axes, number, row, looks[row.arm], run)
    strips.legend_below(figure, all_axes, legend)
    return figure


def _draw_hash(axes, number: int, found: Hash) -> None:
    for low, high in (found.emptiest, found.fullest):
        axes.fill([low, high, high, low], [number - 0.5] * 2 + [number + 0.5] * 2,
                  color=style.BAND, linewidth=0, zorder=0.4)


def _draw_row(axes, number: int, row: Row, look: style.SeriesStyle, run: Run) -> None:
    for is_valid in (True, False):
        threads: tuple[list, list] = ([], [])
        fullest: tuple[list, list] = ([], [])
        for block, shares, valid in row.trials:
            if valid == is_valid:
                y = number + 0.6 * marks.place_among(run.blocks, block)
                threads[0].extend(sorted(shares)[:-1])
                threads[1].extend([y] * (len(shares) - 1))
                fullest[0].append(max(shares))
                fullest[1].append(y)
        axes.plot(*threads, label="_threads", clip_on=False, **{
            **marks.dot(look.color, "o", is_valid), "markersize": DOT})
        axes.plot(*fullest, label="_fullest", clip_on=False, **{
            **marks.dot(look.color, style.marker_of(look), is_valid), "markersize": 5.5})
    if row.is_told:
        axes.plot([row.fullest] * 2, [number - 0.36, number + 0.36], color=look.color,
                  linewidth=2.0, solid_capstyle="butt", clip_on=False, zorder=4, label="_median")
        text = f"fullest {row.fullest:.2f}x\nJain {jain_text(row.jain)}"
    else:
        is_valid = any(valid for *_, valid in row.trials)
        text = "no median" if is_valid else "not valid" if row.trials else "not known"
    strips.write_beside(axes, number, text)


def jain_text(jain: float) -> str:
    """What is not quite 1 is not written so."""
    if jain > 1 - 1e-9:
        return "1"
    return f"{min(jain, 0.9999):.4f}" if jain >= 0.995 else f"{jain:.3g}"


def legend_of(run: Run, cell: Cell) -> list:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    rows: list = [
        marks.sample(5.5, style.FAINT_TEXT, "the fullest thread of one block"),
        marks.sample(DOT, style.FAINT_TEXT, "another thread of it")]
    if any(row.is_told for found in cell.rows.values() for row in found):
        rows.append(Line2D([], [], color=style.FAINT_TEXT, linewidth=2.0, label=(
            "median of the fullest threads of valid trials; beside it, that of Jain's index "
            "(1: all threads alike)")))
    if cell.hash:
        rows.append(Patch(facecolor=style.BAND, label=(
            "behind arms that hash: the emptiest thread and the fullest by a random hash of "
            f"{counted(cell.connections, 'connection')}, 9 times of 10")))
    elif cell.comes_and_goes:
        rows.append(marks.text_row("no band of a random hash: connections come and go"))
    if "connections" not in cell.rows:
        rows.append(marks.text_row("connections a thread are not in this run: an older one, or of "
                                   "loops that share them"))
    return [*rows, *marks.no_median_rows(_cells_of(run, cell)), *marks.hollow_rows(cell.shown)]


def _cells_of(run: Run, cell: Cell) -> list[tuple[str, list[Trial]]]:
    return [(wording.name_of(row.arm, run), [trial for trial in cell.shown if trial.arm == row.arm])
            for row in cell.rows["requests"]]


def reading(run: Run) -> str:
    """How full the fullest thread is of each arm, and would be by a random hash."""
    cell = cell_of(run)
    at = f"{cell.threads} server threads" + (f" ({cell.where})" if cell.where else "")
    kind = next(iter(cell.rows))
    valid = sorted((row for row in cell.rows[kind] if row.is_told),
                   key=lambda row: (row.fullest, row.arm))
    told = [f"{row.fullest:.2f}x with {wording.name_of(row.arm, run)} (Jain's index "
            f"{jain_text(row.jain)})" for row in valid]
    if len(told) > MOST_TOLD:
        told = [f"between {told[0]} and {told[-1]}"]
    sentences = [f"At {at} the thread with the most {kind} has, in the median, this much of the "
                 f"mean: {', '.join(told)}." if told else f"At {at} "
                 + ("nothing has a median." if any(trial.is_valid for trial in cell.shown)
                    else "no trial is valid.")]
    sentences += readings.no_median_text(_cells_of(run, cell))
    sentences += (readings.none_valid_text(_cells_of(run, cell)) if told
                  else _seen_text(run, cell.rows[kind], kind))
    if cell.hash:
        low, high = cell.hash.fullest
        names = [wording.name_of(row.arm, run) for row in cell.rows[kind] if row.hashes]
        sentences.append(f"A random hash of {counted(cell.connections, 'connection')} (arms that "
                         f"hash: {readings.named(names)}) gives the "
                         f"fullest thread {low:.2f}x to {high:.2f}x of their mean, 9 times of 10.")
    if "connections" not in cell.rows:
        sentences.append("Connections a thread are not in this run.")
    return " ".join([*sentences, *wording.left_out_text(cell.shown)])


def _seen_text(run: Run, rows: Sequence[Row], kind: str) -> list[str]:
    """What the hollow marks are: ranges of all blocks, and no median."""
    found = []
    for row in rows:
        if row.trials:
            fullest = [max(shares) for _, shares, _ in row.trials]
            low, high = f"{min(fullest):.2f}x", f"{max(fullest):.2f}x"
            text = low if low == high else f"{low} to {high}"
            found.append((max(fullest), row.arm, f"{text} with {wording.name_of(row.arm, run)}"))
    told = [text for *_, text in sorted(found)]
    if len(told) > MOST_TOLD:
        told = [f"{told[0]} at the least, {told[-1]} at the most"]
    alone = [wording.name_of(row.arm, run) for row in rows if row.trials
             and all(sorted(shares)[-2] == 0 for _, shares, _ in row.trials)]
    return [f"Seen in its blocks, and no result: the thread with the most {kind} had, of the mean, "
            f"{', '.join(told)}.",
            *([f"One thread had all {kind}, in every block, with {readings.named(alone)}."]
              if alone else [])]


CHART = Chart("fairness", __doc__.splitlines()[0], missing, draw, reading)

if __name__ == "__main__":
    sys.exit(command.run_chart(CHART, sys.argv[1:]))
