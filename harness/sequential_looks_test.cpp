#include "harness/sequential_looks.hpp"

#include <gmock/gmock.h>

namespace coresweep {
namespace {

// So many ratios, evenly from 1 - half to 1 + half.
std::vector<double> evenly_about_one(int count, double half) {
  std::vector<double> ratios;
  for (int i = 0; i < count; ++i) {
    ratios.push_back(1 - half + 2 * half * i / (count - 1));
  }
  return ratios;
}

TEST(RelativeHalfWidth, IsHalfTheWidthOverTheMedian) {
  EXPECT_DOUBLE_EQ(*relative_half_width({1.75, 2.0, 2.5, 0.99, 12}), 0.1875);
  EXPECT_EQ(relative_half_width({1.9, 2.0, 2.2, 0, 5}), std::nullopt);
}

TEST(StopAtLook, LooksOnlyAtItsLooks) {
  for (int done = 1; done <= 32; ++done) {
    const bool is_look = done == 8 || done == 12 || done == 16 || done == 23 || done == 32;
    EXPECT_EQ(stop_at_look(std::vector<double>(static_cast<std::size_t>(done), 1.5), done, 0.02)
                  .has_value(),
              is_look)
        << done;
  }
}

TEST(StopAtLook, StopsWhenTheIntervalIsAsNarrowAsWanted) {
  // At 8 the interval is from the smallest to the largest.
  const auto wide = stop_at_look(evenly_about_one(8, 0.021), 8, 0.02);
  EXPECT_EQ(wide, std::nullopt);
  const auto narrow = stop_at_look(evenly_about_one(8, 0.019), 8, 0.02);
  ASSERT_TRUE(narrow.has_value());
  EXPECT_EQ(narrow->reason, StopReason::kNarrowEnough);
  EXPECT_EQ(narrow->blocks, 8);
  EXPECT_DOUBLE_EQ(narrow->interval.coverage, 0.9921875);
  EXPECT_NEAR(*narrow->half_width, 0.019, 1e-12);
  EXPECT_EQ(stop_text(*narrow, 0.02),
            "stopped after 8 blocks: the interval is the median +- 1.9 %, asked were 2 %");
}

TEST(StopAtLook, ALookWithTooFewRatiosStopsNothing) {
  EXPECT_EQ(stop_at_look(std::vector<double>(7, 1.0), 8, 0.02), std::nullopt);
  EXPECT_EQ(stop_at_look({}, 8, 0.02), std::nullopt);
  // Ten ratios of twelve blocks are enough, with their own ranks.
  const auto stop = stop_at_look(std::vector<double>(10, 1.0), 12, 0.02);
  ASSERT_TRUE(stop.has_value());
  EXPECT_DOUBLE_EQ(stop->interval.coverage, 1 - 2.0 / 1024);
}

TEST(StopAtLook, TheLastLookEndsItHoweverWide) {
  for (const int done : {32, 33}) {
    const auto wide = stop_at_look(evenly_about_one(32, 0.5), done, 0.02);
    ASSERT_TRUE(wide.has_value());
    EXPECT_EQ(wide->reason, StopReason::kLastLook);
    EXPECT_GT(*wide->half_width, 0.02);
  }
  const auto few = stop_at_look({1.0, 1.1, 1.2}, 32, 0.02);
  ASSERT_TRUE(few.has_value());
  EXPECT_EQ(few->half_width, std::nullopt);
  EXPECT_EQ(few->interval.high, 1.2);
  EXPECT_EQ(
      stop_text(*few, 0.02),
      "ended after 32 blocks: 3 of them gave a ratio, too few for an interval, asked were 2 %");
  const auto none = stop_at_look({}, 32, 0.02);
  ASSERT_TRUE(none.has_value());
  EXPECT_EQ(none->interval.values, 0U);
  EXPECT_EQ(stop_text(*none, 0.02),
            "ended after 32 blocks: they gave no ratio that may be told, asked were 2 %");
}

// Expected values: the walk of "so many below the median" in Python's exact fractions.
TEST(CoverageOfLooks, IsThatOfTheWalk) {
  EXPECT_DOUBLE_EQ(coverage_of_looks({8}), 0.9921875);
  EXPECT_NEAR(coverage_of_looks({8, 12, 16, 23, 32}), 0.9803591752424836, 1e-12);
  EXPECT_NEAR(coverage_of_looks({10, 14, 21, 29}), 0.9858537130057812, 1e-12);
  // The same number again is the same look again, and one of too few values promises nothing.
  EXPECT_DOUBLE_EQ(coverage_of_looks({5, 8, 8}), coverage_of_looks({8}));
}

}  // namespace
}  // namespace coresweep
