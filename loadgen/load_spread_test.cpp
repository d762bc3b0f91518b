#include "loadgen/load_spread.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <numeric>

namespace coresweep {
namespace {

using testing::DoubleNear;
using testing::Each;

double sum(const std::vector<double>& weights) {
  return std::accumulate(weights.begin(), weights.end(), 0.0);
}

TEST(LoadSpread, EvenIsAllTheSame) { EXPECT_THAT(weights_of({}, 4), Each(0.25)); }

TEST(LoadSpread, AFewHaveMostOfTheLoad) {
  const auto spread = parse_load_spread("10%:90%");
  ASSERT_TRUE(spread);
  const std::vector<double> weights = weights_of(*spread, 40);
  ASSERT_EQ(weights.size(), 40U);
  for (std::size_t i = 0; i < 40; ++i) {
    EXPECT_THAT(weights[i], DoubleNear(i < 4 ? 0.9 / 4 : 0.1 / 36, 1e-12)) << i;
  }
  EXPECT_THAT(sum(weights), DoubleNear(1, 1e-12));
}

TEST(LoadSpread, AtLeastOneIsHotAndOneIsNot) {
  EXPECT_THAT(weights_of(*parse_load_spread("1%:50%"), 2), Each(0.5));
  EXPECT_THAT(weights_of(*parse_load_spread("99%:60%"), 2),
              testing::ElementsAre(DoubleNear(0.6, 1e-12), DoubleNear(0.4, 1e-12)));
}

TEST(LoadSpread, ZipfsLaw) {
  const std::vector<double> weights = weights_of(*parse_load_spread("zipf:1.5"), 100);
  for (const std::size_t rank : {2U, 3U, 10U, 100U}) {
    EXPECT_THAT(weights[0] / weights[rank - 1],
                DoubleNear(std::pow(static_cast<double>(rank), 1.5), 1e-6));
  }
  EXPECT_THAT(sum(weights), DoubleNear(1, 1e-12));
}

TEST(LoadSpread, RefusesAllElse) {
  for (const char* text :
       {"", "even", "10%", "10%:", ":90%", "0%:90%", "100%:90%", "10%:100%", "10%:0%", "0.1:0.9",
        "10%:90%:5%", "zipf", "zipf:", "zipf:0", "zipf:-1", "zipf:11", "zipf:1%"}) {
    EXPECT_FALSE(parse_load_spread(text)) << text;
  }
}

}  // namespace
}  // namespace coresweep
