"""Two cells of a run held against each other, as the sweep itself does it (harness/block_ratio).

Ratios are taken within a block, of trials that ran back to back; their median has the
distribution-free interval of order statistics. Of a fleet each pair of hosts counts once. What is
smaller than the A/A arm's own interval is no difference shown.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from run import Run
from trial import Arm, Conditions, Trial
from wording import counted

USUAL_COVERAGE = 0.95
COVERAGE_OF_A_LOOK = 0.99  # with --until-ci, so that all looks together keep 95 %
EXTERNAL = {"noisy_host", "lost_host"}  # verdicts that do not depend on what is to be answered
LEAST_SHARE_OF_BLOCKS = 0.5
P99_NOT_KNOWN = "p99 not known"
NOT_KNOWN = "figure not known"  # or it is 0

Figure = Callable[[Trial], "float | None"]


@dataclass(frozen=True)
class Interval:
    """Of a median. coverage: exact; 0 where low to high is a mere range of too few values.

    promised: of all looks of a sweep together, where one look's interval covers more; else coverage
    """

    low: float
    median: float
    high: float
    coverage: float
    values: int
    promised: float = 0.0

    @property
    def is_interval(self) -> bool:
        return self.coverage > 0

    def contains(self, value: float) -> bool:
        return self.low <= value <= self.high

    def text(self, number: Callable[[float], str] = "{:.2f}".format, unit: str = "") -> str:
        if self.values == 1:  # it has no ends
            return f"{number(self.median)}{unit}"
        ends = f"{number(self.low)}\N{EN DASH}{number(self.high)}"
        return f"{number(self.median)}{unit} ({ends}, {self.kind})"

    @property
    def kind(self) -> str:
        """Such as "96.1 % interval"."""
        covers = self.promised or self.coverage
        return f"{100 * covers:.1f} % interval" if self.is_interval else "a range"


def coverage_of_ranks(count: int, rank: int) -> float:
    """That the median lies between the rank-th smallest and largest of `count`: the binomial's."""
    return 1 - 2 * sum(math.comb(count, i) for i in range(rank)) / 2**count


@lru_cache(maxsize=None)
def rank_of_interval(count: int, coverage: float) -> int:
    """The highest rank that covers with `coverage`; 0 when not even smallest to largest does."""
    rank = 0
    while 2 * (rank + 1) <= count and coverage_of_ranks(count, rank + 1) >= coverage:
        rank += 1
    return rank


def median_interval(values: Iterable[float], coverage: float = USUAL_COVERAGE) -> Interval | None:
    """None of no values."""
    ordered = sorted(values)
    if not ordered:
        return None
    rank = rank_of_interval(len(ordered), coverage)
    low, high = max(rank, 1) - 1, len(ordered) - max(rank, 1)
    exact = coverage_of_ranks(len(ordered), rank) if rank else 0.0
    # A sweep that ends when it is sure looks often: all looks together keep the usual coverage.
    promised = USUAL_COVERAGE if rank and coverage == COVERAGE_OF_A_LOOK else exact
    return Interval(ordered[low], statistics.median(ordered), ordered[high], exact, len(ordered),
                    promised)


def independent(values: Iterable[tuple[str | None, float]],
                middle: Callable[[Sequence[float]], float] = statistics.median) -> list[float]:
    """As many as there is independent evidence, of values and the pair of hosts of each, or None.

    Blocks of one pair share its machines: it counts once, with the middle of its values
    (harness/paired_figures).
    """
    found: dict[str | int, list[float]] = {}
    for number, (pair, value) in enumerate(values):
        found.setdefault(number if pair is None else pair, []).append(value)
    return [middle(own) for own in found.values()]


def median_of(trials: Iterable[Trial], figure: Figure) -> float:
    """The median of what is independent. Every trial has the figure."""
    return statistics.median(independent((trial.pair, figure(trial)) for trial in trials))


def middle_ratio(ratios: Sequence[float]) -> float:
    """Of two the geometric mean, so that a ratio and its reverse say the same."""
    low, high = statistics.median_low(ratios), statistics.median_high(ratios)
    return low if low == high else math.sqrt(low) * math.sqrt(high)


