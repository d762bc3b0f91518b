"""Known parameters are found again, and data without a law promise nothing."""

import random
import warnings

import pytest

import usl
from usl import Fit, fit

if not usl.has_scipy():
    pytest.skip("SciPy of PyPI is not installed (cmake/install_wheels.sh)",
                allow_module_level=True)

COUNTS = (1, 2, 4, 8, 16, 32)


@pytest.fixture(autouse=True)
def warnings_are_errors():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def rates_of(rate, contention, crosstalk, counts=COUNTS):
    law = Fit(rate, contention, crosstalk, max(counts))
    return tuple(law.at(count) for count in counts)


@pytest.mark.parametrize("contention", [0.0, 1e-4, 0.03, 0.4, 1.0])
@pytest.mark.parametrize("crosstalk", [0.0, 1e-5, 1e-3, 0.05])
@pytest.mark.parametrize("rate", [3.0, 123_456.0, 5e6])
def test_exact_data_give_their_parameters(rate, contention, crosstalk):
    found = fit(COUNTS, rates_of(rate, contention, crosstalk))
    assert found.rate == pytest.approx(rate, rel=1e-4)
    assert found.contention == pytest.approx(contention, rel=1e-3, abs=1e-5)
    assert found.crosstalk == pytest.approx(crosstalk, rel=1e-3, abs=1e-6)


@pytest.mark.parametrize("seed", range(20))
def test_noisy_data_give_nearly_their_parameters(seed):
    chance = random.Random(seed)
    counts = (1, 2, 4, 8, 12, 16, 24, 32)
    noisy = tuple(value * chance.gauss(1, 0.01) for value in rates_of(1e5, 0.05, 1e-3, counts))
    found = fit(counts, noisy)
    assert found.rate == pytest.approx(1e5, rel=0.06)
    assert found.contention == pytest.approx(0.05, abs=0.015)
    assert found.crosstalk == pytest.approx(1e-3, abs=2.5e-4)
    assert found.peak == pytest.approx((0.95 / 1e-3) ** 0.5, rel=0.12)


def test_the_peak_is_where_the_curve_is_highest():
    found = fit(COUNTS, rates_of(1e5, 0.02, 0.002))
    curve = {n / 10: found.at(n / 10) for n in range(10, 640)}
    assert found.peak == pytest.approx(max(curve, key=curve.get), abs=0.1)


def test_no_peak_is_told_beyond_twice_what_was_measured():
    assert Fit(1e5, 0.0, 1 / 64**2, 32).peak is None, "it lies at the limit: nothing falls there"
    assert Fit(1e5, 0.0, 1 / 80**2, 32).peak is None
    assert Fit(1e5, 0.0, 1 / 40**2, 32).peak == pytest.approx(40)


FLAT = (1e5,) * 6
SHAPES = {
    "flat": FLAT,
    "linear": tuple(1e5 * count for count in COUNTS),
    "steeper than linear": tuple(1e5 * count**1.2 for count in COUNTS),
    "nearly flat": tuple(1e5 + (-1) ** i for i in range(6)),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_data_without_a_bend_promise_no_peak(shape):
    found = fit(COUNTS, SHAPES[shape])
    assert found is not None and found.peak is None
    assert found.rate > 0 and found.contention >= 0 and found.crosstalk >= 0


def test_what_is_flat_is_all_contention_and_what_is_linear_is_none():
    assert fit(COUNTS, FLAT).contention == pytest.approx(1, abs=1e-3)
    linear = fit(COUNTS, SHAPES["linear"])
    assert linear.contention == pytest.approx(0, abs=1e-4)
    assert linear.crosstalk == pytest.approx(0, abs=1e-5)


def test_what_falls_from_the_first_thread_on_has_its_peak_there():
    found = fit(COUNTS, tuple(1e5 / count for count in COUNTS))
    assert found.peak == pytest.approx(1, abs=0.2)


@pytest.mark.parametrize("values", [
    tuple(random.Random(seed).lognormvariate(0, 3) for _ in COUNTS) for seed in range(40)])
def test_no_data_crash_it(values):
    found = fit(COUNTS, values)
    assert found is None or (found.rate > 0 and found.contention >= 0 and found.crosstalk >= 0)


def test_five_counts_or_a_zero_give_no_fit():
    assert fit(COUNTS[:5], FLAT[:5]) is None
    assert fit((1, 1, 2, 4, 8, 16), FLAT) is None
    assert fit(COUNTS, (0.0, *FLAT[1:])) is None
