"""The Universal Scalability Law (Gunther), fitted to throughput by threads with SciPy.

X(N) = rate N / (1 + contention (N - 1) + crosstalk N (N - 1)): contention (sigma) is the share of
the work that threads do one at a time, crosstalk (kappa) what each pair of them costs.
"""

from __future__ import annotations

import importlib.util
import math
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FEWEST_COUNTS = 6
BEYOND_MEASURED = 2.0  # times the most threads measured: nothing is said of more
LEAST_FALL = 0.01  # share of a peak that is lost beyond it: less is no peak

# Debian's SciPy pulls in another Boost than ours: cmake/install_wheels.sh puts PyPI's there.
INSTALLED = Path(__file__).resolve().parent.parent / "build" / "python"


@dataclass(frozen=True)
class Fit:
    """rate: of one thread that is alone (requests per second)."""

    rate: float
    contention: float
    crosstalk: float
    most_threads: int  # that were measured

    def at(self, threads):
        """Requests per second; of a number or of an array."""
        return (self.rate * threads
                / (1 + self.contention * (threads - 1) + self.crosstalk * threads * (threads - 1)))

    @property
    def limit(self) -> float:
        """Nothing is said beyond it (threads)."""
        return BEYOND_MEASURED * self.most_threads

    @property
    def peak(self) -> float | None:
        """Threads at which it answers most; None where none within the limit stands out.

        On a line without a bend the formula would give one all the same, from rounding alone.
        """
        if self.crosstalk <= 0:
            return None
        threads = max(1.0, math.sqrt(max(1 - self.contention, 0.0) / self.crosstalk))
        if threads > self.limit or self.at(self.limit) > (1 - LEAST_FALL) * self.at(threads):
            return None
        return threads


def has_scipy() -> bool:
    if importlib.util.find_spec("scipy") is None and str(INSTALLED) not in sys.path:
        sys.path.append(str(INSTALLED))  # last: what it brings besides stays the machine's own
    return importlib.util.find_spec("scipy") is not None


@lru_cache(maxsize=4096)
def fit(threads: tuple[int, ...], rates: tuple[float, ...]) -> Fit | None:
    """By least squares of `rates` (requests per second), each parameter within its bounds.

    None with fewer than FEWEST_COUNTS thread counts, with a rate that is not above zero, or where
    the search does not end. Needs has_scipy().
    """
    if len(set(threads)) < FEWEST_COUNTS or min(rates) <= 0:
        return None
    import numpy
    from scipy.optimize import OptimizeWarning, curve_fit

    counts = numpy.array(threads, dtype=float)
    scale = max(rates)  # near 1, so that one tolerance serves every machine
    seen = numpy.array(rates) / scale

    def law(n, rate, contention, crosstalk):
        return rate * n / (1 + contention * (n - 1) + crosstalk * n * (n - 1))

    def slopes(n, rate, contention, crosstalk):
        below = 1 + contention * (n - 1) + crosstalk * n * (n - 1)
        by_rate = n / below
        by_cost = -rate * n / below**2
        return numpy.column_stack((by_rate, by_cost * (n - 1), by_cost * n * (n - 1)))

    try:
        with warnings.catch_warnings():
            # Of a perfect fit it complains that it cannot tell how exact it is: we do not ask.
            warnings.simplefilter("ignore", OptimizeWarning)
            found, _ = curve_fit(law, counts, seen, p0=_start(counts, seen), jac=slopes,
                                 bounds=([1e-12, 0, 0], numpy.inf), ftol=1e-12, xtol=1e-12,
                                 gtol=1e-12, x_scale="jac", max_nfev=2000)
    except RuntimeError:
        return None
    rate, contention, crosstalk = (float(value) for value in found)
    return Fit(rate * scale, contention, crosstalk, max(threads))


def _start(counts, seen) -> Sequence[float]:
    """Near the answer: turned over, N / X is linear in what is to be found.

    Parameters start inside their bounds, as the search needs.
    """
    import numpy

    columns = numpy.column_stack((numpy.ones_like(counts), counts - 1, counts * (counts - 1)))
    weights = seen / counts  # else the slowest counts would decide
    first, *costs = numpy.linalg.lstsq(columns * weights[:, None], counts / seen * weights,
                                       rcond=None)[0]
    if first <= 0:
        return [float(numpy.max(seen / counts)), 0.1, 0.01]
    return [1 / first, *(max(cost / first, 1e-6) for cost in costs)]