@dataclass(frozen=True)
class Ratio:
    """One value a block in which both are valid.

    verdicts: of both cells' trials, to how many
    pairs: of hosts, on which these blocks were, and of which the interval is; 0: it is no fleet's
    noise: how far the same arm lay from itself, as a factor such as 1.03: what lies between it and
        its reciprocal is noise; None where it is not known
    """

    values: tuple[float, ...]
    blocks: int
    verdicts: Counter
    interval: Interval | None
    noise: float | None
    pairs: int = 0

    @property
    def selects(self) -> bool:
        """Leaving out blocks for a verdict that depends on the answer would select it."""
        return any(name not in EXTERNAL for name in self.verdicts)

    @property
    def is_refused(self) -> bool:
        return self.selects or len(self.values) <= LEAST_SHARE_OF_BLOCKS * self.blocks

    @property
    def refusal(self) -> str:
        """Why nothing may be said; only when it is refused."""
        verdicts = ", ".join(f"{name} {count}" for name, count in sorted(self.verdicts.items()))
        return (f"{len(self.values)} of {self.blocks} blocks have both valid"
                + (f" ({verdicts})" if verdicts else ""))

    @property
    def shows_difference(self) -> bool:
        """Whether its interval leaves out 1, and its median lies beyond the noise.

        A mere range shows none: one block's never contains 1, nor do half of two blocks' that are
        alike.
        """
        if self.is_refused or not self.interval.is_interval or self.interval.contains(1.0):
            return False
        return self.noise is None or not 1 / self.noise <= self.interval.median <= self.noise

    @property
    def where(self) -> str:
        """Such as " on 12 pairs"; empty but of a fleet."""
        return f" on {counted(self.pairs, 'pair')}" if self.pairs else ""

    def text(self) -> str:
        """Such as "1.42x (1.30–1.55, 96.1 % interval) over 9 blocks", or why there is none."""
        if self.is_refused:
            return f"no ratio: {self.refusal}"
        count = len(self.values)
        blocks = "in the one block" if count == 1 else f"over {count} blocks{self.where}"
        shown = "" if self.shows_difference else ": no difference shown"
        if not self.interval.is_interval and not self.interval.contains(1.0):
            shown += f" (too few {'pairs' if self.pairs else 'blocks'} for an interval)"
        return f"{self.interval.text(unit='x')} {blocks}{shown}"


def compared_figure(trial: Trial) -> float | None:
    """Requests per second; at an offered rate, which every arm answers, p99 from due (ns)."""
    if not trial.is_open:
        return trial.throughput_per_s
    return trial.latency.p99 if trial.latency else None


def ratio_of(over: Sequence[Trial], under: Sequence[Trial], run: Run,
             figure: Figure = compared_figure, noise: float | None = None) -> Ratio:
    """Of one cell's trials over another's; those that count (no superseded ones)."""
    verdicts: Counter = Counter()

    def known(trials: Sequence[Trial]) -> dict[int, Trial]:
        found = {}
        for trial in trials:
            if trial.is_valid and (figure(trial) or 0) > 0:
                found[trial.block] = trial
            elif trial.is_valid:
                is_p99 = figure is compared_figure and trial.is_open
                verdicts[P99_NOT_KNOWN if is_p99 else NOT_KNOWN] += 1
            verdicts.update(trial.faults)
        return found

    numerators, denominators = known(over), known(under)
    found = [(trial.pair, figure(trial) / figure(denominators[block]))
             for block, trial in sorted(numerators.items())
             if block in denominators and ran_beside(trial, denominators[block])]
    interval = median_interval(independent(found, middle_ratio), coverage_of(run))
    return Ratio(tuple(value for _, value in found), blocks_of(run), verdicts, interval, noise,
                 len({pair for pair, _ in found} - {None}))


def told_median(trials: Sequence[Trial], figure: Figure, run: Run) -> Interval | None:
    """Of one cell's trials, by the rule that ratios keep. None where it would be of chosen ones.

    why_no_median says why.
    """
    values = [(trial.pair, figure(trial)) for trial in trials if trial.is_valid]
    if why_no_median(trials, figure) or not values:
        return None
    return median_interval(independent(values), coverage_of(run))


