"""The statistics of harness/ beside SciPy's, on random cases."""

import json
import random
import subprocess
import sys

import pytest
from conftest import BIN, ROOT

sys.path.append(str(ROOT / "build" / "python"))
sys.path.insert(0, str(ROOT / "plots"))
stats = pytest.importorskip(
    "scipy.stats", reason="SciPy of PyPI is not installed (cmake/install_wheels.sh)"
)
np = pytest.importorskip("numpy")

import comparison  # noqa: E402


def ours(questions):
    result = subprocess.run(
        [BIN / "statistics_oracle"],
        input="".join(json.dumps(question) + "\n" for question in questions),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(answers) == len(questions)
    return answers


def random_values(draw, count):
    """Of some distribution; in one of three with many ties."""
    kind = draw.randrange(3)
    if kind == 0:
        return [draw.choice([0.9, 1.0, 1.0, 1.1]) for _ in range(count)]
    if kind == 1:
        return [draw.lognormvariate(0, 0.5) for _ in range(count)]
    return [draw.gauss(1, 0.02) for _ in range(count)]


def test_intervals_of_medians_are_scipys():
    """Counts from 1 to 200, with and without ties, at the coverages of a sweep and others."""
    draw = random.Random(7)
    questions = [
        {
            "function": "median_interval",
            "values": random_values(draw, count),
            "coverage": coverage,
        }
        for count in range(1, 201)
        for coverage in (0.95, 0.99, draw.uniform(0.5, 0.999))
    ]
    intervals = 0
    for question, answer in zip(questions, ours(questions), strict=True):
        values, coverage = question["values"], question["coverage"]
        count = len(values)
        assert answer["median"] == np.median(values)
        # The two-sided interval is what two one-sided ones of half the error leave.
        theirs = stats.quantile_test(values, p=0.5).confidence_interval(coverage)
        if np.isnan(theirs.low) or np.isnan(theirs.high):
            assert answer["coverage"] == 0, question
            assert (answer["low"], answer["high"]) == (min(values), max(values))
            continue
        intervals += 1
        assert (answer["low"], answer["high"]) == (theirs.low, theirs.high), question
        rank = int(stats.binom.ppf((1 - coverage) / 2, count, 0.5))
        exact = stats.binom.cdf(count - rank, count, 0.5) - stats.binom.cdf(rank - 1, count, 0.5)
        assert answer["coverage"] == pytest.approx(exact, abs=1e-12), question
        assert answer["coverage"] >= coverage
    assert intervals > 500


def test_intervals_of_charts_are_those_of_the_sweep():
    draw = random.Random(11)
    questions = [
        {
            "function": "median_interval",
            "values": random_values(draw, draw.randint(1, 60)),
            "coverage": draw.choice([0.95, 0.99, draw.uniform(0.5, 0.999)]),
        }
        for _ in range(500)
    ]
    for question, answer in zip(questions, ours(questions), strict=True):
        chart = comparison.median_interval(question["values"], question["coverage"])
        assert (chart.low, chart.median, chart.high) == (
            answer["low"], answer["median"], answer["high"]), question
        assert chart.coverage == pytest.approx(answer["coverage"], abs=1e-12), question
        assert chart.is_interval == (answer["coverage"] > 0), question


def test_the_fewest_values_are_those_of_which_smallest_to_largest_covers_enough():
    draw = random.Random(8)
    coverages = [0.95, 0.99, *(draw.uniform(0.5, 0.9999) for _ in range(100))]
    answers = ours([{"function": "fewest_for_interval", "coverage": c} for c in coverages])
    for coverage, fewest in zip(coverages, answers, strict=True):
        assert 1 - 2 * stats.binom.pmf(0, fewest, 0.5) >= coverage
        assert 1 - 2 * stats.binom.pmf(0, fewest - 1, 0.5) < coverage


def test_binomial_chances_are_scipys():
    draw = random.Random(9)
    questions = []
    for _ in range(500):
        count = draw.randint(1, 200)
        questions.append(
            {
                "function": "chance_of_at_most",
                "most": draw.randint(0, count),
                "count": count,
                "chance": draw.choice([0, 0.5, draw.uniform(0, 0.5)]),
            }
        )
    for question, answer in zip(questions, ours(questions), strict=True):
        exact = stats.binom.cdf(question["most"], question["count"], question["chance"])
        assert answer == pytest.approx(exact, abs=1e-12), question


def test_the_coverage_of_all_looks_is_that_of_simulated_walks():
    draw = np.random.default_rng(10)
    for counts in ([8, 12, 16, 23, 32], [9, 9, 15, 20, 28], [7, 11, 32]):
        walks = np.cumsum(draw.integers(0, 2, (400_000, counts[-1])), axis=1)
        held = np.ones(len(walks), bool)
        for count in counts:
            rank = int(stats.binom.ppf(0.005, count, 0.5))
            below = walks[:, count - 1]
            held &= (below >= rank) & (below <= count - rank)
        (answer,) = ours([{"function": "coverage_of_looks", "counts": counts}])
        assert answer == pytest.approx(held.mean(), abs=0.001), counts


def smallest_by_scipy(ratios, blocks, coverage):
    """The closed form: quantiles of the deviations at the quantiles of beta distributions."""
    rank = int(stats.binom.ppf((1 - coverage) / 2, blocks, 0.5))
    middle = (blocks + 1) // 2
    edge = stats.beta.ppf(1 - 0.9, rank, blocks - rank + 1)
    below = stats.beta.ppf(1 - 0.8, middle, blocks - middle + 1)
    apart = np.abs(np.log(ratios))
    both = np.quantile(apart, [1 - 2 * edge, 1 - 2 * below], method="weibull")
    beyond = (1 - 2 * edge) * (len(ratios) + 1) > len(ratios)
    return float(np.exp(both.sum())), bool(beyond)


def smallest_questions():
    draw = random.Random(12)
    for _ in range(400):
        yield {
            "function": "smallest_difference",
            "values": [
                draw.lognormvariate(0, draw.choice([0.005, 0.03]))
                for _ in range(draw.randint(1, 60))
            ],
            "blocks": draw.randint(1, 60),
            "coverage": draw.choice([0.95, 0.99]),
        }


def test_the_smallest_difference_is_scipys():
    questions = list(smallest_questions())
    known = 0
    for question, answer in zip(questions, ours(questions), strict=True):
        values, blocks, coverage = question["values"], question["blocks"], question["coverage"]
        if len(values) < 6 or 1 - 2 * stats.binom.pmf(0, blocks, 0.5) < coverage:
            assert answer is None
            continue
        known += 1
        ratio, beyond = smallest_by_scipy(values, blocks, coverage)
        assert answer["ratio"] == pytest.approx(ratio, rel=1e-9), question
        assert answer["is_only_a_bound"] == beyond, question
    assert known > 200


@pytest.mark.parametrize("blocks", [9, 12, 16, 23, 32])
def test_the_smallest_difference_is_shown_in_four_sweeps_of_five(blocks):
    """Straightforwardly: with as many A/A ratios as to know the spread, then sweeps of it.

    In up to nine of ten where the tails are light, since a high edge of the noise and a low median
    seldom meet; what a few A/A ratios do not tell of the spread uses that up (coverage_test.cpp).
    """
    draw = np.random.default_rng(13)
    rank = int(stats.binom.ppf(0.025, blocks, 0.5))
    for spread in (stats.norm(scale=0.02), stats.t(2, scale=0.02), stats.laplace(scale=0.02)):
        known = np.exp(spread.rvs(5_000, random_state=draw))
        (answer,) = ours(
            [
                {
                    "function": "smallest_difference",
                    "values": known.tolist(),
                    "blocks": blocks,
                    "coverage": 0.95,
                }
            ]
        )
        same = np.sort(spread.rvs((20_000, blocks), random_state=draw), axis=1)
        edge = np.maximum(same[:, -rank], -same[:, rank - 1])
        shifted = np.sort(spread.rvs((20_000, blocks), random_state=draw), axis=1)
        shifted += np.log(answer["ratio"])
        median = np.log(np.median(np.exp(shifted), axis=1))
        shown = (shifted[:, rank - 1] > 0) & (median > edge)
        assert 0.78 <= shown.mean() <= 0.93, spread.dist.name
