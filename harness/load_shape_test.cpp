#include "harness/load_shape.hpp"

#include <gmock/gmock.h>

namespace coresweep {
namespace {

using testing::ElementsAre;

TEST(LoadShape, IsToldToTheLoadGenerator) {
  EXPECT_THAT(load_flags(LoadShape{}), ElementsAre("--mode", "closed"));
  EXPECT_THAT(load_flags(LoadShape{.mode = Mode::constant, .rate_per_s = 20'000}),
              ElementsAre("--mode", "constant", "--rate", "20000"));
  EXPECT_THAT(
      load_flags(LoadShape{.mode = Mode::poisson, .rate_per_s = 500, .client_work_percent = 20}),
      ElementsAre("--mode", "poisson", "--rate", "500", "--client-work", "20%"));
  EXPECT_THAT(load_flags(LoadShape{.mode = Mode::churn, .requests_per_connection = 3}),
              ElementsAre("--mode", "churn", "--requests-per-connection", "3"));
}

TEST(LoadShape, HasAWordInTheCellsNameUnlessItIsAClosedLoop) {
  EXPECT_EQ(shape_name({}), "");
  EXPECT_EQ(shape_name({.client_work_percent = 20}), "");
  EXPECT_EQ(shape_name({.mode = Mode::poisson, .rate_per_s = 20'000, .client_work_percent = 20}),
            "poisson20000");
  EXPECT_EQ(shape_name({.mode = Mode::constant, .rate_per_s = 20'000}), "constant20000");
  EXPECT_EQ(shape_name({.mode = Mode::churn, .requests_per_connection = 1}), "churn1");
}

}  // namespace
}  // namespace coresweep
