"""Every cell of a run as a row, for the report's table and its downloads."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import wording
from answer import verdict_counts
from capacity_answer import held_interval
from comparison import Interval, median_interval, coverage_of
from run import Run
from trial import Arm, Conditions, Trial

ROLES = {
    "arm": "arm", "ceiling": "ceiling", "aa": "A/A: the same again", "slower": "slowed by 10 %",
    "base": "twin: as it is", "client_work": "twin: dearer client",
    "in_flight": "twin: twice in flight", "capacity": "search for capacity",
}


@dataclass(frozen=True)
class Cell:
    """What one cell's trials gave; those that count (no superseded ones).

    throughput: requests per second, of a search the rate held; the interval of the median
    is_hollow: no trial is valid, so that the figures are of what is not
    p50, p99: nanoseconds, medians over blocks; from due at an offered rate, else from sent
    """

    name: str
    role: str
    arm: Arm
    arm_name: str
    threads: int
    conditions: Conditions
    conditions_text: str
    trials: int
    valid: int
    verdicts: Counter
    throughput: Interval | None
    p50: float | None
    p99: float | None
    is_hollow: bool

    @property
    def verdicts_text(self) -> str:
        return verdict_counts(self.verdicts)

    def document(self) -> dict:
        """As it stands in the page's JSON and its CSV."""
        found = self.throughput
        return {
            "cell": self.name, "role": self.role, "architecture": self.arm.architecture,
            "engine": self.arm.engine, "http2": self.arm.http2, "threads": self.threads,
            "conditions": self.conditions_text, "trials": self.trials, "valid": self.valid,
            "is_hollow": self.is_hollow,
            "median_per_s": found and found.median, "low_per_s": found and found.low,
            "high_per_s": found and found.high,
            "interval_coverage": found and found.coverage,
            "p50_ns": self.p50, "p99_ns": self.p99,
            "verdicts": self.verdicts_text,
        }


def cells_of(run: Run) -> list[Cell]:
    """Arms before all else, in alphabetical order; each under the plan's conditions in turn."""
    groups: dict[tuple, list[Trial]] = {}
    for trial in run.stored:
        if not trial.is_superseded:
            # The steps of a search are one cell, whatever the rate of each.
            name = (trial.twin_of or trial.cell) if trial.role == "capacity" else trial.cell
            groups.setdefault((trial.role, name), []).append(trial)
    found = [_cell(run, name, trials) for (_, name), trials in groups.items()]
    order = list(ROLES)
    asked = run.conditions
    return sorted(found, key=lambda cell: (
        order.index(cell.role) if cell.role in order else len(order),
        asked.index(cell.conditions) if cell.conditions in asked else len(asked),
        cell.arm, cell.threads))


def _cell(run: Run, name: str, trials: Sequence[Trial]) -> Cell:
    first = trials[0]
    valid = [trial for trial in trials if trial.is_valid]
    figures = valid or trials
    return Cell(
        name=name, role=first.role, arm=first.arm, arm_name=wording.name_of(first.arm, run),
        threads=first.threads, conditions=first.conditions,
        conditions_text=wording.conditions_text(first.conditions, run),
        trials=len(trials), valid=len(valid),
        verdicts=Counter(fault for trial in trials for fault in trial.faults),
        throughput=_throughput(run, first, figures),
        p50=_median(trial.latency and trial.latency.p50 for trial in figures),
        p99=_median(trial.latency and trial.latency.p99 for trial in figures),
        is_hollow=not valid,
    )


def _throughput(run: Run, first: Trial, figures: Sequence[Trial]) -> Interval | None:
    if first.role == "capacity":
        return held_interval([one for one in run.capacities
                              if (one.arm, one.threads) == (first.arm, first.threads)
                              and one.conditions == first.conditions])
    return median_interval((trial.throughput_per_s for trial in figures
                            if trial.throughput_per_s is not None), coverage_of(run))


def _median(figures) -> float | None:
    known = [figure for figure in figures if figure is not None]
    return statistics.median(known) if known else None


def medians_text(cells: Sequence[Cell], run: Run, most: int = 40) -> list[str]:
    """What the charts show, in words, for those who do not see them: a line an arm's cell."""
    lines = []
    for cell in cells:
        if cell.role not in ("arm", "ceiling", "capacity") or cell.throughput is None:
            continue
        parts = [cell.arm_name, *([cell.role] if cell.role != "arm" else []),
                 wording.counted(cell.threads, "thread"), cell.conditions_text]
        text = cell.throughput.text(wording.with_thousands, " requests per second")
        p99 = f", p99 {wording.latency_text(cell.p99)}" if cell.p99 is not None else ""
        hollow = ", no valid trial" if cell.is_hollow else ""
        lines.append(f"{', '.join(part for part in parts if part)}: {text}{p99}{hollow}")
    more = len(lines) - most
    return lines if more <= 0 else [*lines[:most], f"and {more} more in the table of cells"]


def trial_documents(run: Run) -> list[dict]:
    """Each stored trial, flat and without histograms."""
    return [_trial_document(trial) for trial in run.stored]


def _trial_document(trial: Trial) -> dict:
    def percentiles(latency, prefix: str) -> dict:
        return {f"{prefix}_{key}_ns": latency and getattr(latency, key)
                for key in ("p50", "p90", "p99", "p999", "max", "mean")}

    return {
        "trial": trial.number, "block": trial.block, "attempt": trial.attempt,
        "session": trial.session, "cell": trial.cell, "role": trial.role,
        "architecture": trial.arm.architecture, "engine": trial.arm.engine,
        "http2": trial.arm.http2, "threads": trial.threads, "connections": trial.connections,
        "streams": trial.streams, "mode": trial.mode, "rate_per_s": trial.rate_per_s,
        "started_at": trial.started_at, "verdict": list(trial.verdict),
        "verdict_details": trial.details, "is_superseded": trial.is_superseded,
        "throughput_per_s": trial.throughput_per_s,
        **percentiles(trial.from_due, "from_due"), **percentiles(trial.from_sent, "from_sent"),
        "connections_per_s": trial.connections_per_s,
    }
