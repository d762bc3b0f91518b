"""What a search for capacity came to: rates held, and the headline's ratio of them.

The rules are those of harness/capacity_lines.cpp.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from comparison import LEAST_SHARE_OF_BLOCKS, Interval, Ratio, blocks_of, median_interval
from run import Headline, Run
from trial import Arm, Capacity, Conditions

SPOILT = "too_noisy"  # by the host: it says nothing of the arm
UNTOLD = "untold"  # the load generator, its ports or its window was the limit: it holds more


def capacities_at(run: Run, arm: Arm, threads: int, conditions: Conditions) -> list[Capacity]:
    return [found for found in run.capacities
            if (found.arm, found.threads, found.conditions) == (arm, threads, conditions)]


def held_interval(found: Sequence[Capacity]) -> Interval | None:
    """Of the rates that one cell held (requests per second). None where it is not known."""
    told = [one.held_per_s for one in found if one.end != SPOILT]
    if len(told) <= LEAST_SHARE_OF_BLOCKS * len(found):
        return None
    held = median_interval(told)
    return None if is_bound(found) and held.median <= 0 else held


def is_bound(found: Sequence[Capacity]) -> bool:
    """Whether it holds that, or more: the median of bounds is a bound."""
    return any(one.end == UNTOLD for one in found)


def capacity_ratio(run: Run, headline: Headline) -> tuple[Ratio | None, str]:
    """Of the rates that both hold, block by block; or None, and why."""
    sides = []
    for arm in (headline.over, headline.under):
        found = capacities_at(run, arm, headline.threads, headline.conditions)
        sides.append({one.block: one for one in found})
    over, under = sides
    blocks = blocks_of(run)
    if not over or not under:
        return None, "no search came to its end"
    both = [(over[block], under[block]) for block in sorted(over.keys() & under.keys())
            if SPOILT not in (over[block].end, under[block].end)]
    untold = sum(UNTOLD in (one.end, other.end) for one, other in both)
    unheld = sum(0 in (one.held_per_s, other.held_per_s) for one, other in both)
    if untold or unheld:
        why = ("the load generator, its ports or its window was the limit of an arm" if untold
               else "an arm held no rate for sure")
        return None, (f"in {untold or unheld} of {blocks} blocks {why}: leaving these out would "
                      "select the answer")
    values = tuple(one.held_per_s / other.held_per_s for one, other in both)
    if len(values) <= LEAST_SHARE_OF_BLOCKS * blocks:
        return None, f"{len(values)} of {blocks} blocks found what both hold"
    return Ratio(values, blocks, Counter(), median_interval(values), None), ""
