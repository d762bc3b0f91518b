"""Every cell of a run as a row, for the report's table and its downloads."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import wording
from answer import verdict_counts
from capacity_answer import capacities_at, held_interval, is_bound
from comparison import Interval, coverage_of, independent, median_interval, why_no_median
from run import Run
from trial import Arm, Capacity, Conditions, Trial

ROLES = {
    "arm": "arm", "ceiling": "ceiling", "aa": "A/A: the same again", "slower": "slowed by 10 %",
    "base": "twin: as it is", "client_work": "twin: dearer client",
    "in_flight": "twin: twice in flight", "capacity": "search for capacity",
}


@dataclass(frozen=True)
class Cell:
    """What one cell's trials gave; those that count (no superseded ones).

    throughput: requests per second, of a search the rate held; the interval of the median
    is_bound: of a search, that the arm holds so much or more
    why_hollow: why there is no median of the valid trials alone, so that the figures are of all of
        them, valid or not; empty where there is one
    p50, p99: nanoseconds, medians over blocks; from due at an offered rate, else from sent. None of
        a search, whose steps have a rate each, and where a block does not know it
    p99_unknown: such as "not known in 2 of 6"
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
    p99_unknown: str
    why_hollow: str
    is_bound: bool
    is_open: bool

    @property
    def is_hollow(self) -> bool:
        return bool(self.why_hollow)

    @property
    def is_search(self) -> bool:
        return self.role == "capacity"

    @property
    def verdicts_text(self) -> str:
        return verdict_counts(self.verdicts)

    def document(self) -> dict:
        """As it stands in the page's JSON and its CSV."""
        found = self.throughput
        ends = None if self.is_bound else found  # what is a bound has no interval
        return {
            "cell": self.name, "role": self.role, "architecture": self.arm.architecture,
            "engine": self.arm.engine, "http2": self.arm.http2, "threads": self.threads,
            "conditions": self.conditions_text, "trials": self.trials, "valid": self.valid,
            "is_hollow": self.is_hollow, "is_bound": self.is_bound,
            "median_per_s": found and found.median,
            "low_per_s": ends and ends.low, "high_per_s": ends and ends.high,
            "interval_coverage": ends and ends.promised,
            "p50_ns": self.p50, "p99_ns": self.p99,
            "verdicts": self.verdicts_text,
        }


def cells_of(run: Run) -> list[Cell]:
    """Arms before all else, in alphabetical order; each under the plan's conditions in turn."""
    groups: dict[tuple, list[Trial]] = {}
    for trial in run.stored:
        if not trial.is_superseded:
            # The steps of a search are one cell, whatever the rate of each.
            key = ((trial.arm, trial.threads, trial.conditions.rateless)
                   if trial.role == "capacity" else trial.cell)
            groups.setdefault((trial.role, key), []).append(trial)
    found = [_cell(run, trials) for trials in groups.values()]
    order = list(ROLES)
    asked = run.conditions
    return sorted(found, key=lambda cell: (
        order.index(cell.role) if cell.role in order else len(order),
        asked.index(cell.conditions) if cell.conditions in asked else len(asked),
        cell.arm, cell.threads))


def _cell(run: Run, trials: Sequence[Trial]) -> Cell:
    first = trials[0]
    is_search = first.role == "capacity"
    searches = capacities_at(run, first.arm, first.threads, first.conditions) if is_search else []
    valid = [trial for trial in trials if trial.is_valid]
    # Of chosen ones there is no median: those of all trials stand in parentheses.
    why_hollow = "" if is_search else why_no_median(trials, lambda trial: trial.throughput_per_s)
    figures = trials if why_hollow else valid
    p99s = [] if is_search else [_latency(trial, "p99") for trial in figures]
    return Cell(
        name=_search_name(searches, trials) if is_search else first.cell,
        role=first.role, arm=first.arm, arm_name=wording.name_of(first.arm, run),
        threads=first.threads, conditions=first.conditions,
        conditions_text=wording.conditions_text(
            first.conditions.rateless if is_search else first.conditions,
            replace(run, asked={**run.asked, "rate": (None,)}) if is_search else run),
        trials=len(trials), valid=len(valid),
        verdicts=Counter(fault for trial in trials for fault in trial.faults),
        throughput=(held_interval(searches) if is_search else median_interval(
            independent(zip([trial.pair for trial in figures], _all_known(
                [trial.throughput_per_s for trial in figures]))), coverage_of(run))),
        p50=None if is_search else _median(figures, [_latency(one, "p50") for one in figures]),
        p99=_median(figures, p99s),
        p99_unknown=(f"not known in {p99s.count(None)} of {len(p99s)}"
                     if 0 < p99s.count(None) < len(p99s) else ""),
        why_hollow=why_hollow, is_bound=is_bound(searches), is_open=first.is_open,
    )


