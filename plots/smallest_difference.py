"""How small a difference a sweep could have shown: harness/controls.cpp says it at a sweep's end.

By the A/A arm's spread: the ratio that is a difference in four sweeps of five, when as many blocks
scatter like the same arm beside itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from comparison import beside_itself, blocks_of, coverage_of, rank_of_interval
from run import Run
from wording import counted, significant

SHOWN_IN = 0.8  # of the sweeps
INSIDE_EDGE_IN = 0.9  # of the sweeps, one side of the A/A interval: both are in 0.8 of them
FEWEST_FOR_INTERVAL = 6
HALVINGS = 50


@dataclass(frozen=True)
class Smallest:
    """ratio: 1.04 is 4 %. is_only_a_bound: so much cannot be shown; how much can is not known."""

    ratio: float
    is_only_a_bound: bool


def smallest_difference(ratios: Sequence[float], blocks: int, coverage: float) -> Smallest | None:
    """`ratios`: of the A/A arm over itself. None with too few of them, or too few blocks."""
    rank = rank_of_interval(blocks, coverage)
    if len(ratios) < FEWEST_FOR_INTERVAL or rank == 0:
        return None
    deviations = sorted(abs(math.log(ratio)) for ratio in ratios)
    edge, is_beyond = _exceeded_with(_chance_of_one(rank - 1, blocks, INSIDE_EDGE_IN), deviations)
    # Of an even number the lower of the middle two, so that it is not too small.
    below, _ = _exceeded_with(_chance_of_one((blocks - 1) // 2, blocks, SHOWN_IN), deviations)
    return Smallest(math.exp(edge + below), is_beyond)


def smallest_text(run: Run) -> str:
    """As the sweep says it; or why nobody knows."""
    found = beside_itself(run)
    if found is None:
        return "how small a difference it can show is unknown: no A/A arm ran beside the headline's"
    if found.is_refused:
        return f"how small a difference it can show is unknown: no A/A, {found.refusal}"
    blocks = blocks_of(run)
    who = counted(blocks, "block")
    smallest = smallest_difference(found.values, blocks, coverage_of(run))
    if smallest is None:
        return (f"how small a difference {who} can show is unknown: fewer than six A/A ratios, "
                "or too few blocks for an interval")
    percent = significant(100 * (smallest.ratio - 1))
    if smallest.is_only_a_bound:
        return (f"{who} cannot show {percent} % or less (by the largest deviation of the A/A arm)")
    return (f"{who} can show {percent} % and more (by the spread of the A/A arm, in four of five "
            "sweeps)")


def _chance_of_one(most: int, count: int, wanted: float) -> float:
    """The chance of one value with which at most `most` of `count` are hit in `wanted`."""
    low, high = 0.0, 0.5
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if _chance_of_at_most(most, count, middle) >= wanted:
            low = middle
        else:
            high = middle
    return low


def _chance_of_at_most(most: int, count: int, chance: float) -> float:
    return sum(math.comb(count, hits) * chance**hits * (1 - chance)**(count - hits)
               for hits in range(most + 1))


def _exceeded_with(chance: float, deviations: Sequence[float]) -> tuple[float, bool]:
    """What a deviation to one side exceeds with `chance`; whether that is beyond the largest."""
    place = (len(deviations) + 1) * (1 - 2 * chance)
    if place >= len(deviations):
        return deviations[-1], place > len(deviations)
    below = max(1, math.floor(place))
    share = max(0.0, place - below)
    return deviations[below - 1] + share * (deviations[below] - deviations[below - 1]), False
