"""Sentences about a run's comparisons that more than one chart says below itself."""

from __future__ import annotations

from collections.abc import Sequence

import comparison
import wording
from run import Run

MOST_LISTED = 8


def headline_text(run: Run) -> str:
    """A sentence: who against whom, where, and the ratio or why there is none."""
    over, under = run.headline.over, run.headline.under
    at = wording.counted(run.headline.threads, "server thread")
    ratio = comparison.headline_ratio(run)
    text = "no ratio: one of them has no trial there" if ratio is None else ratio.text()
    return (f"{wording.name_of(over, run)} against {wording.name_of(under, run)} at {at}, "
            f"{compared_text(run)}: {text}.")


def compared_text(run: Run) -> str:
    return "p99 from due" if run.is_open else "requests per second"


def listed(counts: Sequence[int]) -> str:
    """Such as "1, 2 and 4"; of many, how many they are and from where to where."""
    if len(counts) > MOST_LISTED:
        return f"{len(counts)} counts from {counts[0]} to {counts[-1]}"
    *all_but_last, last = map(str, counts)
    return f"{', '.join(all_but_last)} and {last}" if all_but_last else last
