#!/usr/bin/env python3
"""Which of the server's CPUs receive? The share of the window in soft interrupts, by CPU and arm.

Of a run over hosts alone: there the card deals connections to queues by a hash, each queue
interrupts a CPU, and that one receives for all that lie behind it. A row an arm, at the headline's
thread count; a bar a CPU of the server's machine, whether a server thread ran on it or not. On
loopback whoever sends receives too, and such a chart would show where the load generator runs.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
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
from trial import Arm, HostWindow, Trial
from wording import counted

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HIGHEST = 0.82  # of a row: the fullest CPU's bar, which stands on the row's line
WIDTH = 0.72  # of a CPU's room
MOST_NAMED = 16  # CPUs; of more, some are
OF_IDLE = 0.45  # opacity, of CPUs without a server thread
HALF_TOLD = 0.005  # share of the window, below which nothing is fuller than the others


def server_of(trial: Trial) -> HostWindow | None:
    return next((host for host in trial.hosts if host.role == "server"), None)


def softirq_of(trial: Trial) -> dict[int, float] | None:
    """CPU of the server's machine to its share of the window. None where it was not read."""
    server = server_of(trial)
    cpu = server and server.machine_cpu
    if not cpu or cpu.window_s <= 0 or not cpu.cpus:
        return None
    return {one.cpu: one.softirq_s / cpu.window_s for one in cpu.cpus}


def is_told(trial: Trial) -> bool:
    return softirq_of(trial) is not None


@dataclass(frozen=True)
class Row:
    """One arm's. shares: of each CPU the median over blocks.

    Of its valid trials; of all of them where no median is told.
    """

    arm: Arm
    cell: tuple[Trial, ...]

    @cached_property
    def is_valid(self) -> bool:
        return not comparison.why_no_median(self.cell, lambda trial: 0.0)

    @cached_property
    def shares(self) -> dict[int, float]:
        found: dict[int, list[tuple[str | None, float]]] = {}
        for trial in self.cell:
            if trial.is_valid or not self.is_valid:
                for cpu, share in (softirq_of(trial) or {}).items():
                    found.setdefault(cpu, []).append((trial.pair, share))
        return {cpu: statistics.median(comparison.independent(shares))
                for cpu, shares in sorted(found.items())}

    @property
    def used(self) -> set[int]:
        """CPUs that server threads ran on."""
        return {cpu for trial in self.cell if (server := server_of(trial)) for cpu in server.cpus}

    @property
    def fullest(self) -> tuple[int, float]:
        return max(self.shares.items(), key=lambda item: (item[1], -item[0]))

    @property
    def mean(self) -> float:
        return statistics.fmean(self.shares.values())

    @property
    def times_the_mean(self) -> float | None:
        """None where there is hardly any."""
        return self.fullest[1] / self.mean if self.mean >= HALF_TOLD else None


def rows_of(run: Run) -> tuple[int, str, list[Row]]:
    """Threads and conditions, in words, that these are at; each arm with a figure."""
    threads, asked = comparison.cell_told(run, is_told)
    rows = [Row(arm, comparison.trials_at(run, arm, threads, asked)) for arm in run.compared]
    return threads, wording.conditions_text(asked, run), [row for row in rows if row.shares]


def missing(run: Run) -> str:
    if any(map(is_told, run.arms)):
        return ""
    return ("network between server and load: on loopback whoever sends receives too (coresweep "
            "run --hosts)")


