"""Sentences about a run's comparisons that more than one chart says below itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import comparison
import wording
from run import Run
from trial import Trial

MOST_LISTED = 8
NO_MEDIAN = "no median: "


def headline_text(run: Run) -> str:
    """A sentence: who against whom, where, and the ratio or why there is none."""
    over, under = run.headline.over, run.headline.under
    at = wording.counted(run.headline.threads, "server thread")
    ratio = comparison.headline_ratio(run)
    text = "no ratio: one of them has no trial there" if ratio is None else ratio.text()
    return (f"{wording.name_of(over, run)} against {wording.name_of(under, run)} at {at}, "
            f"{compared_text(run)}: {text}.")


def no_median_text(cells: Iterable[tuple[str, Sequence[Trial]]],
                   figure: comparison.Figure = lambda trial: 0.0) -> list[str]:
    """A sentence, where cells with valid trials have none that may be told: which, and why."""
    whys = [f"{name} ({why.removeprefix(NO_MEDIAN)})" for name, trials in cells
            if any(trial.is_valid for trial in trials)
            and (why := comparison.why_no_median(trials, figure))]
    if not whys:
        return []
    return [f"No median is told of {named(whys)}."]


def none_valid_text(cells: Iterable[tuple[str, Sequence[Trial]]]) -> list[str]:
    """A sentence, where cells have trials and none that is valid: which."""
    names = [name for name, trials in cells
             if trials and not any(trial.is_valid for trial in trials)]
    return [f"No trial is valid there of {named(names)}."] if names else []


def named(names: Sequence[str]) -> str:
    more = len(names) - MOST_LISTED
    return ", ".join([*names[:MOST_LISTED], *([f"{more} more"] if more > 0 else [])])


def compared_text(run: Run) -> str:
    return "p99 from due" if run.is_open else "requests per second"


def listed(counts: Sequence[int]) -> str:
    """Such as "1, 2 and 4"; of many, how many they are and from where to where."""
    if len(counts) > MOST_LISTED:
        return f"{len(counts)} counts from {counts[0]} to {counts[-1]}"
    *all_but_last, last = map(str, counts)
    return f"{', '.join(all_but_last)} and {last}" if all_but_last else last
