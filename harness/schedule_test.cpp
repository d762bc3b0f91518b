// What runs again, when a sweep ends, and that it goes on from any point.
#include <gmock/gmock.h>

#include <algorithm>

#include "harness/schedule_test_sweeps.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Schedule, NeighboursThatTheHostSpoiltRunAgainAllTogether) {
  const Plan plan = plan_of_one_pair(3, 2);
  Schedule schedule = schedule_for(plan);
  const Answer answer = [](const Schedule&, const PlannedTrial& planned) {
    const bool is_spoilt = planned.block == 1 && planned.cell == 0 && planned.attempt <= 2;
    return outcome_for(planned, 1000 + planned.attempt,
                       is_spoilt ? std::vector<std::string>{"noisy_host"}
                                 : std::vector<std::string>());
  };
  const auto trials = run_all(schedule, answer);
  std::vector<std::pair<int, int>> attempts;
  for (const PlannedTrial& trial : trials) {
    attempts.emplace_back(trial.block, trial.attempt);
  }
  EXPECT_EQ(attempts, (std::vector<std::pair<int, int>>{{0, 1}, {0, 1}, {1, 1}, {1, 1}, {1, 2},
                                                        {1, 2}, {1, 3}, {1, 3}, {2, 1}, {2, 1}}));
  const auto counting = last_attempts(schedule.outcomes());
  EXPECT_EQ(counting.size(), 6U);
  EXPECT_TRUE(std::all_of(counting.begin(), counting.end(),
                          [](const Outcome& outcome) { return outcome.is_valid(); }));
}

TEST(Schedule, WhatIsWrongForACauseOfItsOwnIsNotTriedAgain) {
  Plan plan = plan_of_two_arms();
  plan.reruns = 5;
  Schedule schedule = schedule_for(plan);
  const Answer answer = [](const Schedule&, const PlannedTrial& planned) {
    return outcome_for(planned, 1000, {"missed_rate", "noisy_host"});
  };
  for (const PlannedTrial& trial : run_all(schedule, answer)) {
    EXPECT_EQ(trial.attempt, 1);
  }
}

TEST(Schedule, ALimitOfOneCellIsNoReasonToKeepWhatTheHostSpoiltBesideIt) {
  const Plan plan = plan_of_one_pair(1, 1);
  for (const char* limit : {"client_bound", "unsaturated", "shared_cpus"}) {
    Schedule schedule = schedule_for(plan);
    const Answer limited = [limit](const Schedule&, const PlannedTrial& planned) {
      return outcome_for(planned, 1000, {planned.cell == 0 ? limit : "noisy_host"});
    };
    EXPECT_EQ(run_all(schedule, limited).size(), 4U) << limit;
    Schedule alone = schedule_for(plan);
    const Answer never_noisy = [limit](const Schedule&, const PlannedTrial& planned) {
      return outcome_for(planned, 1000, {limit});
    };
    EXPECT_EQ(run_all(alone, never_noisy).size(), 2U) << limit;
  }
  for (const char* own : {"failed", "unsteady", "port_trouble", "missed_rate", "client_late",
                          "little_violation"}) {
    Schedule schedule = schedule_for(plan);
    const Answer answer = [own](const Schedule&, const PlannedTrial& planned) {
      return outcome_for(planned, 1000, {planned.cell == 0 ? own : "noisy_host"});
    };
    EXPECT_EQ(run_all(schedule, answer).size(), 2U) << own;
  }
}

TEST(Schedule, WhatWasLostWithAHostRunsAgainAndIsNoRerunOfThePlans) {
  const Plan plan = plan_of_one_pair(1, 1);
  Schedule schedule = schedule_for(plan);
  const Answer answer = [](const Schedule&, const PlannedTrial& planned) {
    if (planned.attempt <= 3 && planned.trial % 2 == 0) {
      return outcome_for(planned, 1000, {"failed", "lost_host"});
    }
    return outcome_for(planned, 1000, {planned.attempt == 4 ? "noisy_host" : "client_bound"});
  };
  std::vector<int> attempts;
  for (const PlannedTrial& trial : run_all(schedule, answer)) {
    attempts.push_back(trial.attempt);
  }
  EXPECT_THAT(attempts, ElementsAre(1, 1, 2, 2, 3, 3, 4, 4, 5, 5));
}

TEST(Schedule, WhatFailedByItselfIsKeptThoughItsNeighbourWasLost) {
  const Plan plan = plan_of_one_pair(1, 1);
  Schedule schedule = schedule_for(plan);
  const Answer answer = [](const Schedule&, const PlannedTrial& planned) {
    return outcome_for(planned, 1000,
                       planned.trial == 0 ? std::vector<std::string>{"failed"}
                                          : std::vector<std::string>{"failed", "lost_host"});
  };
  EXPECT_EQ(run_all(schedule, answer).size(), 2U);
}

