"""What a run's controls say of the run itself: A/A, positive control and twins, in words.

The rules are those of harness/controls.cpp and harness/sensitivity.cpp.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import comparison
import wording
from comparison import (Interval, Ratio, beside_itself, independent, median_interval, middle_ratio,
                        ratio_of)
from run import Run
from trial import Trial
from wording import counted, significant

SLOWER_BY = 0.1  # of the arm's service time
TWINS = {"client_work": "20 % more client CPU a request", "in_flight": "twice the connections"}
# The verdict that a twin may show, and its threshold.
LIMITS = {"client_work": ("client_bound", "client_bound_twin_loss"),
          "in_flight": ("unsaturated", "unsaturated_twin_gain")}
TOLD_BY_ALL = ("failed", "noisy_host")  # what keeps a twin's trial out: nothing else selects here


@dataclass(frozen=True)
class Fact:
    """name: as the page writes it; key: of its element."""

    key: str
    name: str
    text: str


def facts_of(run: Run) -> list[Fact]:
    return [Fact("noise", "Noise (A/A)", noise_text(run)),
            Fact("positive-control", "Positive control", positive_control_text(run)),
            *_twins(run)]


def noise_text(run: Run) -> str:
    found = beside_itself(run)
    if found is None:
        return "not known: the same arm did not run twice"
    if found.is_refused:
        return f"not known: {found.refusal}"
    noise = comparison.noise_of(run)
    differs = found.interval.is_interval and not found.interval.contains(1.0)
    what = "p99 from due of the same arm beside itself" if run.is_open else (
        "the same arm beside itself")
    return (f"{what}: {_over_blocks(found)}"
            f"{': the same arm differs from itself' if differs else ''}; "
            f"{1 / noise:.2f}\N{EN DASH}{noise:.2f}x is no difference")


def _slowed(run: Run) -> Ratio | None:
    """The slowed arm over the arm that it repeats. None without one."""
    slowed = run.of_role("slower")
    if not slowed:
        return None
    return ratio_of(slowed, [trial for trial in run.of_role("arm")
                             if trial.cell == slowed[0].twin_of], run)


def positive_control_text(run: Run) -> str:
    """Whether what is known to be there was seen. Else the sweep could not have seen as much."""
    found = _slowed(run)
    if found is None:
        return "not known: no arm ran slowed by a known amount"
    if found.is_refused:
        return f"not known: {found.refusal}"
    expected = 1 / (1 + SLOWER_BY)
    added = significant(100 * SLOWER_BY)
    return (f"+{added} % service time: {_over_blocks(found)}, expected {expected:.2f}x: "
            f"{_recovery(found, comparison.noise_of(run), expected, added)}")


def _recovery(found: Ratio, noise: float | None, expected: float, added: str) -> str:
    interval = found.interval
    if not interval.is_interval:
        return "a range, which recovers nothing"
    is_noise = noise is not None and 1 / noise <= interval.median <= noise
    if interval.contains(1.0) or is_noise:
        return f"not recovered: this sweep could not have seen {added} %"
    if not interval.contains(expected):
        return f"not recovered: this sweep could not have seen {added} % as what it is"
    return "recovered"


def _over_blocks(found: Ratio) -> str:
    return f"{found.interval.text(unit='x')} over {counted(len(found.values), 'block')}"


def _twins(run: Run) -> list[Fact]:
    """Of the headline's arms, or where nothing is compared of all that have twins."""
    base = _by_cell(run, "base")
    facts = []
    for number, (cell, trials) in enumerate(sorted(base.items())):
        arm, threads = trials[0].arm, trials[0].threads
        if not any(cell in _by_cell(run, role) for role in TWINS):
            continue  # it told how much a slowed arm is to be slowed by
        if run.headline and arm not in (run.headline.over, run.headline.under):
            continue
        parts = [f"{what}: {_twin_text(run, role, cell, trials)}" for role, what in TWINS.items()]
        under = wording.conditions_text(trials[0].conditions, run)
        at = ", ".join([wording.name_of(arm, run), counted(threads, "thread"),
                        *([under] if under else [])])
        facts.append(Fact(f"twins-{number}", f"Twins of {at}", "; ".join(parts)))
    return facts


def _by_cell(run: Run, role: str) -> dict[str, list[Trial]]:
    found: dict[str, list[Trial]] = {}
    for trial in run.of_role(role):
        found.setdefault(trial.twin_of or trial.cell, []).append(trial)
    return found


def _twin_text(run: Run, role: str, cell: str, base: Sequence[Trial]) -> str:
    twins = _by_cell(run, role).get(cell, [])
    known = {_place(trial): trial.throughput_per_s for trial in base if _tells(trial)}
    ratios = [(trial.pair, trial.throughput_per_s / known[_place(trial)]) for trial in twins
              if _tells(trial) and _place(trial) in known]
    blocks = run.document.get("plan", {}).get("twin_blocks") or len(base)
    found = median_interval(independent(ratios, middle_ratio))
    if found is None:
        return "not measured"
    few = "" if 2 * len(ratios) > blocks else ": too few to say anything"
    pairs = f" on {counted(found.values, 'pair')}" if found.values < len(ratios) else ""
    return (f"{found.text(unit='x')} over {counted(len(ratios), 'block')}{pairs}"
            f"{few or _limit_text(run, role, found)}")


def _limit_text(run: Run, role: str, found: Interval) -> str:
    """By the sweep's own threshold. Empty where it is not stored.

    A median beyond it whose blocks do not agree on the direction is noise (docs/decisions/0012).
    """
    name, key = LIMITS[role]
    threshold = run.document.get("thresholds", {}).get(key)
    if threshold is None:
        return ""
    is_beyond = (found.median < 1 - threshold if role == "client_work"
                 else found.median > 1 + threshold)
    if not is_beyond:
        return f": not {name} by this"
    if found.contains(1.0):
        kind = "interval" if found.is_interval else "range"
        return f": not {name} by this, as the {kind} contains 1"
    return f": {name}"


def _place(trial: Trial) -> tuple[int, int, int]:
    return trial.block, trial.attempt, trial.session


def _tells(trial: Trial) -> bool:
    return (trial.throughput_per_s or 0) > 0 and not set(trial.verdict) & set(TOLD_BY_ALL)
