"""What lies between architectures of one code, and between codes of one architecture, in words.

Of a group of more than two it is the two whose medians are farthest apart: chosen by what was
measured, they have a range and no interval. At one thread nothing contends, unless several
processes share its CPU: there two arrangements of one code differ by what their runtimes cost.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import comparison
import readings
import wording
from comparison import Interval, Ratio
from cpu_time import answers_of
from run import Run
from trial import Arm, Conditions
from wording import counted

MOST_STREAMS = 3  # that are told; of more the first, one in the middle and the last
RUNTIME = ("At one thread nothing contends within a server: what lies there between architectures "
           "of {} is the runtime's own cost, not the architecture's.")
OWN_THREADS = (f"{wording.OWN_THREADS}: not as many as the others but its own, on as many CPUs as "
               "theirs")
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
    """Between the two of a group that lie farthest apart at one place; over is the quicker.

    arms: of the group; of more than two the pair was chosen, and its ratio has a mere range
    """

    group: str
    arms: int
    place: Place
    over: Arm
    under: Arm
    ratio: Ratio


def is_by_streams(run: Run) -> bool:
    return len(run.asked["streams"]) > 1


def sentences(run: Run) -> list[str]:
    """How far apart the widest are, and then of every group how far apart it is."""
    places = _places_of(run)
    of_code = _gaps_of(run, places, run.implementation_of, run.architecture_of)
    of_architecture = _gaps_of(run, places, run.architecture_of, run.implementation_of)
    others = wording.conditions_text(places[0].asked._replace(streams=None), but_streams(run))
    return ["Requests per second of the server's CPU time" + (f" ({others})." if others else "."),
            *_widest(run, places, of_code, of_architecture), *_runtime_text(of_code, run),
            _groups_text("Between architectures of one code", of_code, run)
            or "No two architectures of one code have a median there.",
            _groups_text("Between codes of one architecture", of_architecture, run)
            or "No two codes of one architecture have a median there.",
            *_ends_text(of_code + of_architecture), *_without_median(run, places)]


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
    if len(arms) > 2 and not ratio.is_refused:
        ratio = replace(ratio, interval=Interval(min(ratio.values), ratio.interval.median,
                                                 max(ratio.values), 0.0, len(ratio.values)))
    return Gap(group, len(arms), place, over, under, ratio)


def _widest(run: Run, places: Sequence[Place], of_code: Sequence[Gap],
            of_architecture: Sequence[Gap]) -> list[str]:
    """The widest gap of either kind, at the most threads that have both; nothing without.

    Each is a maximum of what was seen, so neither is said to be the larger.
    """
    for threads in sorted({place.threads for place in places}, reverse=True):
        widest = [max(here, key=lambda gap: abs(math.log(gap.ratio.interval.median)))
                  for gaps in (of_code, of_architecture)
                  if (here := [gap for gap in gaps if gap.place.threads == threads
                               and not gap.ratio.is_refused])]
        if len(widest) == 2:
            code, architecture = (f"{gap.ratio.interval.median:.2f}x "
                                  f"({wording.shortened(gap.group)}{_with_streams(gap.place, run)})"
                                  for gap in widest)
            return [f"The widest seen on {wording.threads_text(threads, run.compared, run)}: "
                    f"{code} between architectures of one code, {architecture} between codes of "
                    "one architecture."]
    return []


def _runtime_text(of_code: Sequence[Gap], run: Run) -> list[str]:
    """Of which codes a gap at one thread is the runtime's, and of which arms it cannot be."""
    sharing = {arm: busy for arm in run.compared if (busy := max(
        (trial.server.busy_processes for trial in run.arms
         if trial.arm == arm and trial.threads == 1 and trial.server), default=0)) > 1}
    groups = dict.fromkeys(gap.group for gap in of_code
                           if gap.place.threads == 1 and not gap.ratio.is_refused)
    alone = [wording.shortened(group) for group in groups
             if all(run.varies_threads(arm) and arm not in sharing for arm in run.compared
                    if run.implementation_of(arm) == group)]
    shared = [f"{busy} processes of {wording.name_of(arm, run)}" for arm, busy in sharing.items()]
    own = any(wording.has_own_threads(arm, run) for arm in run.compared)
    return [*([RUNTIME.format(readings.named(alone))] if alone else []),
            *([f"On one CPU, {readings.named(shared)} share it."] if shared else []),
            *([f"{OWN_THREADS}."] if own else [])]


def _groups_text(title: str, gaps: Sequence[Gap], run: Run) -> str:
    """Such as "Between codes of one architecture: tonic on 1 thread, A against B 1.04x; ..."."""
    groups: dict[tuple[str, int], list[Gap]] = {}
    for gap in gaps:
        groups.setdefault((gap.group, gap.place.threads), []).append(gap)
    told = "; ".join(f"{wording.shortened(group)} on "
                     f"{wording.threads_text(threads, run.compared, run)}"
                     f"{_chosen_text(own[0])}, {_pairs_text(own, run)}"
                     for (group, threads), own in groups.items())
    return f"{title}: {told}." if told else ""


def _chosen_text(gap: Gap) -> str:
    """Nothing of two arms: which they are was known before the run."""
    return (f" (the two medians farthest apart of {gap.arms} arms, chosen after the fact: no "
            "interval)" if gap.arms > 2 else "")


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
        at = f"On {wording.threads_text(threads, run.compared, run)}"
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
    kinds = sorted({gap.ratio.interval.kind for gap in gaps
                    if not gap.ratio.is_refused and gap.ratio.interval.values > 1})
    if not kinds:
        return []
    mere = "; a range promises nothing" if "a range" in kinds else ""
    return [f"In brackets: {' or '.join(kinds)} of the blocks' ratios{mere}."]
