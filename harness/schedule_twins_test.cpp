// Twins and controls: when they run, beside what, and what they make known.
#include <gmock/gmock.h>

#include <map>
#include <set>

#include "harness/schedule_test_sweeps.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Schedule, TwinsAndCeilingsComeFirstInBlocksOfTheirOwn) {
  Schedule schedule = schedule_for(sweep_plan_with(R"(, "twin_blocks": 2)"));
  EXPECT_EQ(schedule.trials_left().shortened, 2U * (2 * 2 * 3 + 1));
  EXPECT_EQ(schedule.trials_left().whole, 6U * (2 * 2 + 2));
  const auto trials = run_all(schedule);
  const auto roles = roles_of(schedule, trials);
  const std::set<std::string> first(roles.begin(), roles.begin() + 26);
  EXPECT_THAT(first, ElementsAre("base", "ceiling", "client_work", "in_flight"));
  const std::set<std::string> rest(roles.begin() + 26, roles.end());
  EXPECT_THAT(rest, ElementsAre("aa", "arm", "slower"));
  EXPECT_THAT(counted_roles(schedule, trials),
              testing::UnorderedElementsAre(
                  testing::Pair("base", 8), testing::Pair("client_work", 8),
                  testing::Pair("in_flight", 8), testing::Pair("ceiling", 2),
                  testing::Pair("arm", 24), testing::Pair("aa", 6), testing::Pair("slower", 6)));
  EXPECT_EQ(schedule.trials_left().count(), 0U);
}

TEST(Schedule, ATwinRunsBesideItsBaseAndDiffersInOneThing) {
  Schedule schedule = schedule_for(sweep_plan_with(R"(, "twin_blocks": 3, "ceiling": false)"));
  const auto trials = run_all(schedule);
  for (std::size_t i = 0; i < 3 * 12; i += 3) {
    std::map<Role, Cell> three;
    for (std::size_t j = i; j < i + 3; ++j) {
      const Cell& cell = schedule.cells()[trials[j].cell];
      three[cell.role] = cell;
    }
    ASSERT_EQ(three.size(), 3U) << i;
    const Cell& base = three[Role::kBase];
    EXPECT_EQ(base.twin_of, cell_name(base));
    EXPECT_EQ(three[Role::kClientWork].load.client_work_percent, 20);
    EXPECT_EQ(three[Role::kInFlight].connections, 2 * base.connections);
    for (const auto& [role, cell] : three) {
      EXPECT_EQ(cell.twin_of, base.twin_of);
      EXPECT_EQ(cell.arm(), base.arm());
      EXPECT_EQ(cell.threads, base.threads);
    }
  }
}

TEST(Schedule, WhatCannotBeValidHasNoTwinsAndNoControls) {
  Plan plan = sweep_plan_with(R"(, "twin_blocks": 2, "ceiling": false)");
  plan.threads = {16};
  plan.headline->threads = 16;
  Schedule schedule = schedule_for(plan);
  const auto trials = run_all(schedule);
  EXPECT_THAT(counted_roles(schedule, trials), ElementsAre(testing::Pair("arm", 12)));
}

TEST(Schedule, TwinsWithMoreConnectionsThanThereCanBeAreLeftOut) {
  const Plan plan =
      sweep_plan_with(R"(, "twin_blocks": 1, "ceiling": false, "connections": 60000)");
  Schedule schedule = schedule_for(plan);
  const auto trials = run_all(schedule);
  EXPECT_EQ(counted_roles(schedule, trials).count("in_flight"), 0U);
  EXPECT_EQ(counted_roles(schedule, trials)["client_work"], 4);
  EXPECT_TRUE(schedule.is_told_what_limits(schedule.cells()[0])) << "by the one that there is";
  EXPECT_THAT(schedule.found_by_twins().front().text(),
              testing::EndsWith("twice the connections: more than there can be here"));
}

