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

// The claim itself: intervals of draws from a skewed distribution hold its median as often as said.
TEST(MedianInterval, CoversTheTrueMedianAsOftenAsItSays) {
  std::mt19937_64 engine(7);
  std::exponential_distribution<double> draw(1.0);
  const double true_median = std::log(2.0);
  constexpr int kSweeps = 20000;
  int covered = 0;
  double promised = 0;
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    std::vector<double> values(9);
    std::generate(values.begin(), values.end(), [&] { return draw(engine); });
    const MedianInterval interval = median_interval(values);
    covered += interval.low <= true_median && true_median <= interval.high ? 1 : 0;
    promised = interval.coverage;
  }
  EXPECT_NEAR(static_cast<double>(covered) / kSweeps, promised, 0.006);
}

}  // namespace
}  // namespace coresweep
