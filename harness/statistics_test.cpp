#include "harness/statistics.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>
#include <random>

namespace coresweep {
namespace {

// 1, 2, ..., count, in no order: a value is then its own rank.
std::vector<double> ranks(std::size_t count) {
  std::vector<double> values(count);
  std::iota(values.begin(), values.end(), 1.0);
  std::shuffle(values.begin(), values.end(), std::mt19937(1));
  return values;
}

TEST(Median, OfOddAndEvenCounts) {
  EXPECT_EQ(median({5}), 5);
  EXPECT_EQ(median({9, 1, 5}), 5);
  EXPECT_EQ(median({9, 1, 5, 7}), 6);
}

// Expected values: sums of binomial coefficients, computed with Python's exact integers.
TEST(CoverageOfRanks, IsTheBinomials) {
  EXPECT_DOUBLE_EQ(coverage_of_ranks(5, 1), 0.9375);
  EXPECT_DOUBLE_EQ(coverage_of_ranks(6, 1), 0.96875);
  EXPECT_DOUBLE_EQ(coverage_of_ranks(8, 1), 0.9921875);
  EXPECT_DOUBLE_EQ(coverage_of_ranks(8, 2), 0.9296875);
  EXPECT_DOUBLE_EQ(coverage_of_ranks(9, 2), 0.9609375);
  EXPECT_NEAR(coverage_of_ranks(32, 10), 0.979938, 1e-6);
  EXPECT_NEAR(coverage_of_ranks(32, 11), 0.949898, 1e-6);
  EXPECT_NEAR(coverage_of_ranks(100, 40), 0.964800, 1e-6);
  EXPECT_NEAR(coverage_of_ranks(1000, 469), 0.953709, 1e-6);
}

TEST(MedianInterval, TakesTheNarrowestPairThatCoversEnough) {
  struct Expected {
    std::size_t count;
    double low;
    double coverage;
  };
  for (const auto& [count, low, coverage] :
       {Expected{6, 1, 0.96875}, Expected{7, 1, 0.984375}, Expected{8, 1, 0.9921875},
        Expected{9, 2, 0.9609375}, Expected{12, 3, 0.961426}, Expected{16, 4, 0.978729},
        Expected{23, 7, 0.965310}, Expected{32, 10, 0.979938}}) {
    const MedianInterval interval = median_interval(ranks(count));
    EXPECT_EQ(interval.low, low) << count;
    EXPECT_EQ(interval.high, static_cast<double>(count) + 1 - low) << count;
    EXPECT_EQ(interval.median, (static_cast<double>(count) + 1) / 2) << count;
    EXPECT_NEAR(interval.coverage, coverage, 1e-6) << count;
    EXPECT_EQ(interval.values, count);
  }
}

TEST(MedianInterval, OfFewerThanSixValuesIsARange) {
  for (std::size_t count = 1; count < kFewestForInterval; ++count) {
    const MedianInterval range = median_interval(ranks(count));
    EXPECT_EQ(range.low, 1);
    EXPECT_EQ(range.high, static_cast<double>(count));
    EXPECT_EQ(range.coverage, 0);
  }
}

TEST(MedianInterval, CoversWithWhatIsWanted) {
  const MedianInterval eight = median_interval(ranks(8), 0.99);
  EXPECT_EQ(eight.low, 1);
  EXPECT_EQ(eight.high, 8);
  EXPECT_DOUBLE_EQ(eight.coverage, 0.9921875);
  const MedianInterval twelve = median_interval(ranks(12), 0.99);
  EXPECT_EQ(twelve.low, 2);
  EXPECT_EQ(twelve.high, 11);
  EXPECT_DOUBLE_EQ(twelve.coverage, 0.99365234375);
  const MedianInterval seven = median_interval(ranks(7), 0.99);
  EXPECT_FALSE(seven.is_interval());
  EXPECT_EQ(seven.high, 7);
  // Exactly what is wanted is enough.
  EXPECT_EQ(median_interval(ranks(5), 0.9375).coverage, 0.9375);
}

TEST(FewestForInterval, IsSixForNinetyFivePercentAndEightForNinetyNine) {
  EXPECT_EQ(fewest_for_interval(0.95), kFewestForInterval);
  EXPECT_EQ(fewest_for_interval(0.99), 8U);
  EXPECT_EQ(fewest_for_interval(0.5), 2U);
  EXPECT_EQ(fewest_for_interval(0.999999), 21U);
}

}  // namespace
}  // namespace coresweep
