"""The answer that a run gives, in one sentence, and what has to be known beside it.

It says nothing that the data do not: what is refused, no difference, or a mere range, is said so.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import count

import comparison
import wording
from capacity_answer import capacities_at, capacity_ratio, held_interval
from comparison import (Ratio, compared_figure, coverage_of, rank_of_interval, told_median,
                        trials_at)
from run import Headline, Run
from smallest_difference import smallest_text
from wording import counted


@dataclass(frozen=True)
class Answer:
    """kind: difference, range (all blocks agree, too few for an interval), none (no difference
    shown), refused or nothing (it compares nothing)

    ratio: what the sentence is of; None where nothing was compared
    """

    kind: str
    sentence: str
    remarks: tuple[str, ...]
    smallest: str
    verdicts: str
    ratio: Ratio | None = None


def answer_of(run: Run) -> Answer:
    kind, sentence, ratio = _spoken(run)
    return Answer(kind, sentence, tuple(_remarks(run, ratio)), smallest_text(run),
                  verdicts_text(run), ratio)


def _spoken(run: Run) -> tuple[str, str, Ratio | None]:
    if run.headline is None:
        return "nothing", "No headline: the plan compares nothing.", None
    if run.capacity_p99:
        return _of_capacity(run, run.headline)
    ratio = comparison.headline_ratio(run)
    if ratio is None:
        return "nothing", f"No headline: no trial of {_absent(run, run.headline)} was stored.", None
    names, at = _names(run, run.headline), _place(run, run.headline)
    if ratio.is_refused:
        return "refused", (f"No headline: of {' against '.join(names)}{at}, "
                           f"{_refusal(ratio)}."), ratio
    figure = interval_text(ratio)
    if _is_range(ratio):
        over_or_under = _ahead(names, ratio, run.is_open)
        does = "answered sooner" if run.is_open else "answered more"
        what = (f"p99 from due of {names[0]} was {figure} that of {names[1]}" if run.is_open
                else f"{names[0]} answered {figure} the requests per second of {names[1]}")
        return "range", (f"{_in_all(ratio)} {over_or_under} {does}{at}: {what}. "
                         f"{_range_text(run, ratio)}"), ratio
    if not ratio.shows_difference:
        return "none", (f"No difference shown between {' and '.join(names)}{at}: "
                        f"{_what(run)} {figure}; {_why_none(ratio)}."), ratio
    over, under = names
    first = _ahead(names, ratio, run.is_open)
    if run.is_open:
        return "difference", (f"{first} answers sooner{at}: p99 from due of {over} is {figure} "
                              f"that of {under}."), ratio
    return "difference", (f"{first} answers more{at}: {over} answers {figure} the requests per "
                          f"second of {under}."), ratio


def _of_capacity(run: Run, headline: Headline) -> tuple[str, str, Ratio | None]:
    names, at = _names(run, headline), _place(run, headline)
    within = f"within a p99 from due of {run.capacity_p99}"
    ratio, why_not = capacity_ratio(run, headline.over, headline.under, headline.threads,
                                    headline.conditions)
    if why_not:
        return "refused", (f"No headline: of what {' and '.join(names)} hold{at} {within}, "
                           f"{why_not}."), None
    figure = interval_text(ratio)
    if _is_range(ratio):
        return "range", (f"{_in_all(ratio)} {_ahead(names, ratio)} held more{at} {within}: "
                         f"{names[0]} held {figure} the rate of {names[1]}. "
                         f"{_range_text(run, ratio)}"), ratio
    if not ratio.shows_difference:
        return "none", (f"No difference shown between the rates that {' and '.join(names)} hold"
                        f"{at} {within}: {figure}; {_why_none(ratio)}."), ratio
    over, under = names
    first = _ahead(names, ratio)
    return "difference", (f"{first} holds more{at} {within}: {over} holds {figure} the rate of "
                          f"{under}."), ratio


def _is_range(ratio: Ratio) -> bool:
    """Whether all blocks lie to one side, beyond the noise, and are too few for an interval.

    Of one block, two or three, that is so of the same arm in all, in a half and in a quarter of
    sweeps: it is what was seen, and no difference that was shown.
    """
    found = ratio.interval
    return not (found.is_interval or found.contains(1.0) or _is_noise(ratio))


def _is_noise(ratio: Ratio) -> bool:
    return ratio.noise is not None and 1 / ratio.noise <= ratio.interval.median <= ratio.noise


def _in_all(ratio: Ratio) -> str:
    blocks = len(ratio.values)
    kind = "valid block" if blocks < ratio.blocks else "block"
    if blocks == 1:
        return f"In the only {kind}"
    return f"In both {kind}s" if blocks == 2 else f"In all {counted(blocks, kind)}"


def _range_text(run: Run, ratio: Ratio) -> str:
    """What stands as a range is no finding, here as beneath the charts (Ratio.shows_difference)."""
    fewest = next(blocks for blocks in count(1) if rank_of_interval(blocks, coverage_of(run)))
    of = "pairs" if ratio.pairs else "blocks"
    return f"That shows no difference: fewer than {fewest} {of} give a range, and no interval."


def _ahead(names: tuple[str, str], ratio: Ratio, is_less_better: bool = False) -> str:
    return names[0] if (ratio.interval.median > 1) != is_less_better else names[1]


def interval_text(ratio: Ratio) -> str:
    """Such as "1.42x (1.30–1.55, 96.1 % interval over 9 blocks)"."""
    found = ratio.interval
    blocks = counted(ratio.blocks, "block")
    if len(ratio.values) < ratio.blocks:
        blocks = f"{len(ratio.values)} of {blocks}"
    blocks += ratio.where
    kind = (f"{found.kind} over {blocks}" if found.is_interval
            else f"a range of {blocks}: too few for an interval")
    return f"{found.median:.2f}x ({found.low:.2f}\N{EN DASH}{found.high:.2f}, {kind})"


def _why_none(ratio: Ratio) -> str:
    if ratio.interval.contains(1.0):
        return f"the {'interval' if ratio.interval.is_interval else 'range'} contains 1"
    return (f"the same arm beside itself gave {1 / ratio.noise:.2f}\N{EN DASH}{ratio.noise:.2f}, "
            "and the median lies within it")


def _refusal(ratio: Ratio) -> str:
    have = "has" if ratio.blocks == 1 else "have"
    text = f"{len(ratio.values)} of {counted(ratio.blocks, 'block')} {have} both arms valid"
    if ratio.verdicts:
        text += f" ({verdict_counts(ratio.verdicts)})"
    if ratio.selects and ratio.values:
        text += ": leaving these out would select the answer"
    return text


def _what(run: Run) -> str:
    return "p99 from due" if run.is_open else "requests per second"


def _names(run: Run, headline: Headline) -> tuple[str, str]:
    over, under = (wording.name_of(arm, run) for arm in (headline.over, headline.under))
    if over == under:  # alike in all that the run has several of, but for what they differ in
        over, under = (", ".join(arm) for arm in (headline.over, headline.under))
    return over, under


def _place(run: Run, headline: Headline) -> str:
    at = f" at {counted(headline.threads, 'server thread')}"
    under = wording.conditions_text(headline.conditions, run)
    return f"{at} ({under})" if under else at


def _absent(run: Run, headline: Headline) -> str:
    missing = [wording.name_of(arm, run) for arm in (headline.over, headline.under)
               if not comparison.trials_at(run, arm, headline.threads, headline.conditions)]
    return " and of ".join(missing) + _place(run, headline)


def _remarks(run: Run, ratio: Ratio | None):
    if not run.is_complete:
        yield (f"The sweep is unfinished: {measured_text(run)} of "
               f"{counted(run.blocks_planned, 'block')} planned were begun. What stands here is of "
               "these.")
    if ratio is not None and not ratio.is_refused and ratio.noise is None and not run.capacity_p99:
        same = comparison.beside_itself(run)
        none = ("No A/A arm says" if same is None
                else f"The A/A arm does not say ({same.refusal})")
        yield (f"{none} how far the same arm lies from itself: a difference smaller than that may "
               "look like one here.")
    if ratio is not None and not ratio.is_refused and (medians := _medians(run, run.headline)):
        yield from _other_way(run, ratio, medians)
    alone = (comparison.headline_ratio(run, threads=1)
             if run.headline and run.headline.threads != 1 and not run.capacity_p99 else None)
    if alone is not None:
        figure = (f"no ratio, {_refusal(alone)}" if alone.is_refused
                  else interval_text(alone)
                  + ("" if alone.shows_difference else ": no difference shown"))
        yield f"At one thread, where nothing contends, the same ratio is {figure}."


def _medians(run: Run, headline: Headline) -> tuple[float, float] | None:
    """What each side of the headline is in the table: of it the ratio is none. None: not told."""
    arms, at = (headline.over, headline.under), (headline.threads, headline.conditions)
    if run.capacity_p99:
        found = [held_interval(capacities_at(run, arm, *at)) for arm in arms]
    else:
        found = [told_median(trials_at(run, arm, *at), compared_figure, run) for arm in arms]
    return (found[0].median, found[1].median) if all(found) and found[1].median > 0 else None


def _other_way(run: Run, ratio: Ratio, medians: tuple[float, float]):
    """Two figures of one page that seem to contradict each other, where they do."""
    of_medians = medians[0] / medians[1]
    if (of_medians - 1) * (ratio.interval.median - 1) >= 0:
        return
    told = wording.latency_text if run.is_open and not run.capacity_p99 else wording.with_thousands
    yield (f"The two medians, {told(medians[0])} and {told(medians[1])}, point the other way "
           f"({of_medians:.2f}x): the median of the blocks' ratios need not be the ratio of the "
           "medians. The ratio is of trials that ran back to back; each median is of blocks that "
           "may be minutes apart.")


def measured_text(run: Run) -> str:
    """Such as "6 blocks, and 24 steps of searches": these are numbered through as blocks are."""
    steps = len(run.of_role("capacity"))
    searched = len({found.block for found in run.capacities}) if run.capacity_p99 else 0
    blocks = len(run.blocks) or searched
    parts = [counted(blocks, "block")] if blocks or not steps else []
    if steps:
        parts.append(f"{counted(steps, 'step')} of searches")
    return ", and ".join(parts)


def verdicts_text(run: Run) -> str:
    """Of arms and ceilings, those that count; of a search for capacity its steps as well."""
    judged = run.trials
    if not judged:
        return ("no trial of an arm was judged by itself: each is a step of a search"
                + _steps_text(run))
    valid = sum(trial.is_valid for trial in judged)
    verdicts = Counter(name for trial in judged for name in trial.faults)
    text = f"{valid} of {counted(len(judged), 'trial')} valid"
    again = sum(trial.is_superseded for trial in run.stored if trial.role in ("arm", "ceiling"))
    return (text + (f"; not valid: {verdict_counts(verdicts)}" if verdicts else "")
            + (f"; {again} run again" if again else "")
            + (_steps_text(run) if run.capacity_p99 else ""))


def _steps_text(run: Run) -> str:
    """A step that missed its rate says that it is not held: another verdict spoils it."""
    steps = run.of_role("capacity")
    if not steps:
        return ""
    verdicts = Counter(name for trial in steps for name in trial.faults)
    without = sum(trial.is_valid for trial in steps)
    return (f"; {without} of {counted(len(steps), 'step')} without a verdict"
            + (f"; the others: {verdict_counts(verdicts)}" if verdicts else "")
            + (" (missed_rate is an answer: not held)" if "missed_rate" in verdicts else ""))


def verdict_counts(verdicts: Counter) -> str:
    """The most frequent first."""
    return ", ".join(f"{name} {times}" for name, times
                     in sorted(verdicts.items(), key=lambda each: (-each[1], each[0])))
