#include "support/histogram.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <initializer_list>
#include <random>
#include <tuple>
#include <vector>

namespace coresweep {
namespace {

Histogram of(std::initializer_list<std::uint64_t> values) {
  Histogram histogram;
  for (const std::uint64_t value : values) {
    histogram.record(value);
  }
  return histogram;
}

TEST(Histogram, ComesBackWithItsExactMeanAndMaximum) {
  for (const Histogram& histogram :
       {of({5}), of({0, 0}), of({2'047, 2'048}), of({5'001, 70'003, 1'234'567, 1'234'568}),
        of({Histogram::kHighest}), of({1, Histogram::kHighest, Histogram::kHighest})}) {
    const Histogram read(histogram.counts(), histogram.mean(), histogram.max());
    EXPECT_EQ(read.max(), histogram.max());
    EXPECT_EQ(read.mean(), histogram.mean());
  }
}

// 1,234,567 lies in a bucket from 1,233,920 (1,205 * 1,024) to 1,234,943.
TEST(Histogram, TakesNoMeanOrMaximumThatItsCountsRuleOut) {
  const Histogram histogram = of({5, 1'234'567});
  for (const auto& [mean, max, becomes] :
       {std::tuple(1e308, 1'000'000'000'000'000'000UL, 1'234'943UL), {1e308, ~0UL, 1'234'943UL},
        {0.0, 1UL, 1'233'920UL}, {0.0, 0UL, 1'233'920UL}}) {
    const Histogram read(histogram.counts(), mean, max);
    EXPECT_EQ(read.max(), becomes);
    EXPECT_EQ(read.mean(), static_cast<double>(5 + becomes) / 2);
    EXPECT_EQ(read.counts().size(), histogram.counts().size());
  }
  EXPECT_EQ(Histogram({}, 1e308, ~std::uint64_t{0}).max(), 0U);
  EXPECT_EQ(Histogram({}, 1e308, ~std::uint64_t{0}).counts().size(), 0U);
}

TEST(Histogram, OfMoreThanASumHasRoomForStaysWithinIt) {
  std::vector<std::uint64_t> counts(Histogram::kBuckets);
  counts.back() = std::uint64_t{1} << 52;
  const Histogram read(counts, 1e11, Histogram::kHighest);
  EXPECT_EQ(read.mean(), 0x1p63 / 0x1p52);
}

TEST(Histogram, EmptyHasNothingToSay) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.mean(), 0.0);
  EXPECT_EQ(histogram.max(), 0U);
  EXPECT_EQ(histogram.percentile(50), 0U);
}

TEST(Histogram, KeepsThreeDigitsOfEveryMagnitude) {
  for (const double start : {1e0, 1e2, 1e3, 2e3, 1e4, 1e6, 1e9, 9e10}) {
    for (int step = 0; step < 100; ++step) {
      const auto value = static_cast<std::uint64_t>(start * (1 + 0.001 * step));
      Histogram histogram;
      histogram.record(value);
      histogram.record(Histogram::kHighest);  // so that max() does not hide the bucket's width
      const auto read = static_cast<double>(histogram.percentile(50));
      EXPECT_GE(read, static_cast<double>(value));
      EXPECT_LE(read, static_cast<double>(value) * 1.001) << value;
    }
  }
}

TEST(Histogram, PercentilesAreThoseOfTheSortedValues) {
  std::mt19937_64 random(7);
  std::lognormal_distribution<double> latency(12, 2);
  std::vector<std::uint64_t> values;
  Histogram histogram;
  double sum = 0;
  for (int i = 0; i < 100'000; ++i) {
    values.push_back(static_cast<std::uint64_t>(latency(random)));
    histogram.record(values.back());
    sum += static_cast<double>(values.back());
  }
  std::sort(values.begin(), values.end());
  for (const int rank : {1, 1'000, 50'000, 90'000, 99'000, 99'900, 100'000}) {
    const double percent = rank / 1'000.0;
    const auto exact = static_cast<double>(values[static_cast<std::size_t>(rank) - 1]);
    const auto read = static_cast<double>(histogram.percentile(percent));
    EXPECT_GE(read, exact) << percent;
    EXPECT_LE(read, exact * 1.001 + 1) << percent;
  }
  EXPECT_EQ(histogram.max(), values.back());
  EXPECT_NEAR(histogram.mean(), sum / 100'000, 1e-6 * histogram.mean());
}

TEST(Histogram, MergingIsRecordingAllInOne) {
  Histogram all;
  Histogram a;
  Histogram b;
  for (std::uint64_t value = 1; value < 1'000'000; value = value * 3 / 2 + 1) {
    all.record(value);
    (value % 2 == 0 ? a : b).record(value);
  }
  a.merge(b);
  EXPECT_EQ(a.count(), all.count());
  EXPECT_EQ(a.max(), all.max());
  EXPECT_EQ(a.mean(), all.mean());
  for (double percent = 1; percent <= 100; ++percent) {
    EXPECT_EQ(a.percentile(percent), all.percentile(percent));
  }
}

TEST(Histogram, WhatIsBeyondTheRangeCountsAtItsEnd) {
  Histogram histogram;
  histogram.record(Histogram::kHighest * 50);
  EXPECT_EQ(histogram.max(), Histogram::kHighest);
  EXPECT_EQ(histogram.percentile(100), Histogram::kHighest);
}

}  // namespace
}  // namespace coresweep
