"""What lies between architectures of one code, and between codes of one architecture, in words.

Of each group it is the two whose medians are farthest apart. At one thread nothing contends: there
two arrangements of one code differ by what their runtimes cost.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import comparison
import readings
import wording
from comparison import Ratio
from cpu_time import answers_of
from run import Run
from trial import Arm, Conditions
from wording import counted

MOST_STREAMS = 3  # that are told; of more the first, one in the middle and the last
RUNTIME = ("At one thread nothing contends: what lies between architectures there is the runtime's "
           "own cost, not the architecture's.")
NOTHING_SHOWN = "no difference shown"

# What the arms of a group are alike in, or differ in; an arm of which it is None is in no group.
Kind = Callable[[Arm], "str | None"]


@dataclass(frozen=True)
class Place:
    """Where arms are held against each other."""

    threads: int
    asked: Conditions


@dataclass(frozen=True)
class Gap:
    """Between the two of a group that lie farthest apart at one place; over is the quicker."""

    group: str
    place: Place
    over: Arm
    under: Arm
    ratio: Ratio


def is_by_streams(run: Run) -> bool:
    return len(run.asked["streams"]) > 1


def sentences(run: Run) -> list[str]:
    """Which is the larger, and then of every group how far apart it is."""
    places = _places_of(run)
    of_code = _gaps_of(run, places, run.implementation_of, run.architecture_of)
    of_architecture = _gaps_of(run, places, run.architecture_of, run.implementation_of)
    others = wording.conditions_text(places[0].asked._replace(streams=None), but_streams(run))
    told = [gap for gap in of_code + of_architecture if not gap.ratio.is_refused]
    runtime = any(gap.place.threads == 1 for gap in of_code if gap in told)
    return ["Requests per second of the server's CPU time"
            + (f" ({others})" if others else "")
            + ", of each group between the two whose medians are farthest apart.",
            *_larger(run, places, of_code, of_architecture),
            *([RUNTIME] if runtime else []),
            _groups_text("Between architectures of one code", of_code, run)
            or "No two architectures of one code have a median there.",
            _groups_text("Between codes of one architecture", of_architecture, run)
            or "No two codes of one architecture have a median there.",
            *_ends_text(told), *_without_median(run, places)]


def _places_of(run: Run) -> list[Place]:
    """At one thread, if measured, and at the most; under the headline's conditions, with every
    number of streams.
    """
    asked = run.headline.conditions if run.headline else run.conditions[0]
    alike = [one for one in run.conditions
             if one._replace(streams=None) == asked._replace(streams=None)] or run.conditions[:1]
    if len(alike) > MOST_STREAMS:
        alike = [alike[0], alike[len(alike) // 2], alike[-1]]
    return [Place(threads, one) for threads in run.thread_counts
            if threads in (1, run.thread_counts[-1]) for one in alike]


def _gaps_of(run: Run, places: Sequence[Place], alike: Kind, differ: Kind) -> list[Gap]:
    """Of every group of arms that are alike in one thing and differ in the other."""
    members: dict[str, list[Arm]] = {}
    for arm in run.compared:
        if alike(arm) is not None and differ(arm) is not None:
            members.setdefault(alike(arm), []).append(arm)
    noise = comparison.noise_of(run, answers_of)
    found = (_gap(run, group, members[group], differ, place, noise)
             for group in sorted(members) for place in places)
    return [gap for gap in found if gap is not None]


def _gap(run: Run, group: str, arms: Sequence[Arm], differ: Kind, place: Place,
         noise: float | None) -> Gap | None:
    """None where no two that differ have a median."""
    trials = {arm: comparison.trials_at(run, arm, place.threads, place.asked) for arm in arms}
    medians = {arm: told.median for arm, own in trials.items()
               if (told := comparison.told_median(own, answers_of, run)) is not None}
    pairs = [sorted(pair, key=lambda arm: -medians[arm]) for pair in combinations(medians, 2)
             if differ(pair[0]) != differ(pair[1])]
    if not pairs:
        return None
    over, under = max(pairs, key=lambda pair: medians[pair[0]] / medians[pair[1]])
    ratio = comparison.ratio_of(trials[over], trials[under], run, answers_of, noise)
    return Gap(group, place, over, under, ratio)


def _larger(run: Run, places: Sequence[Place], of_code: Sequence[Gap],
            of_architecture: Sequence[Gap]) -> list[str]:
    """The widest gap of either kind, at the most threads that have both; nothing without."""
    for threads in sorted({place.threads for place in places}, reverse=True):
        widest = [max(here, key=lambda gap: abs(math.log(gap.ratio.interval.median)))
                  for gaps in (of_code, of_architecture)
                  if (here := [gap for gap in gaps if gap.place.threads == threads
                               and not gap.ratio.is_refused])]
        if len(widest) == 2:
            code, architecture = (f"{_factor(gap.ratio)} ({wording.shortened(gap.group)}"
                                  f"{_with_streams(gap.place, run)})" for gap in widest)
            return [f"At {counted(threads, 'server thread')}, two architectures of one code lie at "
                    f"most {code} apart, two codes of one architecture {architecture}"
                    f"{_verdict(*(gap.ratio for gap in widest))}."]
    return []


def _verdict(of_code: Ratio, of_architecture: Ratio) -> str:
    """Only where the intervals are apart."""
    ends = [one.interval for one in (of_code, of_architecture)]
    if all(one.is_interval for one in ends):
        if ends[1].low > ends[0].high:
            return ": whose code it is makes the larger difference"
        if ends[0].low > ends[1].high:
            return ": the architecture makes the larger difference"
    return ""


def _groups_text(title: str, gaps: Sequence[Gap], run: Run) -> str:
    """Such as "Between codes of one architecture: tonic at 1 thread, A against B 1.04x; ..."."""
    groups: dict[tuple[str, int], list[Gap]] = {}
    for gap in gaps:
        groups.setdefault((gap.group, gap.place.threads), []).append(gap)
    told = "; ".join(f"{wording.shortened(group)} at {counted(threads, 'thread')}, "
                     f"{_pairs_text(own, run)}" for (group, threads), own in groups.items())
    return f"{title}: {told}." if told else ""


def _pairs_text(gaps: Sequence[Gap], run: Run) -> str:
    """With few streams others may be the farthest apart than with many."""
    by_pair: dict[str, list[str]] = {}
    for gap in gaps:
        pair = f"{wording.name_of(gap.over, run)} against {wording.name_of(gap.under, run)} "
        text = _short(gap.ratio)
        by_pair.setdefault("" if text == NOTHING_SHOWN else pair, []).append(
            text + _with_streams(gap.place, run))
    # In how many places there is none is not told of whom.
    ties = [text.removeprefix(NOTHING_SHOWN) for text in by_pair.pop("", [])]
    return ", and ".join([*(f"{pair}{', '.join(ratios)}" for pair, ratios in by_pair.items()),
                          *([NOTHING_SHOWN + ",".join(ties)] if ties else [])])


def _without_median(run: Run, places: Sequence[Place]) -> list[str]:
    """A sentence where arms have trials and no median: which, and why; all of them in short."""
    told = []
    for threads in dict.fromkeys(place.threads for place in places):
        here = [place for place in places if place.threads == threads]
        whys = {place: _whys(run, place) for place in here}
        at = f"At {counted(threads, 'thread')}"
        if all(all(found) for found in whys.values()):
            told.append(f"{at} nothing has a median.")
            continue
        for place, found in whys.items():
            which = "anything" if all(found) else readings.named(list(filter(None, found)))
            if any(found):
                told.append(f"{at}{_with_streams(place, run)} no median is told of {which}.")
    return told


def _whys(run: Run, place: Place) -> list[str]:
    """Of each arm with trials there its name and why it has no median; empty where it has one."""
    cells = ((arm, comparison.trials_at(run, arm, place.threads, place.asked))
             for arm in run.compared)
    return [f"{wording.name_of(arm, run)} ({why.removeprefix(readings.NO_MEDIAN)})"
            if (why := comparison.why_no_median(trials, answers_of)) else ""
            for arm, trials in cells if trials]


def _with_streams(place: Place, run: Run) -> str:
    return f" with {counted(place.asked.streams, 'stream')}" if is_by_streams(run) else ""


def but_streams(run: Run) -> Run:
    return replace(run, asked={**run.asked, "streams": (None,)})


def _short(ratio: Ratio) -> str:
    """Without what _ends_text says of all."""
    if ratio.is_refused:
        return ratio.text()
    is_tie = ratio.interval.is_interval and not ratio.shows_difference
    return NOTHING_SHOWN if is_tie else _factor(ratio)


def _factor(ratio: Ratio) -> str:
    found = ratio.interval
    if found.values == 1:
        return f"{found.median:.2f}x"
    return f"{found.median:.2f}x [{found.low:.2f}\N{EN DASH}{found.high:.2f}]"


def _ends_text(gaps: Sequence[Gap]) -> list[str]:
    kinds = sorted({gap.ratio.interval.kind for gap in gaps if gap.ratio.interval.values > 1})
    if not kinds:
        return []
    few = ("; a range of so few blocks shows no difference"
           if any(not gap.ratio.interval.is_interval for gap in gaps) else "")
    return [f"In brackets: {' or '.join(kinds)} of the blocks' ratios{few}."]