def draw(run: Run) -> Figure:
    """The chart. It takes the settings it is drawn under: call it within style.applied()."""
    threads, where, rows = rows_of(run)
    looks = style.styles_of_arms(run.compared)
    cpus = sorted({cpu for row in rows for cpu in row.shares})
    top = max(share for row in rows for share in row.shares.values())
    legend = legend_of(run, rows, top)
    figure, (axes,) = strips.strip_axes(
        title=f"Which of the server's CPUs receive, at {counted(threads, 'server thread')}"
              + (f", {where}?" if where else "?"),
        subtitles=(wording.machine_text(run), wording.load_text(run), *wording.skipped_text(run)),
        names=[wording.name_of(row.arm, run) for row in rows],
        headings=["share of the window in soft interrupts"], legend_rows=len(legend),
        room=frame.text_width(" CPU 99: 99.9 %, 9.99x the mean ", style.SMALL_SIZE),
        row_height=row_height_of(len(rows)))
    axes.set_xlim(-0.6, len(cpus) - 0.4)
    axes.set_ylim(len(rows) - 0.85, -0.95)
    axes.set_xlabel("CPU of the server's machine")
    every = -(-len(cpus) // MOST_NAMED)
    axes.set_xticks(range(0, len(cpus), every), [str(cpu) for cpu in cpus[::every]])
    axes.tick_params(axis="x", length=0)
    for number, row in enumerate(rows):
        _draw_row(axes, number, row, cpus, top, looks[row.arm].color)
    strips.legend_below(figure, [axes], legend)
    return figure


def row_height_of(rows: int) -> float:
    """Inches: few arms have taller bars."""
    return 0.8 if rows <= 4 else 0.55


def _draw_row(axes, number: int, row: Row, cpus: Sequence[int], top: float, color: str) -> None:
    for is_used in (True, False):
        alike = [(cpus.index(cpu), share) for cpu, share in row.shares.items()
                 if (cpu in row.used) == is_used]
        if not alike:
            continue
        heights = [-HIGHEST * share / top if top else 0.0 for _, share in alike]
        look = ({"color": color, "linewidth": 0, "alpha": 1.0 if is_used else OF_IDLE}
                if row.is_valid else
                {"facecolor": "none", "edgecolor": color, "linewidth": 0.9,
                 "linestyle": style.SHORT_DASHES})
        axes.bar([x for x, _ in alike], heights, WIDTH, bottom=number, zorder=2,
                 label="_softirq" if is_used else "_softirq without a thread", **look)
    cpu, share = row.fullest
    times = row.times_the_mean
    strips.write_beside(axes, number, f"CPU {cpu}: {per_cent(share)}"
                        + (f", {times:.2f}x the mean" if times is not None else ""))


def per_cent(share: float) -> str:
    return f"{wording.significant(100 * share)} %"


def legend_of(run: Run, rows: Sequence[Row], top: float) -> list:
    from matplotlib.patches import Patch

    found: list = [marks.text_row(
        f"all rows have one scale: the highest bar is {per_cent(top)}; at the right, the fullest "
        "CPU of each")]
    if any(row.is_valid for row in rows):
        found.append(Patch(facecolor=style.FAINT_TEXT, linewidth=0,
                           label="median over blocks, of a CPU that a server thread ran on"))
        if any(set(row.shares) - row.used for row in rows if row.is_valid):
            found.append(Patch(facecolor=style.FAINT_TEXT, alpha=OF_IDLE, linewidth=0,
                               label="of a CPU that none ran on"))
    if not all(row.is_valid for row in rows):
        found.append(Patch(facecolor="none", edgecolor=style.FAINT_TEXT, linewidth=0.9,
                           linestyle=style.SHORT_DASHES,
                           label="dashed: no median is told; of all trials, valid or not"))
    cells = [(marks.cell_name(row.cell, run), row.cell) for row in rows]
    shown = [trial for row in rows for trial in row.cell]
    return [*found, *marks.no_median_rows(cells), *marks.hollow_rows(shown)]


def reading(run: Run) -> str:
    threads, where, rows = rows_of(run)
    at = counted(threads, "server thread") + (f" ({where})" if where else "")
    told = sorted((row for row in rows if row.is_valid and row.times_the_mean is not None),
                  key=lambda row: (-row.times_the_mean, wording.name_of(row.arm, run)))
    left_out = wording.left_out_text([trial for row in rows for trial in row.cell])
    if not any(row.is_valid for row in rows):
        return " ".join([f"At {at} no arm has a median of its CPUs' soft interrupts.", *left_out])
    if not told:
        return " ".join([f"At {at} no CPU of the server's machine spends more than "
                         f"{per_cent(max(row.fullest[1] for row in rows if row.is_valid))} of the "
                         "window in soft interrupts.", *left_out])
    first = told[0]
    cpu, share = first.fullest
    sentence = (f"At {at} the fullest CPU of the server's machine, CPU {cpu} with "
                f"{wording.name_of(first.arm, run)}, spends {per_cent(share)} of the window in "
                f"soft interrupts, {first.times_the_mean:.2f} times the mean of all "
                f"{len(first.shares)}.")
    last = told[-1]
    if len(told) > 1:
        sentence += (f" With {wording.name_of(last.arm, run)} it is {last.times_the_mean:.2f} "
                     "times, the least." if len(told) > 2 else
                     f" With {wording.name_of(last.arm, run)} it is {last.times_the_mean:.2f} "
                     "times.")
    return " ".join([sentence, *readings.none_valid_text(
        (wording.name_of(row.arm, run), row.cell) for row in rows), *left_out])


CHART = Chart(
    name="softirq_by_cpu",
    question="Which of the server's CPUs receive?",
    missing=missing,
    draw=draw,
    reading=reading,
)

if __name__ == "__main__":
    sys.exit(command.run_chart(CHART, sys.argv[1:]))
