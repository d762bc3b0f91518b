// A block that runs apart from the others of its sweep: on another pair of hosts.
#include <gmock/gmock.h>

#include "harness/schedule_parts.hpp"
#include "harness/schedule_test_sweeps.hpp"

namespace coresweep {
namespace {

using testing::HasSubstr;

struct Ran {
  std::string role;
  std::string cell;
  int attempt = 1;

  bool operator==(const Ran&) const = default;
};

// What ran of each block of the twins' and of the plan's.
using Blocks = std::map<std::pair<bool, int>, std::vector<Ran>>;

bool is_of_twins(const Cell& cell) {
  return cell.role == Role::kBase || cell.role == Role::kClientWork ||
         cell.role == Role::kInFlight || cell.role == Role::kCeiling;
}

Blocks blocks_of(const Schedule& schedule, const std::vector<PlannedTrial>& trials) {
  Blocks blocks;
  for (const PlannedTrial& trial : trials) {
    const Cell& cell = schedule.cells()[trial.cell];
    blocks[{is_of_twins(cell), trial.block}].push_back(
        {role_name(cell.role), cell_name(cell), trial.attempt});
  }
  return blocks;
}

// The host spoils the first try of the second block.
Outcome spoilt_once(const Schedule& schedule, const PlannedTrial& planned) {
  const bool is_spoilt = planned.block == 1 && planned.attempt == 1 &&
                         !is_of_twins(schedule.cells()[planned.cell]);
  return outcome_for(planned, 1000,
                     is_spoilt ? std::vector<std::string>{"noisy_host"}
                               : std::vector<std::string>());
}

TEST(ScheduleBlock, ApartTheBlocksAreThoseOfTheWholeSweep) {
  const Plan plan = sweep_plan_with("");
  Schedule whole = schedule_for(plan);
  const std::vector<PlannedTrial> trials = run_all(whole, spoilt_once);
  const Blocks expected = blocks_of(whole, trials);
  ASSERT_EQ(expected.size(), static_cast<std::size_t>(whole.twin_blocks() + plan.blocks));
  ASSERT_GT(whole.twin_blocks(), 0);

  Blocks apart;
  for (int block = 0; block < whole.twin_blocks(); ++block) {
    Schedule schedule = schedule_for(plan);
    schedule.run_only({OneBlock::Of::kTwins, block});
    const std::size_t told = schedule.trials_left().count();
    const auto ran = run_all(schedule, spoilt_once);
    EXPECT_EQ(ran.size(), told);
    apart.merge(blocks_of(schedule, ran));
  }
  for (int block = 0; block < plan.blocks; ++block) {
    Schedule schedule = schedule_for(plan);
    for (const Outcome& outcome : whole.outcomes()) {
      if (is_of_twins(whole.cells()[outcome.cell])) {
        EXPECT_TRUE(schedule.next());
        schedule.add(outcome);
      }
    }
    schedule.run_only({OneBlock::Of::kPlan, block});
    const std::size_t told = schedule.trials_left().count();
    const auto ran = run_all(schedule, spoilt_once);
    EXPECT_EQ(ran.size(), told * (block == 1 ? 2 : 1)) << block;
    apart.merge(blocks_of(schedule, ran));
    EXPECT_EQ(schedule.trials_left().count(), 0U);
  }
  EXPECT_EQ(apart, expected);
}

TEST(ScheduleBlock, WhatFollowsFromOtherBlocksIsRefused) {
  EXPECT_EQ(why_no_block_alone(sweep_plan_with("")), "");
  EXPECT_THAT(why_no_block_alone(sweep_plan_with(R"(, "mode": "poisson", "rate": "30%")")),
              HasSubstr("shares"));
  Plan looking = sweep_plan_with("");
  looking.until_ci = 0.02;
  EXPECT_THAT(why_no_block_alone(looking), HasSubstr("until_ci"));
  Plan searching = sweep_plan_with("");
  searching.capacity_p99 = std::chrono::milliseconds(1);
  EXPECT_THAT(why_no_block_alone(searching), HasSubstr("capacity_p99"));
}

}  // namespace
}  // namespace coresweep
