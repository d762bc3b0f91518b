"""Each block's latency by percentile, out of its stored histogram; and which cannot be read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import hdr
from damage import Damage
from latency_view import View, floor_of, view_of
from run import Run
from trial import Trial

# Shares of all requests that lie above: the half, and a grid that every power of ten is on.
STEPS_A_DECADE = 12
SHARES = (0.5, *(10 ** (-step / STEPS_A_DECADE) for step in range(4, 9 * STEPS_A_DECADE + 1)))


@dataclass(frozen=True)
class Curve:
    """A block's latency (ns) at each of SHARES, as far as it is known."""

    trial: Trial
    values: tuple[float, ...]


def curves_of(trials: Sequence[Trial], view: View) -> tuple[Curve, ...]:
    """Of those that know their median, the first that is drawn."""
    curves = []
    for trial in trials:
        latency = view.latency(trial)
        if latency is None or not latency.histogram:
            continue
        found, _ = _values_of(latency.histogram, trial.due_unanswered)
        # Its last bucket is wider than what was in it. Below one nanosecond nothing has a log.
        largest = math.inf if latency.max is None else latency.max
        known = [max(1, min(value, largest)) for value in found if value is not None]
        if known:
            curves.append(Curve(trial, tuple(known)))
    return tuple(curves)


def damages_of(run: Run) -> list[Damage]:
    if not run.arms:
        return []
    view = view_of(run)
    shown = [trial for trial in run.arms
             if trial.threads == view.threads and trial.conditions in view.conditions]
    floors = [trial for one in view.conditions for trial in floor_of(run, view, one)]
    whys = {trial.line: why_unread(trial, view) for trial in [*shown, *floors]}
    return [Damage(line, f"latency_from_{view.origin}_ns.histogram", why)
            for line, why in sorted(whys.items()) if why]


def why_unread(trial: Trial, view: View) -> str:
    """Empty where it has no histogram, or one of ours."""
    latency = view.latency(trial)
    return (_values_of(latency.histogram, trial.due_unanswered)[1]
            if latency is not None and latency.histogram else "")


@lru_cache(maxsize=4096)
def _values_of(histogram: str, unanswered: int) -> tuple[tuple[int | None, ...], str]:
    """At each of SHARES; or nothing, and why it cannot be read. Once for all that ask."""
    try:
        return tuple(hdr.values_above(hdr.decode(histogram), SHARES, unanswered)), ""
    except hdr.HdrError as error:
        return (), str(error)
