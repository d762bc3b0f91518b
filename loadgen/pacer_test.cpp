#include "loadgen/pacer.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace coresweep {
namespace {

constexpr std::int64_t kStart = 1'000'000'000'000;

std::vector<std::int64_t> due_times(Pacer pacer, int count) {
  std::vector<std::int64_t> times;
  for (int i = 0; i < count; ++i) {
    times.push_back(pacer.next_due());
    pacer.advance();
  }
  return times;
}

// All shares' requests of the first `seconds`, in the order of time.
std::vector<std::int64_t> together(Arrivals arrivals, double rate, std::uint32_t shares,
                                   double seconds, std::uint64_t seed = 1) {
  std::vector<std::int64_t> all;
  for (std::uint32_t i = 0; i < shares; ++i) {
    Pacer pacer(arrivals, rate, kStart, {i, shares}, seed);
    for (; pacer.next_due() < kStart + static_cast<std::int64_t>(seconds * 1e9); pacer.advance()) {
      all.push_back(pacer.next_due());
    }
  }
  std::sort(all.begin(), all.end());
  return all;
}

TEST(Pacer, ConstantIsEvenAndDoesNotDrift) {
  for (const double rate : {10.0, 3.0, 1e6, 999'983.0}) {
    Pacer pacer(Arrivals::constant, rate, kStart, {}, 1);
    for (int k = 0; k < 3'000'000; ++k, pacer.advance()) {
      const auto exact = static_cast<double>(k) * 1e9L / static_cast<long double>(rate);
      ASSERT_NEAR(static_cast<double>(pacer.next_due() - kStart), static_cast<double>(exact), 1.0)
          << rate << ' ' << k;
    }
  }
}

TEST(Pacer, SharesOfAConstantRateTakeTurns) {
  const auto one = together(Arrivals::constant, 30'000, 1, 2);
  const auto seven = together(Arrivals::constant, 30'000, 7, 2);
  ASSERT_EQ(one.size(), 60'000U);
  ASSERT_EQ(seven.size(), one.size());
  for (std::size_t i = 0; i < one.size(); ++i) {
    ASSERT_NEAR(static_cast<double>(seven[i] - one[i]), 0.0, 1.0);
  }
}

TEST(Pacer, WhatIsSkippedIsCountedAsIfItWereDrawn) {
  for (const double rate : {30.0, 999'983.0, 1e8}) {
    Pacer drawn(Arrivals::constant, rate, kStart, {2, 3}, 1);
    Pacer skipping = drawn;
    for (const std::int64_t until : {1LL, 5LL, 33'333'333LL, 33'333'334LL, 100'000'000LL}) {
      std::uint64_t count = 0;
      for (; drawn.next_due() < kStart + until; drawn.advance()) {
        ++count;
      }
      ASSERT_EQ(skipping.skip_until(kStart + until), count) << rate << ' ' << until;
      ASSERT_EQ(skipping.next_due(), drawn.next_due()) << rate << ' ' << until;
    }
  }
}

TEST(Pacer, SkippedPoissonArrivalsAreAsManyAsTheRateSays) {
  Pacer pacer(Arrivals::poisson, 1e8, kStart, {}, 1);
  for (std::int64_t second = 1; second <= 100; ++second) {
    const std::int64_t until = kStart + second * 1'000'000'000;
    ASSERT_NEAR(static_cast<double>(pacer.skip_until(until)), 1e8, 5 * 1e4);
    ASSERT_GE(pacer.next_due(), until);
    ASSERT_LT(pacer.next_due(), until + 1'000);
    ASSERT_EQ(pacer.skip_until(until), 0U);
  }
}

// Kolmogorov and Smirnov's distance of the gaps from the exponential distribution: above
// 1.63 / sqrt(n) in one sample of a hundred. The seeds are fixed, so it is not a matter of luck.
double distance_from_exponential(const std::vector<std::int64_t>& times, double rate) {
  std::vector<double> gaps;
  for (std::size_t i = 1; i < times.size(); ++i) {
    gaps.push_back(static_cast<double>(times[i] - times[i - 1]) * rate / 1e9);
  }
  std::sort(gaps.begin(), gaps.end());
  double distance = 0;
  const auto count = static_cast<double>(gaps.size());
  for (std::size_t i = 0; i < gaps.size(); ++i) {
    const double expected = 1 - std::exp(-gaps[i]);
    distance = std::max({distance, std::abs(expected - static_cast<double>(i) / count),
                         std::abs(expected - static_cast<double>(i + 1) / count)});
  }
  return distance * std::sqrt(count);
}

TEST(Pacer, PoissonsGapsAreExponentialForOneThreadAndForAllTogether) {
  for (const std::uint32_t shares : {1U, 2U, 16U}) {
    // At a low rate the whole nanoseconds do not show in the gaps.
    const auto times = together(Arrivals::poisson, 1'000, shares, 100, 7);
    EXPECT_NEAR(static_cast<double>(times.size()), 100'000, 4 * std::sqrt(100'000)) << shares;
    EXPECT_LT(distance_from_exponential(times, 1'000), 1.63) << shares;
  }
}

TEST(Pacer, PoissonsCountsVaryAsTheirMean) {
  const auto times = together(Arrivals::poisson, 100'000, 3, 10, 9);
  constexpr int kSlots = 1'000;  // 10 ms, of 1,000 each
  std::vector<double> counts(kSlots);
  for (const std::int64_t time : times) {
    ++counts[static_cast<std::size_t>((time - kStart) / 10'000'000)];
  }
  double squares = 0;
  for (const double count : counts) {
    squares += (count - 1'000) * (count - 1'000) / 1'000;
  }
  // Chi-squared with 1,000 degrees of freedom: within four standard deviations.
  EXPECT_NEAR(squares, kSlots, 4 * std::sqrt(2.0 * kSlots));
}

TEST(Pacer, AMeanThatIsNotAsAskedWouldBeSeen) {
  const auto times = together(Arrivals::poisson, 1'020, 1, 100, 7);
  EXPECT_GT(distance_from_exponential(times, 1'000), 1.63);
}

TEST(Pacer, ASeedIsARunAndSharesDifferInIt) {
  const Pacer first(Arrivals::poisson, 1'000, kStart, {0, 2}, 5);
  EXPECT_EQ(due_times(first, 100),
            due_times(Pacer(Arrivals::poisson, 1'000, kStart, {0, 2}, 5), 100));
  EXPECT_NE(due_times(first, 100),
            due_times(Pacer(Arrivals::poisson, 1'000, kStart, {1, 2}, 5), 100));
  EXPECT_NE(due_times(first, 100),
            due_times(Pacer(Arrivals::poisson, 1'000, kStart, {0, 2}, 6), 100));
}

}  // namespace
}  // namespace coresweep
