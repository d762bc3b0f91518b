"""What a chart by cores shows: panels by conditions, in each a line an arm and the ceiling."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import comparison
import style
import wording
from comparison import Interval
from run import Run
from trial import Trial

# A ceiling further above every server than this would press them flat: it is told, not drawn.
CEILING_IN_VIEW = 4.0

# Of it: a median as high is perhaps the load generator's, and not the server's.
NEAR_CEILING = 0.9

# Panels whose fastest servers are further apart than this have each a scale of their own.
ONE_SCALE_UP_TO = 4.0
OWN_SCALE = " (its own scale)"

MEDIAN_SIZES = (9.0, 6.5)  # the first architecture's and the last one's
ROOM_OF_MEDIANS = 0.3  # of half a band: no dot stands there

# With more lines than this, names are in the order of their medians, and these are written out.
MOST_TOLD_BY_EYE = 5


@dataclass(frozen=True)
class Series:
    """One line's trials, and where in the band around a thread count its dots are drawn.

    name: the architecture, with its http2 and engine where the run has several
    place, width: middle and width of its part of the band, which goes from -1 to 1
    """

    name: str
    style: style.SeriesStyle
    place: float
    width: float
    median_size: float  # points
    trials: tuple[Trial, ...]
    is_of_many: bool

    def medians(self) -> dict[int, float]:
        """Threads to the median of the valid trials there, where it is told (requests a second)."""
        return {threads: comparison.median_of((trial for trial in trials if trial.is_valid),
                                              throughput_of)
                for threads, trials in self.cells().items()
                if not comparison.why_no_median(trials, throughput_of)}

    def intervals(self, run: Run) -> dict[int, Interval]:
        """Threads to the interval of the median there (requests per second)."""
        return intervals_of(self, run, throughput_of)

    def cells(self) -> dict[int, list[Trial]]:
        """Threads, ascending, to the trials there."""
        found: dict[int, list[Trial]] = {}
        for trial in self.trials:
            found.setdefault(trial.threads, []).append(trial)
        return dict(sorted(found.items()))

    def end(self) -> float:
        """Where its name stands (requests per second): its level at the most threads with numbers.

        That is the valid trials' median, or else the hollow ones'. Of many lines, it is the last
        median, wherever there is one: the hollow ones are not to be compared.
        """
        if self.is_of_many and self.medians():
            return list(self.medians().values())[-1]
        measured = [trial for trial in self.trials if trial.throughput_per_s is not None]
        if not measured:
            return 0.0
        last = max(trial.threads for trial in measured)
        at_last = [trial.throughput_per_s for trial in measured if trial.threads == last]
        return self.medians().get(last, statistics.median(at_last))


def throughput_of(trial: Trial) -> float | None:
    return trial.throughput_per_s


def intervals_of(one: Series, run: Run, figure: comparison.Figure) -> dict[int, Interval]:
    """Threads to the median there, where it is told."""
    found = ((threads, comparison.told_median(trials, figure, run))
             for threads, trials in one.cells().items())
    return {threads: interval for threads, interval in found if interval is not None}


@dataclass(frozen=True)
class Ceiling:
    """The null responder, which may lie too far above the servers to be in view.

    level: the median of its valid trials, or, where that is not told, of all (requests per second)
    """

    level: float
    is_valid: bool
    in_view: bool


@dataclass(frozen=True)
class Ideal:
    """What the arm that is fastest on one thread would answer if threads cost each other nothing.

    of_one: its median at one thread (requests per second)
    until: the most threads that have a physical core each; beyond, nobody would expect as much
    """

    name: str
    of_one: float
    until: int


@dataclass(frozen=True)
class Panel:
    """The arms under one set of conditions.

    run: what of the run is under it
    heading: which it is; empty where the plan has one
    top: the largest value that its scale has to show (requests per second, or what figure is in)
    """

    run: Run
    heading: str
    series: list[Series]
    ceiling: Ceiling | None
    top: float

    @property
    def ideal(self) -> Ideal | None:
        """None where no median is told of one thread, none had a core each, or a rate was offered.
        """
        of_one = [(one.medians()[1], one.name) for one in self.series if 1 in one.medians()]
        until = min(self.run.thread_counts[-1], self.run.cpu_division.server_physical_cores)
        if not of_one or self.run.is_open or until <= 1:
            return None
        fastest = max(median for median, _ in of_one)
        return Ideal(min(name for median, name in of_one if median == fastest), fastest, until)

    def near_ceiling(self) -> list[tuple[str, int]]:
        """Name and threads of each median that is near what the load generator can ask."""
        if self.ceiling is None or not self.ceiling.is_valid:
            return []
        return [(one.name, threads) for one in self.series
                for threads, median in one.medians().items()
                if median >= NEAR_CEILING * self.ceiling.level]

    @property
    def shown(self) -> tuple[Trial, ...]:
        return _shown(self.run, self.ceiling)


def panels_of(run: Run, figure: comparison.Figure = throughput_of) -> list[Panel]:
    """One a set of conditions, in the plan's order.

    figure: that a panel shows; the ceiling is one of requests per second alone
    """
    parts = {asked: run.under(asked) for asked in run.conditions}
    fastest = [_largest(part.arms, figure) for part in parts.values()]
    one_scale = max(fastest) <= ONE_SCALE_UP_TO * min(fastest)
    ceilings = [ceiling_of(part, max(fastest) if one_scale else own)
                if figure is throughput_of else None
                for part, own in zip(parts.values(), fastest)]
    tops = [_largest(_shown(part, ceiling), figure)
            for part, ceiling in zip(parts.values(), ceilings)]
    panels = []
    for (asked, part), ceiling, top in zip(parts.items(), ceilings, tops):
        heading = wording.conditions_text(asked, run)
        panels.append(Panel(part, heading if one_scale else heading + OWN_SCALE,
                            series_of(part, run), ceiling, max(tops) if one_scale else top))
    return panels


def _shown(run: Run, ceiling: Ceiling | None) -> tuple[Trial, ...]:
    return run.trials if ceiling is not None and ceiling.in_view else run.arms


def series_of(run: Run, whole: Run) -> list[Series]:
    """One an arm, in alphabetical order, each with its own part of the band.

    In every panel of the whole run an arm has the same style and place: a peer need not be in all.

    Medians stand exactly on their thread count, since moving a steep line aside would look like
    moving it down. So that equal ones show, a later median is smaller than those it may cover.
    """
    arms = whole.compared
    styles = style.styles_of_arms(arms)
    found = []
    for i, arm in enumerate(arms):
        if arm not in run.compared:
            continue
        place, width = place_in_band(i, len(arms))
        found.append(Series(
            name=wording.name_of(arm, whole),
            style=styles[arm],
            place=place,
            width=width,
            median_size=median_size(i, len(arms)),
            trials=tuple(trial for trial in run.arms if trial.arm == arm),
            is_of_many=len(arms) > MOST_TOLD_BY_EYE,
        ))
    return found


def place_in_band(i: int, count: int) -> tuple[float, float]:
    """Middle and width of the part of a band that is the i-th line's of `count`."""
    parts = count + count % 2  # as many on the left of the medians as on the right
    place = (2 * i + 1) / parts - 1
    return (math.copysign(ROOM_OF_MEDIANS + (1 - ROOM_OF_MEDIANS) * abs(place), place),
            (1 - ROOM_OF_MEDIANS) * 2 / parts)


def median_size(i: int, count: int) -> float:
    largest, smallest = MEDIAN_SIZES
    return largest - (largest - smallest) * i / max(count - 1, 1)


def ceiling_of(run: Run, largest: float) -> Ceiling | None:
    """None when the null responder did not run, or gave no number, or was offered a rate.

    largest: what the arms on its scale reach (requests per second)
    """
    measured = [trial for trial in run.ceilings if trial.throughput_per_s is not None]
    if not measured or run.is_open:  # what it reaches then is what it was offered
        return None
    told = comparison.told_median(run.ceilings, throughput_of, run)
    level = told.median if told else statistics.median(map(throughput_of, measured))
    return Ceiling(level, told is not None, largest == 0 or level <= CEILING_IN_VIEW * largest)


def has_no_lines(series: Sequence[Series]) -> bool:
    """Whether many arms have one median each: on one x, they would hide each other."""
    counts = {len(one.medians()) for one in series if one.is_of_many}
    return bool(counts) and max(counts) == 1


def _largest(trials: Sequence[Trial], figure: comparison.Figure) -> float:
    return max((figure(trial) or 0.0 for trial in trials), default=0.0)