def why_no_median(trials: Sequence[Trial], figure: Figure) -> str:
    """Such as "no median: 1 of 6 valid (client_late 5)"; empty where there is one, or no trial.

    A verdict that depends on what is measured selects, half of the blocks are too few, and a
    figure that one valid block does not know is its slowest.
    """
    verdicts = Counter(name for trial in trials for name in trial.faults)
    valid = [trial for trial in trials if trial.is_valid]
    if set(verdicts) - EXTERNAL or (trials and len(valid) <= LEAST_SHARE_OF_BLOCKS * len(trials)):
        told = ", ".join(f"{name} {count}" for name, count in sorted(verdicts.items()))
        return f"no median: {len(valid)} of {len(trials)} valid ({told})"
    unknown = sum(figure(trial) is None for trial in valid)
    return f"no median: not known in {unknown} of {len(trials)}" if unknown else ""


def ran_beside(one: Trial, other: Trial) -> bool:
    """Back to back: not with an attempt that was not run again for both, nor across a stop."""
    return (one.attempt, one.session) == (other.attempt, other.session)


def coverage_of(run: Run) -> float:
    return COVERAGE_OF_A_LOOK if run.until_ci else USUAL_COVERAGE


def blocks_of(run: Run) -> int:
    """As planned, or fewer where the sweep ended at a look."""
    return run.blocks_ended or run.blocks_planned


def trials_at(run: Run, arm: Arm, threads: int, conditions: Conditions,
              role: str = "arm") -> tuple[Trial, ...]:
    """Of one cell, those that count."""
    return tuple(trial for trial in run.of_role(role) if trial.arm == arm
                 and trial.threads == threads and trial.conditions == conditions)


def beside_itself(run: Run, figure: Figure = compared_figure) -> Ratio | None:
    """The A/A arm over the arm that it repeats. None without an A/A arm."""
    same = run.of_role("aa")
    if not same:
        return None
    return ratio_of(same, [trial for trial in run.of_role("arm") if trial.cell == same[0].cell],
                    run, figure)


def noise_of(run: Run, figure: Figure = compared_figure) -> float | None:
    """How far the headline's arm lay from itself (Ratio.noise). None without an A/A arm."""
    same = beside_itself(run, figure)
    if same is None or same.is_refused:
        return None
    return max(1.0, same.interval.high, 1 / same.interval.low)


def noise_cell(run: Run) -> tuple[int, Conditions] | None:
    """Threads and conditions at which an arm ran beside itself. None where none did."""
    same = run.of_role("aa")
    return (same[0].threads, same[0].conditions) if same else None


def cell_told(run: Run, is_told: Callable[[Trial], bool], fewest: int = 1,
              ) -> tuple[int, Conditions] | None:
    """Threads and conditions to tell one thing of every arm at: the headline's, if anything is
    told there, else the first conditions, and the most threads with a valid trial that tells it,
    or with any. At least `fewest` threads.
    """
    told = [trial for trial in run.arms if trial.threads >= fewest and is_told(trial)]
    cells = {(trial.threads, trial.conditions) for trial in told}
    if run.headline and (run.headline.threads, run.headline.conditions) in cells:
        return run.headline.threads, run.headline.conditions
    asked = next((one for one in [*([run.headline.conditions] if run.headline else []),
                                  *run.conditions]
                  if any(trial.conditions == one for trial in told)), None)
    here = [trial for trial in told if trial.conditions == asked]
    best = [trial for trial in here if trial.is_valid] or here
    return (max(trial.threads for trial in best), asked) if best else None


def headline_ratio(run: Run, threads: int | None = None,
                   conditions: Conditions | None = None) -> Ratio | None:
    """The headline's, or the same comparison at other threads or conditions.

    None where the run compares nothing, or has no trial of one side there.
    """
    if run.headline is None:
        return None
    at = (threads or run.headline.threads, conditions or run.headline.conditions)
    over, under = (trials_at(run, arm, *at) for arm in (run.headline.over, run.headline.under))
    return ratio_of(over, under, run, noise=noise_of(run)) if over and under else None
