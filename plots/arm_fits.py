"""The Universal Scalability Law of each arm: one fit a block, their medians and intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import comparison
import usl
from comparison import Interval, median_interval
from panels import Panel, Series
from run import Run
from trial import Trial


@dataclass(frozen=True)
class ArmFits:
    """Of one arm under one set of conditions. fits: block to its fit."""

    series: Series
    fits: dict[int, usl.Fit]
    coverage: float

    def median_of(self, parameter: str) -> Interval:
        return median_interval((getattr(fit, parameter) for fit in self.fits.values()),
                               self.coverage)

    @property
    def most_threads(self) -> int:
        """Measured in each of the blocks."""
        return min(fit.most_threads for fit in self.fits.values())

    @property
    def limit(self) -> float:
        return usl.BEYOND_MEASURED * self.most_threads

    def at(self, threads: float) -> Interval:
        return median_interval((fit.at(threads) for fit in self.fits.values()), self.coverage)

    @property
    def peak(self) -> Interval | None:
        """None unless all of its interval lies within the limit."""
        found = median_interval((fit.peak or math.inf for fit in self.fits.values()),
                                self.coverage)
        return found if found.high <= self.limit else None

    def residuals(self) -> Iterator[tuple[Trial, float]]:
        """Each trial that was fitted, and how far it lies above its block's fit (a share)."""
        for trial in self.series.trials:
            fit = self.fits.get(trial.block)
            if fit is not None and trial.is_valid and trial.threads <= fit.most_threads:
                yield trial, trial.throughput_per_s / fit.at(trial.threads) - 1


def fits_of(panel: Panel) -> list[ArmFits]:
    """Of each arm that has a fit."""
    found = []
    for series in panel.series:
        blocks: dict[int, list[Trial]] = {}
        for trial in series.trials:
            if is_fitted(trial, panel.run):
                blocks.setdefault(trial.block, []).append(trial)
        fits = {block: usl.fit(*zip(*sorted((trial.threads, trial.throughput_per_s)
                                            for trial in trials)))
                for block, trials in sorted(blocks.items())}
        known = {block: fit for block, fit in fits.items() if fit is not None}
        if known:
            found.append(ArmFits(series, known, comparison.coverage_of(panel.run)))
    return found


def is_fitted(trial: Trial, run: Run) -> bool:
    """Whether it is a result of threads that have a physical core each."""
    return trial.is_valid and trial.threads <= run.cpu_division.server_physical_cores
