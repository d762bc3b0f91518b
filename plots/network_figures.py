"""What the network did in each cell of a run over hosts, for the report's table."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from cells import ROLES
from run import Run
from trial import HostWindow, Trial
from wording import significant

DIRECTIONS = ("rx", "tx")


@dataclass(frozen=True)
class NetworkFigures:
    """Of one cell's trials that count, valid or not: a limit shows in those that are not.

    Medians over trials; None where no trial tells. Shares are of 1.
    starts_median_ns, starts_most_ns: how far apart the clients began
    server_link, client_link: by direction (rx, tx) how full the server's link was, and the fullest
        client's
    lost: of the load's own segments, lost and sent again
    """

    cell: str
    role: str
    trials: int
    starts_median_ns: float | None
    starts_most_ns: float | None
    server_link: dict[str, float | None]
    client_link: dict[str, float | None]
    lost: float | None


def network_figures_of(run: Run) -> list[NetworkFigures]:
    """In the order of the table of cells; none of a run on one machine."""
    groups: dict[tuple, list[Trial]] = {}
    for trial in run.stored:
        if trial.hosts and not trial.is_superseded:
            groups.setdefault((trial.role, trial.cell), []).append(trial)
    order = list(ROLES)
    return [_figures(*key, trials) for key, trials in
            sorted(groups.items(), key=lambda item: (order.index(item[0][0]), item[0][1]))]


def _figures(role: str, cell: str, trials: Sequence[Trial]) -> NetworkFigures:
    starts = [trial.starts_apart_ns for trial in trials if trial.starts_apart_ns is not None]

    def link(role: str) -> dict[str, float | None]:
        return {direction: _median(trials, lambda trial: _fullest(
            (host for host in trial.hosts if host.role == role), direction))
                for direction in DIRECTIONS}

    return NetworkFigures(
        cell, role, len(trials), statistics.median(starts) if starts else None,
        max(starts, default=None), link("server"), link("client"),
        _median(trials, lambda trial: trial.lost_share))


def _fullest(hosts: Iterable[HostWindow], direction: str) -> float | None:
    return max((share for host in hosts if (share := host.link_share(direction)) is not None),
               default=None)


def _median(trials: Sequence[Trial], figure: Callable[[Trial], float | None]) -> float | None:
    values = [value for trial in trials if (value := figure(trial)) is not None]
    return statistics.median(values) if values else None


def per_cent(share: float | None) -> str:
    """Such as "12.3 %"; a trace of something is not written as none."""
    if share is None:
        return "\N{EN DASH}"
    return "0" if share == 0 else f"{significant(100 * share)} %"


def microseconds(ns: float | None) -> str:
    return "\N{EN DASH}" if ns is None else significant(ns / 1000)