TEST(Schedule, WhatTwinsFindIsAVerdictOfTheirCellAlone) {
  Schedule schedule = schedule_for(sweep_plan_with(R"(, "twin_blocks": 6)"));
  const Answer answer = [](const Schedule& of, const PlannedTrial& planned) {
    const Cell& cell = of.cells()[planned.cell];
    const bool is_limited = cell.architecture == "reuseport_loops" && cell.threads == 2;
    const double level = 1000.0 * (planned.block + 1);
    const double slower = is_limited && cell.role == Role::kClientWork ? 0.84 : 0.99;
    const double faster = is_limited && cell.role == Role::kInFlight ? 1.3 : 1.0;
    return outcome_for(planned, cell.role == Role::kBase ? level : level * slower * faster);
  };
  run_all(schedule, answer);
  const Thresholds thresholds;
  for (const Cell& cell : schedule.cells()) {
    const auto limits = schedule.limits_of(cell, thresholds);
    const bool is_there =
        cell.role == Role::kArm || cell.role == Role::kSame || cell.role == Role::kSlower;
    if (is_there && cell.architecture == "reuseport_loops" && cell.threads == 2) {
      ASSERT_EQ(limits.size(), 2U);
      EXPECT_EQ(limits[0].name, "client_bound");
      EXPECT_EQ(limits[0].detail,
                "with 20 % more client CPU a request it reaches 0.84x (0.84-0.84, 6 blocks), below "
                "0.95x");
      EXPECT_EQ(limits[1].name, "unsaturated");
      EXPECT_THAT(limits[1].detail, HasSubstr("with twice the connections it reaches 1.29x"));
    } else {
      EXPECT_THAT(limits, IsEmpty()) << cell_name(cell);
    }
  }
}

TEST(Schedule, ATwinThatTheBlocksDoNotAgreeOnIsNoVerdict) {
  Schedule schedule = schedule_for(sweep_plan_with(R"(, "twin_blocks": 6)"));
  const Answer answer = [](const Schedule& of, const PlannedTrial& planned) {
    const bool is_twin = of.cells()[planned.cell].role == Role::kClientWork;
    return outcome_for(planned, is_twin ? (planned.block == 0 ? 1010 : 900) : 1000);
  };
  run_all(schedule, answer);
  EXPECT_THAT(schedule.limits_of(schedule.cells().front(), Thresholds()), IsEmpty());
  ASSERT_EQ(schedule.found_by_twins().size(), 4U);
  EXPECT_EQ(schedule.found_by_twins().front().text(),
            "twins of shared_reactor/lean/t1/c64/s10: 20 % more client CPU a request: 0.90x "
            "(0.90-1.01, 6 blocks); twice the connections: 1.00x (1.00-1.00, 6 blocks)");
}

TEST(Schedule, WhatFewBlocksOfTwinsAreLeftOfIsNoVerdictAndIsNoted) {
  Schedule schedule = schedule_for(sweep_plan_with(R"(, "twin_blocks": 6, "reruns": 0)"));
  const Answer answer = [](const Schedule& of, const PlannedTrial& planned) {
    const bool is_twin = of.cells()[planned.cell].role == Role::kClientWork;
    const bool is_spoilt = is_twin && planned.block < 3;
    return outcome_for(planned, is_twin ? 800 : 1000,
                       is_spoilt ? std::vector<std::string>{"noisy_host"}
                                 : std::vector<std::string>());
  };
  run_all(schedule, answer);
  const Cell& arm = schedule.cells().front();
  EXPECT_THAT(schedule.limits_of(arm, Thresholds()), IsEmpty());
  EXPECT_FALSE(schedule.is_told_what_limits(arm));
}

TEST(Schedule, ControlsRepeatTheHeadlinesArmBesideIt) {
  Schedule schedule = schedule_for(sweep_plan_with(R"(, "twin_blocks": 0, "ceiling": false)"));
  const auto trials = run_all(schedule);
  EXPECT_EQ(schedule.cells()[trials.front().cell].role, Role::kBase) << "what a request costs";
  EXPECT_THAT(counted_roles(schedule, trials),
              ElementsAre(testing::Pair("aa", 6), testing::Pair("arm", 24),
                          testing::Pair("base", 1), testing::Pair("slower", 6)));
  for (std::size_t i = 0; i < trials.size(); ++i) {
    const Cell& cell = schedule.cells()[trials[i].cell];
    if (cell.role == Role::kSame || cell.role == Role::kSlower) {
      EXPECT_EQ(cell.twin_of, "shared_reactor/lean/t2/c64/s10");
      EXPECT_EQ(cell.threads, 2);
      EXPECT_EQ(cell.conditions.cpu, cell.role == Role::kSame ? 0ns : 200ns) << "a tenth of 2 us";
    }
  }
}

}  // namespace
}  // namespace coresweep
