#include "harness/sensitivity.hpp"

#include <gmock/gmock.h>

namespace coresweep {
namespace {

// The sweep was stopped behind the base of the first block, and went on.
std::vector<Outcome> stopped_behind_the_first_base(int blocks, int failed_cell) {
  std::vector<Outcome> outcomes;
  for (int block = 0; block < blocks; ++block) {
    for (std::size_t cell = 0; cell < 3; ++cell) {
      Outcome outcome{cell, block, 1000.0 * (block + 1), {}};
      outcome.session = block == 0 && cell == 0 ? 0 : 1;
      if (block == 0 && static_cast<int>(cell) == failed_cell) {
        outcome.verdicts = {kFailed};
        outcome.throughput_per_s.reset();
      }
      outcomes.push_back(outcome);
    }
  }
  return outcomes;
}

TEST(Sensitivity, TwinsThatAStopSplitAreNoPair) {
  const Cell arm{Role::kArm, "reuseport_loops", "lean", 1, 32, 10};
  const std::vector<Cell> cells = twins_of(arm, 100'000);
  ASSERT_EQ(cells.size(), 3U);
  // A twin failed, so none of the three ran again: the other one is of after the stop.
  std::vector<Outcome> outcomes = stopped_behind_the_first_base(6, 1);
  auto found = sensitivities(cells, outcomes, 6);
  ASSERT_EQ(found.size(), 1U);
  ASSERT_TRUE(found[0].client_work && found[0].in_flight);
  EXPECT_EQ(found[0].client_work->blocks, 5U);
  EXPECT_EQ(found[0].in_flight->blocks, 5U);
  // Where nothing failed all three did, back to back.
  outcomes = stopped_behind_the_first_base(6, -1);
  for (std::size_t cell = 0; cell < 3; ++cell) {
    Outcome again{cell, 0, 1000, {}};
    again.attempt = 2;
    again.session = 1;
    outcomes.push_back(again);
  }
  found = sensitivities(cells, outcomes, 6);
  EXPECT_EQ(found[0].client_work->blocks, 6U);
  EXPECT_EQ(found[0].in_flight->blocks, 6U);
}

// One pair's client is the limit and the other's is not: who ran a block more does not decide.
TEST(Sensitivity, APairOfHostsCountsOnceHoweverManyBlocksItRan) {
  const Cell arm{Role::kArm, "reuseport_loops", "lean", 1, 32, 10};
  const std::vector<Cell> cells = twins_of(arm, 100'000);
  std::vector<Outcome> outcomes;
  for (int block = 0; block < 9; ++block) {
    const bool is_limited = block < 5;
    for (std::size_t cell = 0; cell < cells.size(); ++cell) {
      const bool is_slower = is_limited && cells[cell].role == Role::kClientWork;
      Outcome outcome{cell, block, is_slower ? 880.0 : 1000.0, {}};
      outcome.pair = is_limited ? "pair01" : "pair02";
      outcomes.push_back(outcome);
    }
  }
  const auto found = sensitivities(cells, outcomes, 9);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_TRUE(found[0].is_told());
  EXPECT_THAT(found[0].verdicts(Thresholds{}), testing::IsEmpty());
  EXPECT_THAT(found[0].text(), testing::HasSubstr("0.94x (0.88-1.00, 9 blocks on 2 pairs)"));
}

}  // namespace
}  // namespace coresweep