TEST(Schedule, AFailureIsNotRunAgainBecauseTheSweepWasStoppedBehindIt) {
  const Plan plan = plan_of_one_pair(1, 0);
  for (const char* verdict : {"failed", "noisy_host"}) {
    Schedule schedule = schedule_for(plan);
    const Answer answer = [verdict](const Schedule&, const PlannedTrial& planned) {
      Outcome outcome = outcome_for(planned, 1000);
      if (planned.trial == 0) {
        outcome.verdicts = {verdict};
      } else {
        outcome.session = 1;
      }
      return outcome;
    };
    const bool is_external = std::string(verdict) == "noisy_host";
    EXPECT_EQ(run_all(schedule, answer).size(), is_external ? 4U : 2U) << verdict;
  }
}

TEST(Schedule, ASweepUntilItsIntervalIsNarrowEndsAtALook) {
  Plan plan = sweep_plan_with(R"(, "twin_blocks": 0, "controls": false, "ceiling": false)");
  end_at_looks(plan, 0.02);
  Schedule schedule = schedule_for(plan);
  const Answer steady = [](const Schedule& of, const PlannedTrial& planned) {
    const bool is_over = of.cells()[planned.cell].architecture == "reuseport_loops";
    return outcome_for(planned, is_over ? 2000 + planned.block % 3 : 1000);
  };
  EXPECT_EQ(run_all(schedule, steady).size(), 8U * 4);
  EXPECT_EQ(schedule.blocks(), 8);
  EXPECT_THAT(schedule.remarks(), ElementsAre(HasSubstr("stopped after 8 blocks")));
  Schedule unsteady_schedule = schedule_for(plan);
  const Answer unsteady = [](const Schedule& of, const PlannedTrial& planned) {
    const bool is_over = of.cells()[planned.cell].architecture == "reuseport_loops";
    return outcome_for(planned, is_over ? 1000 + 400 * (planned.block % 3) : 1000);
  };
  EXPECT_EQ(run_all(unsteady_schedule, unsteady).size(), 32U * 4);
}

TEST(Schedule, NoLookEndsASweepOnARatioThatItsHeadlineRefuses) {
  Plan plan =
      sweep_plan_with(R"(, "twin_blocks": 0, "controls": false, "ceiling": false, "reruns": 0)");
  end_at_looks(plan, 0.02);
  // An arm that failed once, in the first block; or the host in all but the first eight of 16.
  const auto until = [&plan](const std::string& verdict, int first, int last) {
    Schedule schedule = schedule_for(plan);
    const Answer answer = [&](const Schedule& of, const PlannedTrial& planned) {
      const bool is_over = of.cells()[planned.cell].architecture == "reuseport_loops";
      Outcome outcome = outcome_for(planned, is_over ? 2000 : 1000);
      if (is_over && first <= planned.block && planned.block <= last) {
        outcome.verdicts = {verdict};
      }
      return outcome;
    };
    run_all(schedule, answer);
    return std::pair(schedule.blocks(), schedule.remarks().back());
  };
  EXPECT_EQ(until("failed", 0, 0),
            std::pair(32, std::string("ended after 32 blocks: they gave no ratio that may be told, "
                                      "asked were 2 %")));
  EXPECT_THAT(until("noisy_host", 0, 7),
              testing::Pair(23, HasSubstr("stopped after 23 blocks: the interval is ")))
      << "of 16 blocks just half are left";
}

struct KindOfSweep {
  const char* more;
  void (*change)(Plan& plan);
};

class GoesOnFromAnyPoint : public testing::TestWithParam<KindOfSweep> {};

// What resume relies on: told what a sweep had come to, another goes on as that one did.
TEST_P(GoesOnFromAnyPoint, AsIfItHadNeverStopped) {
  Plan plan = sweep_plan_with(GetParam().more);
  GetParam().change(plan);
  const Answer answer = [](const Schedule& of, const PlannedTrial& planned) {
    const bool is_missed = of.cells()[planned.cell].load.rate_per_s > 1000;
    const bool is_spoilt = planned.trial % 7 == 3;
    return outcome_for(planned, 1000 + planned.trial,
                       is_missed   ? std::vector<std::string>{"missed_rate"}
                       : is_spoilt ? std::vector<std::string>{"noisy_host"}
                                   : std::vector<std::string>());
  };
  Schedule whole = schedule_for(plan, 9);
  const auto trials = run_all(whole, answer);
  for (std::size_t stop = 0; stop <= trials.size(); ++stop) {
    Schedule resumed = schedule_for(plan, 9);
    for (std::size_t i = 0; i < stop; ++i) {
      ASSERT_EQ(resumed.next(), trials[i]);
      resumed.add(whole.outcomes()[i]);
    }
    const auto rest = run_all(resumed, answer);
    ASSERT_EQ(rest, std::vector<PlannedTrial>(trials.begin() + static_cast<std::ptrdiff_t>(stop),
                                              trials.end()));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Schedule, GoesOnFromAnyPoint,
    testing::Values(
        KindOfSweep{R"(, "twin_blocks": 2, "mode": "churn", "requests_per_connection": 1)",
                    [](Plan&) {}},
        KindOfSweep{R"(, "mode": "poisson", "rate": ["30%", "70%"])", [](Plan&) {}},
        KindOfSweep{R"(, "twin_blocks": 0)", [](Plan& plan) { end_at_looks(plan, 0.02); }},
        KindOfSweep{"", [](Plan& plan) { search_capacity(plan, 2ms); }}));

}  // namespace
}  // namespace coresweep
