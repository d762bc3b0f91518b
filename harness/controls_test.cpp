#include "harness/controls.hpp"

#include <gmock/gmock.h>

#include <cmath>

namespace coresweep {
namespace {

using testing::HasSubstr;

// Nine ratios, 1 to 4 percent below and above `centre`, and it.
std::vector<double> nine_about(double centre) {
  std::vector<double> ratios;
  for (int percent = -4; percent <= 4; ++percent) {
    ratios.push_back(centre * (1 + 0.01 * percent));
  }
  return ratios;
}

TEST(NoiseFloor, IsTheIntervalOfAnArmBesideItself) {
  const auto floor = noise_floor(nine_about(1));
  ASSERT_TRUE(floor.has_value());
  EXPECT_FALSE(floor->differs_from_itself());
  // Of nine the second smallest and largest; the band reaches as far in either direction.
  EXPECT_DOUBLE_EQ(floor->interval.low, 0.97);
  EXPECT_DOUBLE_EQ(floor->band, 1 / 0.97);
  EXPECT_NEAR(floor->usual_deviation, 0.02, 0.0005);
  EXPECT_EQ(noise_text(*floor), "A/A: 1.00x (0.97-1.03): noise");
  EXPECT_EQ(noise_floor({}), std::nullopt);
}

TEST(NoiseFloor, IsTheSameWhicheverArmWasAbove) {
  const std::vector<double> ratios = nine_about(1.02);
  std::vector<double> inverse;
  for (const double ratio : ratios) {
    inverse.push_back(1 / ratio);
  }
  EXPECT_NEAR(noise_floor(ratios)->band, noise_floor(inverse)->band, 1e-12);
  EXPECT_NEAR(noise_floor(ratios)->usual_deviation, noise_floor(inverse)->usual_deviation, 1e-12);
}

TEST(NoiseFloor, SaysWhenTheArmDiffersFromItself) {
  const auto floor = noise_floor(nine_about(1.1));
  ASSERT_TRUE(floor->differs_from_itself());
  EXPECT_EQ(noise_text(*floor),
            "A/A: 1.10x (1.07-1.13): the same arm differs from itself, so 0.88-1.13 is no "
            "difference");
}

TEST(NoiseFloor, OfFewBlocksIsARange) {
  const auto floor = noise_floor({1.01, 1.03});
  EXPECT_FALSE(floor->differs_from_itself());
  EXPECT_EQ(noise_text(*floor), "A/A: 1.02x (1.01-1.03), a range: noise");
  EXPECT_DOUBLE_EQ(floor->band, 1.03);
}

TEST(ShownBy, ADifferenceLeavesOutOneAndIsOutsideTheNoise) {
  const auto floor = noise_floor(nine_about(1));
  const MedianInterval large{1.9, 2.0, 2.1, 0.96, 9};
  EXPECT_EQ(shown_by(large, floor), Shown::kDifference);
  EXPECT_EQ(shown_text(Shown::kDifference, floor), "");
  const MedianInterval around{0.99, 1.2, 1.4, 0.96, 9};
  EXPECT_EQ(shown_by(around, floor), Shown::kNoneContainsOne);
  EXPECT_EQ(shown_by(around, std::nullopt), Shown::kNoneContainsOne);
  EXPECT_EQ(shown_text(Shown::kNoneContainsOne, floor), "no difference shown");
  // Its edge at 1 is contained.
  EXPECT_EQ(shown_by({1.0, 1.2, 1.4, 0.96, 9}, floor), Shown::kNoneContainsOne);
}

TEST(ShownBy, ARangeShowsNone) {
  const auto floor = noise_floor(nine_about(1));
  for (const std::vector<double>& few : {std::vector{2.0}, std::vector{1.9, 2.0, 2.0, 2.1, 2.2}}) {
    EXPECT_EQ(shown_by(median_interval(few), floor), Shown::kNoneOfRange);
    EXPECT_EQ(shown_by(median_interval(few), std::nullopt), Shown::kNoneOfRange);
  }
  EXPECT_EQ(shown_by(median_interval({0.9, 2.0, 2.1}), floor), Shown::kNoneContainsOne);
  EXPECT_EQ(shown_text(Shown::kNoneOfRange, floor), "a range, which shows no difference by itself");
}

TEST(ShownBy, ARatioInsideTheNoiseIsNone) {
  const auto floor = noise_floor(nine_about(1));
  for (const MedianInterval& small :
       {MedianInterval{1.01, 1.02, 1.05, 0.96, 9}, MedianInterval{0.95, 0.98, 0.99, 0.96, 9}}) {
    EXPECT_EQ(shown_by(small, floor), Shown::kNoneInsideNoise);
    EXPECT_EQ(shown_by(small, std::nullopt), Shown::kDifference);
  }
  EXPECT_EQ(shown_text(Shown::kNoneInsideNoise, floor),
            "no difference shown: the same arm beside itself gave 0.97-1.03");
  // 1.031 is outside.
  EXPECT_EQ(shown_by({1.02, 1.031, 1.05, 0.96, 9}, floor), Shown::kDifference);
}

TEST(PositiveControl, IsRecoveredWithinItsInterval) {
  const auto control = positive_control(nine_about(1 / 1.1), 0.1, noise_floor(nine_about(1)));
  ASSERT_TRUE(control.has_value());
  EXPECT_EQ(control->recovery, Recovery::kRecovered);
  EXPECT_DOUBLE_EQ(control->expected, 1 / 1.1);
  EXPECT_EQ(control_text(*control),
            "positive control, +10 % service time: 0.91x (0.88-0.94), expected 0.91x: recovered");
  EXPECT_EQ(positive_control({}, 0.1, std::nullopt), std::nullopt);
}

TEST(PositiveControl, ThatIsNotRecoveredSaysWhatTheSweepCouldNotSee) {
  const auto unseen = positive_control(nine_about(0.98), 0.1, std::nullopt);
  EXPECT_EQ(unseen->recovery, Recovery::kNotSeen);
  EXPECT_EQ(control_text(*unseen),
            "positive control, +10 % service time: 0.98x (0.95-1.01), expected 0.91x: not "
            "recovered: this sweep could not have seen 10 %");
  // An interval beside 1 is no proof where the same arm beside itself is as far off.
  const auto drowned = positive_control(nine_about(0.91), 0.1, noise_floor(nine_about(1.1)));
  EXPECT_EQ(drowned->recovery, Recovery::kNotSeen);
  const auto half = positive_control(nine_about(0.955), 0.1, std::nullopt);
  EXPECT_EQ(half->recovery, Recovery::kWrongSize);
  EXPECT_THAT(control_text(*half), HasSubstr("could not have seen 10 % as what it is"));
  const auto too_much = positive_control(nine_about(0.7), 0.1, std::nullopt);
  EXPECT_EQ(too_much->recovery, Recovery::kWrongSize);
}

TEST(PositiveControl, OfFewBlocksRecoversNothing) {
  const auto control = positive_control({0.90, 0.91, 0.92}, 0.1, std::nullopt);
  EXPECT_EQ(control->recovery, Recovery::kUnknown);
  EXPECT_THAT(control_text(*control), HasSubstr("a range, which recovers nothing"));
}

TEST(SmallestDifference, IsOfTheSpread) {
  const auto smallest = smallest_difference(nine_about(1), 9);
  ASSERT_TRUE(smallest.has_value());
  EXPECT_FALSE(smallest->is_only_a_bound);
  EXPECT_GT(smallest->ratio, 1.04);
  EXPECT_LT(smallest->ratio, 1.07);
  // More blocks show less.
  EXPECT_LT(smallest_difference(nine_about(1), 32)->ratio, smallest->ratio);
  // What is wanted with more certainty is larger.
  EXPECT_GT(smallest_difference(nine_about(1), 32, 0.99)->ratio,
            smallest_difference(nine_about(1), 32)->ratio);
  EXPECT_EQ(smallest_text(SmallestDifference{1.041, false}, 9),
            "9 blocks can show 4.1 % and more (by the spread of the A/A arm, in four of five "
            "sweeps)");
}

TEST(SmallestDifference, OfSixBlocksIsOnlyABound) {
  const auto smallest = smallest_difference(nine_about(1), 6);
  ASSERT_TRUE(smallest.has_value());
  EXPECT_TRUE(smallest->is_only_a_bound);
  EXPECT_GT(smallest->ratio, 1.04);
  EXPECT_EQ(smallest_text(SmallestDifference{1.053, true}, 6),
            "6 blocks cannot show 5.3 % or less (by the largest deviation of the A/A arm)");
}

TEST(SmallestDifference, OfTooLittleIsUnknown) {
  EXPECT_EQ(smallest_difference({1, 1, 1, 1, 1}, 9), std::nullopt);
  EXPECT_EQ(smallest_difference(nine_about(1), 5), std::nullopt);
  EXPECT_EQ(smallest_difference(nine_about(1), 7, 0.99), std::nullopt);
  EXPECT_EQ(smallest_difference(nine_about(1), 0), std::nullopt);
  EXPECT_THAT(smallest_text(std::nullopt, 5),
              HasSubstr("how small a difference 5 blocks can show is unknown"));
}

TEST(SmallestDifference, OfNoNoiseIsNone) {
  EXPECT_EQ(smallest_difference(std::vector<double>(9, 1.0), 9)->ratio, 1);
}

}  // namespace
}  // namespace coresweep
