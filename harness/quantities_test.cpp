#include "harness/quantities.hpp"

#include <gmock/gmock.h>

namespace coresweep {
namespace {

TEST(JainIndex, IsOneWhenAllAreAlikeAndTheShareOfOneWhenOneHasAll) {
  EXPECT_DOUBLE_EQ(jain_index({5, 5, 5, 5}), 1);
  EXPECT_DOUBLE_EQ(jain_index({8, 0, 0, 0}), 0.25);
}

// E[sum of squares] = C + C(C-1)/N: the index of the mean is C / (1 + (C-1)/N) / N.
TEST(JainIndex, ChanceIsAsUnevenAsTheBinomialSays) {
  const Band few = jain_of_random_hash(64, 8);
  const double middle = 64.0 / (1 + 63.0 / 8) / 8;
  EXPECT_LT(few.low, middle);
  EXPECT_GT(few.high, middle);
  EXPECT_NEAR((few.low + few.high) / 2, middle, 0.02);
  const Band many = jain_of_random_hash(12'000, 8);
  EXPECT_GT(many.low, 0.998);
  EXPECT_LE(many.high, 1);
}

}  // namespace
}  // namespace coresweep
