#include "harness/capacity_search.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace coresweep {
namespace {

using testing::ElementsAre;

// Runs a search whose trials `held` answers, and returns the rates that were asked for.
template <typename Held>
std::vector<std::int64_t> rates_of(CapacitySearch& search, Held held) {
  std::vector<std::int64_t> rates;
  while (const auto rate = search.next_rate()) {
    rates.push_back(*rate);
    search.add(*rate, held(*rate));
  }
  return rates;
}

auto holds_up_to(std::int64_t capacity) {
  return
      [capacity](std::int64_t rate) { return rate <= capacity ? RateHeld::kYes : RateHeld::kNo; };
}

CapacitySearchOptions from(std::int64_t first) {
  CapacitySearchOptions options;
  options.first_per_s = first;
  return options;
}

TEST(CapacitySearch, FindsTheHighestRateThatIsHeld) {
  for (const std::int64_t capacity : {900, 5'000, 41'234, 80'000, 100'000, 123'456, 180'000}) {
    CapacitySearch search(from(capacity * 11 / 10));
    const auto rates = rates_of(search, holds_up_to(capacity));
    const FoundCapacity found = search.result();
    EXPECT_EQ(found.end, SearchEnd::kConfirmed);
    EXPECT_TRUE(found.is_confirmed);
    EXPECT_LE(found.held_per_s, capacity);
    EXPECT_GT(*found.bracket_high_per_s, capacity);
    EXPECT_LE(static_cast<double>(*found.bracket_high_per_s),
              1.02 * static_cast<double>(found.held_per_s) + 1);
    EXPECT_EQ(static_cast<std::size_t>(found.trials), rates.size());
    EXPECT_LE(rates.size(), 8U);
    // The last trial was at what is said to be held.
    EXPECT_EQ(rates.back(), found.held_per_s);
  }
}

TEST(CapacitySearch, ABadHintCostsTrialsAndNoTruth) {
  for (const std::int64_t first : {6'000, 25'000, 400'000}) {
    CapacitySearchOptions options = from(first);
    options.most_trials = 30;
    CapacitySearch search(options);
    const auto rates = rates_of(search, holds_up_to(100'000));
    EXPECT_EQ(search.result().end, SearchEnd::kConfirmed);
    EXPECT_GT(search.result().held_per_s, 98'000);
    EXPECT_LE(search.result().held_per_s, 100'000);
    EXPECT_LE(rates.size(), 16U);
  }
}

TEST(CapacitySearch, GoesUpAndDownInGrowingStrides) {
  CapacitySearch down(from(100'000));
  const auto falling = rates_of(down, holds_up_to(0));
  ASSERT_GE(falling.size(), 4U);
  EXPECT_THAT(std::vector(falling.begin(), falling.begin() + 4),
              ElementsAre(100'000, 80'000, 51'200, 20'971));
  EXPECT_EQ(falling.back(), 1);
  EXPECT_EQ(down.result().end, SearchEnd::kNothingHeld);
  EXPECT_EQ(down.result().held_per_s, 0);
  EXPECT_FALSE(down.result().is_confirmed);
  EXPECT_EQ(capacity_text(down.result()), "nothing held, not 1/s; 7 trials");

  CapacitySearch up(from(1'000'000));
  const auto rising = rates_of(up, holds_up_to(1'000'000'000));
  EXPECT_EQ(up.result().end, SearchEnd::kHighestHeld);
  EXPECT_EQ(up.result().held_per_s, 100'000'000);
  EXPECT_TRUE(up.result().is_confirmed);
  EXPECT_EQ(up.result().bracket_high_per_s, std::nullopt);
  EXPECT_EQ(capacity_text(up.result()),
            "holds 100,000,000/s (held twice); 7 trials, the highest rate there is to ask for");
}

TEST(CapacitySearch, SmallRatesEndAtNeighbours) {
  for (std::int64_t capacity = 1; capacity <= 30; ++capacity) {
    CapacitySearch search(from(7));
    const auto rates = rates_of(search, holds_up_to(capacity));
    EXPECT_EQ(search.result().held_per_s, capacity);
    EXPECT_EQ(search.result().bracket_high_per_s, capacity + 1);
    EXPECT_EQ(search.result().end, SearchEnd::kConfirmed) << capacity;
  }
}

TEST(CapacitySearch, AFirstRateAboveTheHighestIsTheHighest) {
  CapacitySearchOptions options = from(5'000);
  options.highest_per_s = 3'000;
  CapacitySearch search(options);
  EXPECT_THAT(rates_of(search, holds_up_to(4'000)), ElementsAre(3'000, 3'000));
  EXPECT_EQ(search.result().end, SearchEnd::kHighestHeld);
}

TEST(CapacitySearch, ARateThatHeldByLuckIsLeftForLowerOnes) {
  // 100,000 holds the first time it is asked for, and never again; 99,000 always.
  int asked = 0;
  CapacitySearch search(from(100'000));
  const auto rates = rates_of(search, [&asked](std::int64_t rate) {
    return rate <= 99'000 || (rate == 100'000 && ++asked == 1) ? RateHeld::kYes : RateHeld::kNo;
  });
  EXPECT_EQ(std::count(rates.begin(), rates.end(), 100'000), 2);
  EXPECT_EQ(search.result().end, SearchEnd::kConfirmed);
  EXPECT_LE(search.result().held_per_s, 99'000);
  EXPECT_GT(search.result().held_per_s, 97'000);
  EXPECT_LE(*search.result().bracket_high_per_s, 100'000);
}

TEST(CapacitySearch, ANoisyTrialIsAskedForAgainAndToldNothing) {
  int noisy = 0;
  CapacitySearch search(from(50'000));
  const auto rates = rates_of(search, [&noisy](std::int64_t rate) {
    return ++noisy <= 6 ? RateHeld::kNoisy : holds_up_to(45'000)(rate);
  });
  EXPECT_TRUE(std::all_of(rates.begin(), rates.begin() + 7,
                          [](std::int64_t rate) { return rate == 50'000; }));
  EXPECT_EQ(search.result().end, SearchEnd::kConfirmed);
  EXPECT_EQ(search.result().noisy_trials, 6);

  CapacitySearch spoilt(from(50'000));
  EXPECT_EQ(rates_of(spoilt, [](std::int64_t) { return RateHeld::kNoisy; }).size(), 7U);
  EXPECT_EQ(spoilt.result().end, SearchEnd::kTooNoisy);
  EXPECT_EQ(capacity_text(spoilt.result()), "nothing held; 0 trials, ended by a noisy host");
}

TEST(CapacitySearch, OneTrialThatWasNotTheHostsAloneNamesTheEnd) {
  int asked = 0;
  CapacitySearch search(from(50'000));
  rates_of(search, [&asked](std::int64_t) {
    ++asked;
    return asked == 1 ? RateHeld::kYes : asked == 3 ? RateHeld::kUntold : RateHeld::kNoisy;
  });
  EXPECT_EQ(search.result().end, SearchEnd::kUntold);
  EXPECT_FALSE(is_answer(search.result().end));
  EXPECT_EQ(search.result().noisy_trials, 7);
  EXPECT_EQ(capacity_text(search.result()),
            "holds at least 50,000/s (held once); 1 trial, the load generator, its ports or its "
            "window was the limit");
}

TEST(CapacitySearch, SaysWhenItsTrialsWereNotEnough) {
  CapacitySearchOptions options = from(50'000);
  options.most_trials = 4;
  CapacitySearch search(options);
  EXPECT_EQ(rates_of(search, holds_up_to(45'000)).size(), 4U);
  const FoundCapacity found = search.result();
  EXPECT_EQ(found.end, SearchEnd::kOutOfTrials);
  EXPECT_FALSE(found.is_confirmed);
  EXPECT_EQ(capacity_text(found),
            "holds 44,721/s (held once), not 47,287/s; 4 trials, ended without being sure");
}

// Whether a trial holds is chance near the capacity: half of those at it do, and `width` is how far
// from it (as a logarithm) seven of ten do.
struct NoisyBoundary {
  double width;
  double noisy_share;
  std::mt19937_64 engine{3};

  RateHeld operator()(std::int64_t rate, double capacity) {
    std::uniform_real_distribution<double> draw;
    if (draw(engine) < noisy_share) {
      return RateHeld::kNoisy;
    }
    const double away = std::log(static_cast<double>(rate) / capacity) / width;
    return draw(engine) < 1 / (1 + std::exp(away)) ? RateHeld::kYes : RateHeld::kNo;
  }
};

// Capacities found, as logarithms of their ratio to the true one; rising.
std::vector<double> found_beside_truth(double first_over_capacity, double width) {
  constexpr double kCapacity = 100'000;
  NoisyBoundary boundary{width, 0.05};
  std::vector<double> errors;
  int without = 0;
  for (int i = 0; i < 10'000; ++i) {
    CapacitySearch search(from(std::llround(kCapacity * first_over_capacity)));
    const auto rates =
        rates_of(search, [&](std::int64_t rate) { return boundary(rate, kCapacity); });
    EXPECT_LE(rates.size(), 12U + 7U);
    EXPECT_NE(search.result().end, SearchEnd::kRunning);
    without += search.result().held_per_s == 0 ? 1 : 0;
    errors.push_back(std::log(static_cast<double>(search.result().held_per_s) / kCapacity));
  }
  // Those that ran out of trials when all that had held was overturned.
  EXPECT_LE(without, 150);
  std::sort(errors.begin(), errors.end());
  return errors;
}

TEST(CapacitySearch, ANoisyBoundaryBiasesItByLittleAndEndsAlways) {
  for (const double first : {1.0, 1.15, 1.3}) {
    // 1 % about the capacity: found within 5 % of it in nine of ten, median within 2 % below.
    const std::vector<double> sharp = found_beside_truth(first, 0.01);
    EXPECT_NEAR(sharp[5'000], -0.01, 0.01) << first;
    EXPECT_GT(sharp[500], -0.05) << first;
    EXPECT_LT(sharp[9'500], 0.02) << first;
    const std::vector<double> wide = found_beside_truth(first, 0.03);
    EXPECT_NEAR(wide[5'000], -0.02, 0.02) << first;
    EXPECT_GT(wide[500], -0.12) << first;
    EXPECT_LT(wide[9'500], 0.04) << first;
  }
}

TEST(CapacitySearch, IsNeverEndlessWhateverItIsTold) {
  std::mt19937_64 engine(5);
  std::uniform_int_distribution<int> answer(0, 3);
  std::uniform_real_distribution<double> magnitude(0, 8);
  for (int i = 0; i < 10'000; ++i) {
    CapacitySearch search(from(std::llround(std::pow(10, magnitude(engine)))));
    const auto rates = rates_of(search, [&](std::int64_t rate) {
      EXPECT_GE(rate, 1);
      EXPECT_LE(rate, 100'000'000);
      return static_cast<RateHeld>(answer(engine));
    });
    EXPECT_LE(rates.size(), 19U);
    const FoundCapacity found = search.result();
    EXPECT_LT(found.held_per_s, found.bracket_high_per_s.value_or(100'000'001));
  }
}

TEST(CapacityOfBlocks, IsTheMedianOfWhatTheSearchesFound) {
  std::vector<FoundCapacity> blocks;
  for (std::int64_t block = 1; block <= 6; ++block) {
    blocks.push_back({SearchEnd::kConfirmed, 1'000 * block, 1'000 * block + 1, true, 8, 0});
  }
  blocks[2].end = SearchEnd::kOutOfTrials;
  blocks.push_back({SearchEnd::kTooNoisy, 9'000, std::nullopt, false, 2, 7});
  const auto capacity = capacity_of_blocks(blocks);
  ASSERT_TRUE(capacity.has_value());
  EXPECT_EQ(capacity->low, 1'000);
  EXPECT_EQ(capacity->median, 3'500);
  EXPECT_EQ(capacity->high, 6'000);
  EXPECT_EQ(capacity->values, 6U);
  EXPECT_EQ(capacity_of_blocks({blocks.back()}), std::nullopt);
}

}  // namespace
}  // namespace coresweep
