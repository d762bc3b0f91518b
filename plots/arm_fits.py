"""The Universal Scalability Law of each arm: one fit a block, their medians and intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import comparison
import usl
from comparison import Interval, independent, median_interval
from panels import Panel, Series, throughput_of
from run import Run
from trial import Trial


@dataclass(frozen=True)
class ArmFits:
    """Of one arm under one set of conditions.

    fits: block to its fit
    trials: those that were fitted; the intervals are of as many fits as are independent
    """

    series: Series
    fits: dict[int, usl.Fit]
    trials: tuple[Trial, ...]
    coverage: float

    def median_of(self, parameter: str) -> Interval:
        return self.interval_of(lambda fit: getattr(fit, parameter))

    def interval_of(self, figure: Callable[[usl.Fit], float]) -> Interval:
        """Of a figure of each fit."""
        pairs = {trial.block: trial.pair for trial in self.trials}
        return median_interval(
            independent((pairs[block], figure(fit)) for block, fit in self.fits.items()),
            self.coverage)

    @property
    def most_threads(self) -> int:
        """Measured in each of the blocks."""
        return min(fit.most_threads for fit in self.fits.values())

    @property
    def limit(self) -> float:
        return usl.BEYOND_MEASURED * self.most_threads

    def at(self, threads: float) -> Interval:
        return self.interval_of(lambda fit: fit.at(threads))

    @property
    def peak(self) -> Interval | None:
        """None unless all of its interval lies within the limit."""
        found = self.interval_of(lambda fit: fit.peak or math.inf)
        return found if found.high <= self.limit else None

    def residuals(self) -> Iterator[tuple[Trial, float]]:
        """Each trial that was fitted, and how far it lies above its block's fit (a share)."""
        for trial in self.trials:
            yield trial, trial.throughput_per_s / self.fits[trial.block].at(trial.threads) - 1


def fits_of(panel: Panel) -> list[ArmFits]:
    """Of each arm that has a fit in more than half of its blocks.

    All its fits are to the same thread counts: those whose median is told. Fits to whatever is
    valid in each block would differ by what was left out.
    """
    found = []
    for series in panel.series:
        cells = {threads: trials for threads, trials in cells_with_cores(series, panel.run).items()
                 if not comparison.why_no_median(trials, throughput_of)}
        fits, fitted = {}, []
        for block in (blocks := {trial.block for trial in series.trials}):
            trials = [trial for cell in cells.values() for trial in cell
                      if trial.block == block and trial.is_valid]
            fit = (usl.fit(tuple(cells), tuple(map(throughput_of, trials)))
                   if cells and len(trials) == len(cells) else None)
            if fit is not None:
                fits[block] = fit
                fitted += trials
        if len(fits) > comparison.LEAST_SHARE_OF_BLOCKS * len(blocks):
            found.append(ArmFits(series, dict(sorted(fits.items())), tuple(fitted),
                                 comparison.coverage_of(panel.run)))
    return found


def cells_with_cores(series: Series, run: Run) -> dict[int, list[Trial]]:
    """Of thread counts that have a physical core for each thread, the trials."""
    return {threads: trials for threads, trials in series.cells().items()
            if threads <= run.cpu_division.server_physical_cores}
