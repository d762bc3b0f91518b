"""What charts of latency share: where they look, which latency, how it is said, and its axis.

A latency is drawn on a log axis: as far apart as two arms are by ratio, so far apart they stand,
at the median and in the tail alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import comparison
import frame
import wording
from run import Run
from trial import LOADS, Arm, Conditions, Latency, Trial
from wording import counted

_UNITS = ((1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns"))


@dataclass(frozen=True)
class View:
    """The cells a chart is of: one thread count, and one set of conditions a rate.

    origin: "due", which holds what a request of an open loop waited for its turn, or "sent"
    """

    threads: int
    conditions: tuple[Conditions, ...]
    origin: str

    def latency(self, trial: Trial) -> Latency | None:
        return trial.from_due if self.origin == "due" else trial.from_sent


def view_of(run: Run) -> View:
    """The headline's threads and conditions, at each rate.

    Where it has no trial, the largest thread count that has its CPUs, and the first conditions.
    """
    fitting = [count for count in run.thread_counts if count <= len(run.cpu_division.server)]
    threads, base = (fitting or run.thread_counts)[-1], run.conditions[0]
    if run.headline is not None:
        threads = run.headline.threads if run.headline.threads in run.thread_counts else threads
        if run.headline.conditions.rateless in [one.rateless for one in run.conditions]:
            base = run.headline.conditions
    alike = tuple(one for one in run.conditions if one.rateless == base.rateless)
    return View(threads, alike, "due" if run.is_open else "sent")


def arms_in(run: Run, view: View) -> tuple[Arm, ...]:
    """Those with a trial in view, in alphabetical order."""
    return tuple(sorted({trial.arm for trial in run.arms if trial.threads == view.threads
                         and trial.conditions in view.conditions}))


def floor_of(run: Run, view: View, conditions: Conditions) -> tuple[Trial, ...]:
    """The null responder's trials at the arms' own rates and threads; none where there is no rate.

    By rate and not by its name: "30%" is another rate under each handler and thread count, and
    where two rates are equal one floor is of both. A rate that the plan names itself has one floor
    for all thread counts, on all CPUs of the server.
    """
    if not run.is_open or conditions.reply_bytes != 0:
        return ()
    rates = {trial.rate_per_s for trial in run.arms if trial.threads == view.threads
             and trial.conditions == conditions}

    def load(one: Conditions) -> tuple:
        return one.rateless[-len(LOADS):]

    found = [trial for trial in run.ceilings
             if trial.rate_per_s in rates and load(trial.conditions) == load(conditions)]
    own = [trial for trial in found if trial.threads == view.threads]
    return tuple(own or found)


def at_text(run: Run, view: View) -> str:
    """Such as "at 8 server threads, 5us of CPU a call"; the rates are the chart's own."""
    one_rate = replace(run, asked={**run.asked, "rate": (None,)})
    asked = wording.conditions_text(view.conditions[0].rateless, one_rate)
    return f"at {counted(view.threads, 'server thread')}" + (f", {asked}" if asked else "")


def rate_text(conditions: Conditions, run: Run) -> str:
    """Of one among several rates: as planned, and what a share came to."""
    rates = sorted({trial.rate_per_s for trial in run.arms
                    if trial.conditions == conditions and trial.rate_per_s is not None})
    told = conditions.rate
    if told is None:
        return ""
    if not isinstance(told, str):
        return f"{told:,} requests per second"
    ends = "\N{EN DASH}".join(f"{rate:,}" for rate in dict.fromkeys((*rates[:1], *rates[-1:])))
    return f"{told} of capacity" + (f" ({ends} requests per second)" if rates else "")


def scale_y_in_time(axes, values: Iterable[float], name: str) -> None:
    """A log scale of `values` (ns)."""
    frame.scale_y_log(axes, [value for value in values if value > 0] or [1e5, 1e6], name,
                      _tick_text)


def ratio_text(run: Run, view: View, conditions: Conditions, percentile: str = "p99") -> str:
    """The headline's arms by that percentile; "" where nothing is compared or one has no trial."""
    if run.headline is None:
        return ""

    def figure(trial: Trial) -> float | None:
        latency = view.latency(trial)
        return getattr(latency, percentile) if latency else None

    over, under = (comparison.trials_at(run, arm, view.threads, conditions)
                   for arm in (run.headline.over, run.headline.under))
    if not over or not under:
        return ""
    names = [wording.name_of(arm, run) for arm in (run.headline.over, run.headline.under)]
    ratio = comparison.ratio_of(over, under, run, figure, comparison.noise_of(run, figure))
    return f"{names[0]} against {names[1]} (below 1 is sooner): {ratio.text()}"


def _tick_text(ns: float) -> str:
    size, unit = next(((size, unit) for size, unit in _UNITS if ns >= 0.9995 * size), _UNITS[-1])
    return f"{ns / size:.4g} {unit}"
