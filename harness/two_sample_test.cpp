#include "harness/two_sample.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace coresweep {
namespace {

// Every ratio of a pair, as the definition has it.
std::vector<double> written_down(const std::vector<double>& numerators,
                                 const std::vector<double>& denominators) {
  std::vector<double> ratios;
  for (const double numerator : numerators) {
    for (const double denominator : denominators) {
      ratios.push_back(numerator / denominator);
    }
  }
  std::sort(ratios.begin(), ratios.end());
  return ratios;
}

std::vector<double> drawn(std::mt19937_64& engine, std::size_t count, double factor) {
  std::lognormal_distribution<double> draw(12, 0.1);
  std::vector<double> values(count);
  std::generate(values.begin(), values.end(), [&] { return factor * draw(engine); });
  return values;
}

// Of all equally likely orders of both samples' values, those with so small a rank sum: counted
// one by one with Python's itertools.combinations (tests/compare_test.py holds more against SciPy).
TEST(CoverageOfPairRanks, IsTheRankSums) {
  EXPECT_DOUBLE_EQ(coverage_of_pair_ranks(3, 3, 1), 1 - 2.0 / 20);
  EXPECT_DOUBLE_EQ(coverage_of_pair_ranks(4, 4, 1), 1 - 2.0 / 70);
  EXPECT_DOUBLE_EQ(coverage_of_pair_ranks(4, 4, 2), 1 - 4.0 / 70);
  EXPECT_DOUBLE_EQ(coverage_of_pair_ranks(5, 3, 1), 1 - 2.0 / 56);
  EXPECT_DOUBLE_EQ(coverage_of_pair_ranks(3, 5, 2), 1 - 4.0 / 56);
  EXPECT_NEAR(coverage_of_pair_ranks(9, 9, 18), 1 - 2.0 * 972 / 48620, 1e-12);
  EXPECT_NEAR(coverage_of_pair_ranks(1, 39, 1), 0.95, 1e-12);
}

// Expected values: the same counts in Python's exact integers.
TEST(CoverageOfPairRanks, IsExactAsFarAsItIsCountedAndNearBeyond) {
  EXPECT_NEAR(coverage_of_pair_ranks(23, 32, 254), 0.9498250121484761, 1e-13);
  EXPECT_EQ(kind_of_coverage(100, 100), Coverage::kExact);
  EXPECT_NEAR(coverage_of_pair_ranks(100, 100, 4000), 0.985721220700849, 1e-12);
  EXPECT_NEAR(coverage_of_pair_ranks(100, 100, 4198), 0.9502465595809405, 1e-12);
  EXPECT_EQ(kind_of_coverage(100, 101), Coverage::kApproximate);
  EXPECT_NEAR(coverage_of_pair_ranks(101, 100, 4000), 0.9893655504474447, 3e-4);
  EXPECT_NEAR(coverage_of_pair_ranks(100, 101, 4239), 0.9510904288693982, 3e-4);
  EXPECT_NEAR(coverage_of_pair_ranks(100, 101, 4400), 0.8852064882585658, 3e-4);
}

TEST(TwoSampleRatio, IsAMedianOfAllRatiosBetweenTwoOfThem) {
  std::mt19937_64 engine(3);
  for (const auto& [first, second] :
       {std::pair{4U, 4U}, {5U, 4U}, {9U, 9U}, {6U, 13U}, {40U, 2U}, {30U, 31U}, {101U, 100U}}) {
    const auto numerators = drawn(engine, first, 1.5);
    const auto denominators = drawn(engine, second, 1);
    const auto ratios = written_down(numerators, denominators);
    const RatioInterval found = two_sample_ratio(numerators, denominators);
    ASSERT_TRUE(found.is_interval()) << first << " and " << second;
    const auto low = std::lower_bound(ratios.begin(), ratios.end(), found.low);
    ASSERT_EQ(*low, found.low);
    const auto rank = static_cast<std::size_t>(low - ratios.begin()) + 1;
    EXPECT_EQ(ratios[ratios.size() - rank], found.high);
    EXPECT_EQ(found.coverage, coverage_of_pair_ranks(first, second, rank));
    EXPECT_GE(found.coverage, 0.95);
    EXPECT_LT(coverage_of_pair_ranks(first, second, rank + 1), 0.95);
    const std::size_t middle = ratios.size() / 2;
    EXPECT_DOUBLE_EQ(found.ratio, ratios.size() % 2 == 1
                                      ? ratios[middle]
                                      : std::sqrt(ratios[middle - 1] * ratios[middle]));
  }
}

TEST(TwoSampleRatio, OfTooFewValuesIsARange) {
  for (const auto& [first, second] : {std::pair{1U, 1U}, {3U, 3U}, {4U, 3U}, {2U, 7U}, {1U, 38U}}) {
    std::mt19937_64 engine(first);
    const auto numerators = drawn(engine, first, 1);
    const auto denominators = drawn(engine, second, 1);
    const auto ratios = written_down(numerators, denominators);
    const RatioInterval found = two_sample_ratio(numerators, denominators);
    EXPECT_FALSE(found.is_interval());
    EXPECT_FALSE(found.is_shown());
    EXPECT_EQ(found.coverage, 0);
    EXPECT_EQ(found.low, ratios.front());
    EXPECT_EQ(found.high, ratios.back());
  }
}

TEST(TwoSampleRatio, HoldsOfEqualAndOfExtremeValues) {
  const std::vector<double> same(9, 400'000);
  const RatioInterval one = two_sample_ratio(same, same);
  EXPECT_EQ(one.low, 1);
  EXPECT_EQ(one.ratio, 1);
  EXPECT_EQ(one.high, 1);
  EXPECT_FALSE(one.is_shown());
  const RatioInterval far = two_sample_ratio({1e-9, 1e18, 1e18, 1e18}, {1e-9, 1e-9, 1e-9, 1e18});
  EXPECT_EQ(far.low, 1e-9 / 1e18);
  EXPECT_EQ(far.high, 1e18 / 1e-9);
}

TEST(TwoSampleRatio, OfAHundredThousandValuesEachTakesNoTime) {
  std::mt19937_64 engine(5);
  const RatioInterval found =
      two_sample_ratio(drawn(engine, 100'000, 1.01), drawn(engine, 100'000, 1));
  EXPECT_EQ(found.kind, Coverage::kApproximate);
  EXPECT_NEAR(found.coverage, 0.95, 1e-6);
  EXPECT_NEAR(found.ratio, 1.01, 0.002);
  EXPECT_NEAR(found.high - found.low, 2 * 1.96 * 0.1 * std::sqrt(2e-5) * 1.023, 2e-4);
}

// The claim itself: the true factor of two skewed samples lies inside as often as is said.
TEST(TwoSampleRatio, CoversTheTrueFactorAsOftenAsItSays) {
  std::mt19937_64 engine(7);
  std::exponential_distribution<double> draw(1.0);
  constexpr int kComparisons = 20'000;
  constexpr double kFactor = 1.3;
  int covered = 0;
  double promised = 0;
  for (int i = 0; i < kComparisons; ++i) {
    std::vector<double> numerators(9);
    std::vector<double> denominators(7);
    std::generate(numerators.begin(), numerators.end(), [&] { return kFactor * draw(engine); });
    std::generate(denominators.begin(), denominators.end(), [&] { return draw(engine); });
    const RatioInterval found = two_sample_ratio(numerators, denominators);
    covered += found.low <= kFactor && kFactor <= found.high ? 1 : 0;
    promised = found.coverage;
  }
  EXPECT_NEAR(static_cast<double>(covered) / kComparisons, promised, 0.006);
}

}  // namespace
}  // namespace coresweep
