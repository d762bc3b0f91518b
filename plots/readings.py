"""Sentences about a run's comparisons that more than one chart says below itself."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import comparison
import wording
from comparison import Ratio
from run import Run
from trial import Trial

MOST_LISTED = 8
MOST_WITH_FACTOR = 3  # thread counts that each have their ratio beside them
NO_TRIAL = "no ratio: one of them has no trial there"
NO_MEDIAN = "no median: "


def headline_text(run: Run) -> str:
    """A sentence: who against whom, where, and the ratio or why there is none."""
    over, under = run.headline.over, run.headline.under
    at = wording.counted(run.headline.threads, "server thread")
    told = wording.conditions_text(run.headline.conditions, run)
    ratio = comparison.headline_ratio(run)
    text = NO_TRIAL if ratio is None else ratio.text()
    return (f"{wording.name_of(over, run)} against {wording.name_of(under, run)} at {at}"
            f"{f', {told}' if told else ''}, {compared_text(run)}: {text}.")


def other_conditions_text(run: Run) -> list[str]:
    """A sentence, where a run has other panels than the headline's: each ratio, or how many of
    which kind and the farthest on either side.
    """
    ratios = {}
    for asked in run.conditions:
        if asked != run.headline.conditions:
            for threads in run.thread_counts:
                at = wording.conditions_text(asked, run) + (
                    f" at {wording.counted(threads, 'thread')}" if len(run.thread_counts) > 1
                    else "")
                ratios[at] = comparison.headline_ratio(run, threads, asked)
    missing = [at for at, ratio in ratios.items() if ratio is None]
    if len(ratios) <= MOST_WITH_FACTOR:
        each = "; ".join(f"{at}, {NO_TRIAL if ratio is None else ratio.text()}"
                         for at, ratio in ratios.items())
        return [f"Under the others: {each}."] if each else []
    known = {at: ratio for at, ratio in ratios.items() if ratio is not None}
    ahead, behind, same, refused = _sides(known, run)
    parts = [f"{name} in {len(found)} ({_farthest_text(found, known)})"
             for name, found in (("ahead", ahead), ("behind", behind)) if found]
    parts += [f"{name} in {count}" for name, count in (
        ("no difference is shown", len(same)), ("there is no ratio", len(refused) + len(missing)))
              if count]
    return [f"Of {len(ratios)} other cells, {wording.name_of(run.headline.over, run)} against "
            f"{wording.name_of(run.headline.under, run)}: {', '.join(parts)}."]


def _farthest_text(found: Sequence[str], ratios: dict[str, Ratio]) -> str:
    far = max(found, key=lambda at: abs(math.log(ratios[at].interval.median)))
    farthest = "the farthest, " if len(found) > 1 else ""
    return f"{farthest}{far}: {_times(ratios[far].interval.median)}"


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
    return _joined([str(count) for count in counts])


def spans(counts: Sequence[int], measured: Sequence[int]) -> str:
    """Such as "1 and 4 to 64": three or more that follow each other among those measured are one.

    Of many pieces, how many counts they are and from where to where.
    """
    runs: list[list[int]] = []
    for count in counts:
        before = measured.index(count) - 1
        if runs and before >= 0 and measured[before] == runs[-1][-1]:
            runs[-1].append(count)
        else:
            runs.append([count])
    pieces = [piece for run in runs for piece in (
        [f"{run[0]} to {run[-1]}"] if len(run) > 2 else map(str, run))]
    return _joined(pieces) if len(pieces) <= MOST_LISTED else listed(counts)


def _joined(pieces: Sequence[str]) -> str:
    *all_but_last, last = pieces
    return f"{', '.join(all_but_last)} and {last}" if all_but_last else last


def sides_text(ratios: dict[int, Ratio], run: Run) -> str:
    """Of thread counts: where the one is ahead, where behind, and where neither is shown.

    Such as "ahead at 1 (1.20x), behind at 2 (0.83x), no difference is shown at 4". Of many, where
    it is farthest.
    """
    ahead, behind, same, refused = _sides(ratios, run)
    parts = [f"{name} at {_factors_text(found, ratios, run)}"
             for name, found in (("ahead", ahead), ("behind", behind)) if found]
    parts += [f"{name} at {spans(found, run.thread_counts)}" for name, found in (
        ("no difference is shown", same), ("there is no ratio", refused)) if found]
    return ", ".join(parts)


def _sides(ratios: dict, run: Run) -> tuple[list, list, list, list]:
    """Their keys: ahead, behind, no difference shown, no ratio. Of latencies less is ahead."""
    sides: tuple[list, list, list, list] = [], [], [], []
    for at, ratio in ratios.items():
        if ratio.is_refused:
            sides[3].append(at)
        elif not ratio.shows_difference:
            sides[2].append(at)
        else:
            sides[(ratio.interval.median > 1) == run.is_open].append(at)
    return sides


def _factors_text(threads: Sequence[int], ratios: dict[int, Ratio], run: Run) -> str:
    factor = {at: ratios[at].interval.median for at in threads}
    if len(threads) <= MOST_WITH_FACTOR:
        return _joined([f"{at} ({_times(factor[at])})" for at in threads])
    far = max(threads, key=lambda at: abs(math.log(factor[at])))
    way = "up" if factor[far] > 1 else "down"
    return f"{spans(threads, run.thread_counts)} ({way} to {_times(factor[far])} at {far})"


def _times(factor: float) -> str:
    """A difference that is shown is not written as none."""
    text = f"{factor:.2f}x"
    return f"{factor:.4f}x" if text == "1.00x" else text
