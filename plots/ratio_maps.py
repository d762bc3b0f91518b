"""The headline's ratio at each number of connections and of server threads."""

from __future__ import annotations

from dataclasses import dataclass, replace

import comparison
import wording
from capacity_answer import capacity_ratio
from comparison import Ratio
from run import Run
from trial import Conditions


@dataclass(frozen=True)
class Map:
    """cells: (connections, server threads) to the ratio there."""

    heading: str
    cells: dict[tuple[int, int], Ratio]


def maps_of(run: Run) -> list[Map]:
    """One a set of conditions: of a search of capacities, or else of a closed loop or churn."""
    if run.capacity_p99 is not None:
        what = f"requests per second held with a p99 from due within {run.capacity_p99}"
        ratios = _capacity_ratios(run)
    else:
        loop = "closed loop" if run.mode == "closed" else run.mode
        what, ratios = f"requests per second, {loop}", {} if run.is_open else _ratios(run)
    maps: dict[Conditions, dict] = {}
    for (threads, conditions), ratio in ratios.items():
        others = conditions._replace(connections=None)
        maps.setdefault(others, {})[conditions.connections, threads] = ratio
    alike = replace(run, asked={**run.asked, "connections": (None,)})
    headings = {others: wording.conditions_text(others, alike) for others in maps}
    return [Map(f"{what} · {headings[others]}" if headings[others] else what, cells)
            for others, cells in maps.items()]


def _ratios(run: Run) -> dict[tuple[int, Conditions], Ratio]:
    noise = comparison.noise_of(run)
    cells: dict[tuple, list] = {}
    for trial in run.of_role("arm"):
        cells.setdefault((trial.arm, trial.threads, trial.conditions), []).append(trial)
    found = {}
    for conditions in run.conditions:
        for threads in run.thread_counts:
            over, under = (cells.get((arm, threads, conditions))
                           for arm in (run.headline.over, run.headline.under))
            if over and under:
                found[threads, conditions] = comparison.ratio_of(over, under, run, noise=noise)
    return found


def _capacity_ratios(run: Run) -> dict[tuple[int, Conditions], Ratio]:
    found = {}
    for at in dict.fromkeys((one.threads, one.conditions) for one in run.capacities):
        ratio, _ = capacity_ratio(run, run.headline.over, run.headline.under, *at)
        if ratio is not None:
            found[at] = ratio
    return found
