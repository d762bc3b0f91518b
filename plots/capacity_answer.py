"""What a search for capacity came to: rates held, and the headline's ratio of them.

The rules are those of harness/capacity_lines.cpp.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from comparison import (LEAST_SHARE_OF_BLOCKS, Interval, Ratio, blocks_of, coverage_of,
                        median_interval)
from run import Run
from trial import Arm, Capacity, Conditions
from wording import counted

SPOILT = "too_noisy"  # by the host: it says nothing of the arm
UNTOLD = "untold"  # the load generator, its ports or its window was the limit: it holds more
LIMITED, NO_RATE = "load generator at its limit", "nothing held"


def capacities_at(run: Run, arm: Arm, threads: int, conditions: Conditions) -> list[Capacity]:
    """A search offers rates of its own: one that a plan asks for is no condition of it."""
    return [found for found in run.capacities if (found.arm, found.threads) == (arm, threads)
            and found.conditions.rateless == conditions.rateless]


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


def capacity_ratio(run: Run, over: Arm, under: Arm, threads: int, conditions: Conditions,
                   ) -> tuple[Ratio | None, str]:
    """Of the rates that both hold, block by block; and why it is refused, "" where it is not.

    None where no search of one side came to its end.
    """
    sides = [{one.block: one for one in capacities_at(run, arm, threads, conditions)}
             for arm in (over, under)]
    if not all(sides):
        return None, "no search came to its end"
    blocks = blocks_of(run)
    pairs = [(sides[0][block], sides[1][block])
             for block in sorted(sides[0].keys() & sides[1].keys())]
    both = [pair for pair in pairs if SPOILT not in (pair[0].end, pair[1].end)]
    untold = sum(UNTOLD in (one.end, other.end) for one, other in both)
    unheld = sum(UNTOLD not in (one.end, other.end) and 0 in (one.held_per_s, other.held_per_s)
                 for one, other in both)
    # As verdicts: one that the host spoilt says nothing, the others select.
    verdicts = Counter({"noisy_host": len(pairs) - len(both), LIMITED: untold, NO_RATE: unheld})
    values = tuple(one.held_per_s / other.held_per_s for one, other in both
                   if UNTOLD not in (one.end, other.end)
                   and 0 not in (one.held_per_s, other.held_per_s))
    ratio = Ratio(values, blocks, +verdicts, median_interval(values, coverage_of(run)), None)
    if untold or unheld:
        why = ("the load generator, its ports or its window was the limit of an arm" if untold
               else "an arm held no rate for sure")
        return ratio, (f"in {untold or unheld} of {counted(blocks, 'block')} {why}: leaving these "
                       "out would select the answer")
    if ratio.is_refused:
        return ratio, f"{len(values)} of {counted(blocks, 'block')} found what both hold"
    return ratio, ""
