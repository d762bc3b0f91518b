"""What requests cost: a dollar's requests, and the machines that a rate takes, with intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from cells import Cell
from comparison import Interval
from run import Run
from wording import counted, significant, with_thousands

SECONDS_AN_HOUR = 3600


@dataclass(frozen=True)
class Cost:
    """Of one cell. throughput: requests per second on one machine, or the least that it holds."""

    cell: Cell
    throughput: Interval
    price_per_hour: float

    @property
    def is_bound(self) -> bool:
        return self.cell.is_bound

    def requests_a_dollar(self, per_s: float) -> float:
        return per_s * SECONDS_AN_HOUR / self.price_per_hour

    def requests_text(self) -> str:
        """In millions: an interval of per cents has no use for ten digits."""
        found = self.throughput
        median, *ends = (significant(self.requests_a_dollar(per_s) / 1e6)
                         for per_s in (found.median, found.low, found.high))
        return f"at least {median}" if self.is_bound else _with_kind(found, median, *ends)

    def machines_text(self, rate_per_s: float) -> str:
        """The more a machine does, the fewer it takes: the interval's ends change places."""
        found = self.throughput
        median, *ends = (with_thousands(machines_for(rate_per_s, per_s))
                         for per_s in (found.median, found.high, found.low))
        return f"at most {median}" if self.is_bound else _with_kind(found, median, *ends)


def machines_for(rate_per_s: float, per_s: float) -> int:
    return math.ceil(rate_per_s / per_s)


def costs_of(run: Run, cells: Sequence[Cell], price_per_hour: float) -> list[Cost]:
    """Of each arm under each set of conditions, at the most threads that have a server CPU each.

    Fewer threads leave CPUs idle that the price is of. Where there is no median at the most, there
    is no cost: another number of threads would be a chosen one.
    """
    if run.is_open and not run.capacity_p99:
        return []  # what is answered then is what was asked
    role = "capacity" if run.capacity_p99 else "arm"
    fitting = [cell for cell in cells
               if cell.role == role and cell.threads <= len(run.cpu_division.server)]
    most: dict[tuple, int] = {}
    for cell in fitting:
        key = cell.arm, cell.conditions
        most[key] = max(cell.threads, most.get(key, 0))
    return [Cost(cell, cell.throughput, price_per_hour) for cell in fitting
            if cell.threads == most[cell.arm, cell.conditions] and cell.throughput is not None
            and cell.throughput.low > 0 and not cell.is_hollow]


def why_no_costs(run: Run) -> str:
    if run.is_open and not run.capacity_p99:
        return ("At an offered rate every arm answers what it was asked: a closed loop (coresweep "
                "run bench) or a search for capacity (coresweep capacity) has what it can.")
    return "No arm has a median at the most threads that have a CPU of the server's each."


def assumption(run: Run) -> str:
    server = counted(len(run.cpu_division.server), "CPU")
    what = ("at the highest rate held within the p99 that was asked for" if run.capacity_p99
            else "at full load, whatever the latency there")
    if run.is_over_hosts:
        return (f"One machine does what the server's did here with {server}, {what}: of each arm "
                "only the most server threads are priced that have a CPU there each. The load came "
                "from other machines, which serve nobody: the price is of the server's alone.")
    return (f"One machine does here what its {server} for the server did beside the load "
            f"generator, {what}: of each arm only the most server threads are priced that have a "
            "CPU there each. The price is of the whole machine; one without a load generator "
            "beside the server does more.")


def _with_kind(found: Interval, median: str, low: str, high: str) -> str:
    return f"{median} ({low}\N{EN DASH}{high}, {found.kind})"
