#include "harness/capacity_lines.hpp"

#include <gmock/gmock.h>

namespace coresweep {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kWithin = "with a p99 from due of at most 2ms";

Outcome trial_at_a_rate(std::vector<std::string> verdicts, std::optional<double> p99_ns = 1e6) {
  Outcome outcome;
  outcome.throughput_per_s = 1000;
  outcome.verdicts = std::move(verdicts);
  outcome.latency.p99_ns = p99_ns;
  return outcome;
}

TEST(RateHeld, IsNotKnownForTheHostAloneOnlyWhereNothingElseKeptItSo) {
  const auto said = [](const Outcome& outcome) { return rate_held(outcome, 2ms); };
  EXPECT_EQ(said(trial_at_a_rate({})), RateHeld::kYes);
  EXPECT_EQ(said(trial_at_a_rate({}, 3e6)), RateHeld::kNo);
  EXPECT_EQ(said(trial_at_a_rate({"missed_rate"})), RateHeld::kNo);
  EXPECT_EQ(said(trial_at_a_rate({"noisy_host"})), RateHeld::kNoisy);
  EXPECT_EQ(said(trial_at_a_rate({"missed_rate", "noisy_host"})), RateHeld::kNoisy);
  EXPECT_EQ(said(trial_at_a_rate({"client_bound"})), RateHeld::kYes);
  EXPECT_EQ(said(trial_at_a_rate({"client_bound", "missed_rate"})), RateHeld::kUntold);
  EXPECT_EQ(said(trial_at_a_rate({"client_late"})), RateHeld::kUntold);
  EXPECT_EQ(said(trial_at_a_rate({"client_late", "noisy_host"})), RateHeld::kUntold);
  EXPECT_EQ(said(trial_at_a_rate({"port_trouble"})), RateHeld::kUntold);
  EXPECT_EQ(said(trial_at_a_rate({"little_violation"})), RateHeld::kUntold);
  EXPECT_EQ(said(trial_at_a_rate({}, std::nullopt)), RateHeld::kUntold);
}

// Nine blocks of two arms, of which the second holds twice as much.
class CapacityLinesTest : public testing::Test {
 protected:
  CapacityLinesTest() {
    const PlanContext context{{"shared_reactor", "reuseport_loops"}, {"lean"}, 1, 2};
    plan_ = read_plan(
        R"({"architectures": ["shared_reactor", "reuseport_loops"], "threads": [1],
            "connections": 64, "streams": 10, "capacity_p99": "2ms"})",
        "plan.json", context);
    blocks_.resize(9);
    std::int64_t times = 0;
    for (const Cell& cell : cells_of(plan_, context)) {
      ++times;
      for (std::size_t block = 0; block < blocks_.size(); ++block) {
        const std::int64_t held = times * (10'000 + static_cast<std::int64_t>(block));
        blocks_[block].push_back({cell, {SearchEnd::kConfirmed, held, held + 1, true, 8, 0}, {}});
      }
    }
  }

  // The second arm's search in the first so many blocks.
  void end_in(std::size_t blocks, SearchEnd end, std::int64_t held_per_s,
              const std::string& verdict) {
    for (std::size_t block = 0; block < blocks; ++block) {
      blocks_[block][1].capacity = {end, held_per_s, std::nullopt, false, 2, 7};
      blocks_[block][1].said_nothing = {{verdict, 7}};
    }
  }

  std::vector<std::string> lines() const { return capacity_lines(plan_, blocks_); }

  Plan plan_;
  std::vector<std::vector<CapacityPhase::Found>> blocks_;
};

TEST_F(CapacityLinesTest, OfAllBlocks) {
  EXPECT_THAT(
      lines(),
      ElementsAre("shared_reactor/lean/t1/c64/s10 holds 10,004/s (10,001-10,007, 96.1 % "
                  "interval), 9 blocks " + std::string(kWithin),
                  "reuseport_loops/lean/t1/c64/s10 holds 20,008/s (20,002-20,014, 96.1 % "
                  "interval), 9 blocks " + std::string(kWithin),
                  "capacity, reuseport_loops / shared_reactor: 2.00x (2.00-2.00, 96.1 % interval), "
                  "9 blocks at 1 thread"));
}

TEST_F(CapacityLinesTest, WhatOutranItsClientInSomeBlocksHasNoRatioOfTheOthers) {
  end_in(4, SearchEnd::kUntold, 19'000, "client_late");
  EXPECT_EQ(lines()[1],
            "reuseport_loops/lean/t1/c64/s10 holds at least 20,008/s, 9 blocks " +
                std::string(kWithin) +
                "; 4 of 9 searches ended where the load generator, its ports or its window was the "
                "limit; trials that said nothing: client_late 28");
  EXPECT_EQ(lines()[2],
            "no headline: in 4 of 9 blocks the load generator, its ports or its window was the "
            "limit of an arm of reuseport_loops / shared_reactor (leaving these out would select "
            "the answer)");
  end_in(5, SearchEnd::kUntold, 0, "client_late");
  EXPECT_THAT(lines()[1], StartsWith("reuseport_loops/lean/t1/c64/s10: not known what it holds "));
}

TEST_F(CapacityLinesTest, WhatTheHostSpoiltIsLeftOutAndCounted) {
  end_in(2, SearchEnd::kTooNoisy, 9'000, "noisy_host");
  EXPECT_THAT(lines()[1], HasSubstr(" interval), 7 of 9 blocks with a p99"));
  EXPECT_THAT(lines()[1], HasSubstr("; 2 of 9 searches were spoilt by the host; "));
  EXPECT_EQ(lines()[2],
            "capacity, reuseport_loops / shared_reactor: 2.00x (2.00-2.00, 98.4 % interval), 7 of "
            "9 blocks at 1 thread");
}

TEST_F(CapacityLinesTest, OfHalfOfTheBlocksNothingIsSaid) {
  end_in(5, SearchEnd::kTooNoisy, 9'000, "noisy_host");
  EXPECT_EQ(lines()[1], "reuseport_loops/lean/t1/c64/s10: not known what it holds " +
                            std::string(kWithin) +
                            "; 5 of 9 searches were spoilt by the host; trials that said nothing: "
                            "noisy_host 35");
  EXPECT_EQ(lines()[2],
            "no headline: 4 of 9 blocks found what both arms of reuseport_loops / shared_reactor "
            "hold");
}

}  // namespace
}  // namespace coresweep