def _search_name(searches: Sequence[Capacity], trials: Sequence[Trial]) -> str:
    """Without the rate that a step has in its name."""
    if searches:
        return searches[0].cell
    return min((trial.twin_of or trial.cell for trial in trials), key=len)


def _latency(trial: Trial, percentile: str) -> float | None:
    """As charts have it: from sent, where no rate says when a request is due."""
    latency = trial.from_due if trial.is_open else trial.from_sent or trial.from_due
    return getattr(latency, percentile) if latency else None


def _all_known(figures: Sequence[float | None]) -> Sequence[float]:
    """None of them where one is not known: it may be the slowest."""
    return () if None in figures else figures


def _median(trials: Sequence[Trial], figures: Sequence[float | None]) -> float | None:
    """Of a figure of each trial."""
    known = _all_known(figures)
    pairs = [trial.pair for trial in trials]
    return statistics.median(independent(zip(pairs, known))) if known else None


def medians_text(cells: Sequence[Cell], run: Run, most: int = 40) -> list[str]:
    """What the charts show, in words, for those who do not see them: a line an arm's cell."""
    lines = []
    for cell in cells:
        if cell.role not in ("arm", "ceiling", "capacity") or cell.throughput is None:
            continue
        parts = [cell.arm_name, *([cell.role] if cell.role != "arm" else []),
                 wording.threads_text(cell.threads, [cell.arm], run), cell.conditions_text]
        text = (f"at least {wording.with_thousands(cell.throughput.median)} requests per second"
                if cell.is_bound
                else cell.throughput.text(wording.with_thousands, " requests per second"))
        p99 = (f", p99 {wording.latency_text(cell.p99)}" if cell.p99 is not None
               else f", p99 {cell.p99_unknown}" if cell.p99_unknown else "")
        hollow = f", of all trials: {cell.why_hollow}" if cell.is_hollow else ""
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
        **percentiles(trial.first_reply, "first_reply"),
        **trial.conditions._asdict(), "connections": trial.connections, "streams": trial.streams,
        "requests_per_connection": trial.requests_per_connection, "rate": trial.conditions.rate,
        **_cpu_document(trial), **_network_document(trial),
    }


def _network_document(trial: Trial) -> dict:
    """Of each host that took part how full its link was, by direction; nothing on one machine."""
    if not trial.hosts:
        return {}
    return {"pair": trial.pair, "starts_apart_ns": trial.starts_apart_ns,
            "lost_share": trial.lost_share,
            **{f"{host.name}_link_{direction}_share": host.link_share(direction)
               for host in trial.hosts for direction in ("rx", "tx")}}


def _cpu_document(trial: Trial) -> dict:
    """Microseconds a request; of the machine's CPUs all together, the load generator's among them:
    over hosts of the server's machine, where it has none.

    None where it was not measured, or nothing was answered.
    """
    server, machine = trial.server, trial.machine_cpu
    found = {f"server_cpu_{kind}_us_a_request": server and server.a_request(f"cpu_{kind}_s")
             for kind in ("user", "system")}
    answered = (trial.throughput_per_s or 0) * machine.window_s if machine else 0
    found |= {f"machine_cpu_{kind}_us_a_request":
              machine.seconds(f"{kind}_s") / answered if answered else None
              for kind in ("user", "system", "softirq", "irq", "steal")}
    return {**{key: value if value is None else 1e6 * value for key, value in found.items()},
            "load_cpu_s": trial.load_cpu_s, "load_busy_share": trial.load_busy_share}
