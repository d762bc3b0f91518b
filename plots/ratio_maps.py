"""The headline's ratio at each number of connections and of server threads."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import comparison
import wording
from comparison import Ratio
from run import Run
from trial import Conditions

# Ends of a search that found no capacity, as verdicts.
NOT_TOLD = {"too_noisy": "noisy_host", "untold": "load generator at its limit"}


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
    """As the sweep has it (harness/capacity_lines.cpp): a search that the host spoilt says nothing.

    What the load generator bounds, or holds nothing, selects as an invalid trial does.
    """
    blocks: dict[tuple[int, Conditions], dict[int, dict]] = {}
    for one in run.capacities:
        blocks.setdefault((one.threads, one.conditions), {}).setdefault(
            one.block, {})[one.arm] = one
    found = {}
    for at, of_blocks in blocks.items():
        values, verdicts, both = [], Counter(), False
        for of_block in of_blocks.values():
            over, under = of_block.get(run.headline.over), of_block.get(run.headline.under)
            if over is None or under is None:
                continue
            both = True
            ends = [one.end for one in (over, under) if one.end in NOT_TOLD]
            if not ends and over.held_per_s > 0 and under.held_per_s > 0:
                values.append(over.held_per_s / under.held_per_s)
            verdicts.update(NOT_TOLD[end] for end in ends)
            if not ends and not min(over.held_per_s, under.held_per_s) > 0:
                verdicts["nothing held"] += 1
        if both:
            found[at] = Ratio(tuple(values), comparison.blocks_of(run), verdicts,
                              comparison.median_interval(values, comparison.coverage_of(run)), None)
    return found
