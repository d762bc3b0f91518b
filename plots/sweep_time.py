"""A sweep in the order it ran: each trial, and each second of it, on one time axis."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from damage import Damage
from run import Run
from trial import Trial

FARTHEST_S = 7 * 24 * 3600.0  # from the middle of its session: beyond it no trial began
LEAST_OF_A_SECOND = 0.2  # what is left of a window is drawn when it is at least so much of one
_UNITS = ((180.0, 1.0, "seconds"), (3 * 3600.0, 60.0, "minutes"), (float("inf"), 3600.0, "hours"))


@dataclass(frozen=True)
class Placed:
    """A trial on the time axis.

    begin: since the first trial began, without pauses (seconds)
    points: x (seconds) to requests per second
    """

    trial: Trial
    begin: float
    points: tuple[tuple[float, float], ...]


def damages_of(run: Run) -> list[Damage]:
    """Of trials that began at no time, or at one that would leave no room for all others."""
    times = {trial.line: time_of(trial.started_at) for trial in run.stored}
    sessions: dict[int, list[float]] = {}
    for trial in run.stored:
        if times[trial.line] is not None:
            sessions.setdefault(trial.session, []).append(times[trial.line])
    middles = {session: statistics.median_low(known) for session, known in sessions.items()}
    found = []
    for trial in run.stored:
        at = times[trial.line]
        if at is None:
            found.append(Damage(trial.line, "started_at", f"{trial.started_at} is no time"))
        elif abs(at - middles[trial.session]) > FARTHEST_S:
            found.append(Damage(trial.line, "started_at", f"{trial.started_at} is more than a week "
                                "from the middle of its session"))
    return found


def placed_of(run: Run) -> tuple[list[Placed], list[tuple[float, float]]]:
    """Each stored trial on the time axis, but for those that began at no time; then the pauses cut
    out: where, and how long (seconds).

    The sweep stood still between its sessions, however long; that is no part of the picture.
    """
    placed, pauses = [], []
    first = shift = end = 0.0
    session = None
    damaged = {one.line for one in damages_of(run)}
    for trial in run.stored:
        if trial.line in damaged:
            continue
        at = time_of(trial.started_at)
        first = at if session is None else first
        begin = at - first - shift
        if session is not None and trial.session != session and begin > end:
            pauses.append((end, begin - end))
            shift += begin - end
            begin = end
        session = trial.session
        placed.append(Placed(trial, begin, _points_of(trial, begin)))
        end = max(end, begin + (trial.window_s or 0.0))
    return placed, pauses


@lru_cache(maxsize=4096)
def time_of(text: str) -> float | None:
    """Seconds since 1970, of a time as results/schema.json has it. None where there is none."""
    try:
        whole = datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")
    except ValueError:
        return None
    return (whole - datetime(1970, 1, 1)).total_seconds() + float(text[19:-1] or 0)


def _points_of(trial: Trial, begin: float) -> tuple[tuple[float, float], ...]:
    """Requests per second of each second, at its middle; what is left of the window likewise."""
    if not trial.seconds:
        rate, window = trial.throughput_per_s, trial.window_s or 0.0
        return () if rate is None else ((begin + window / 2, rate),)
    found = []
    for second in trial.seconds:
        length = min(1.0, (trial.window_s or second.number + 1.0) - second.number)
        if length >= LEAST_OF_A_SECOND or len(trial.seconds) == 1 and length > 0:
            found.append((begin + second.number + length / 2, second.answered / length))
    return tuple(found)


def unit_of(length_s: float) -> tuple[float, str]:
    """In what a time of that length is told: seconds a unit, and the unit's name."""
    return next((scale, unit) for most, scale, unit in _UNITS if length_s <= most)


def time_text(length_s: float) -> str:
    scale, unit = unit_of(length_s)
    return f"{length_s / scale:.3g} {unit}"
