#include "harness/end_record.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "harness/plan_test_texts.hpp"

namespace coresweep {
namespace {

Plan planned(const std::string& more) {
  return read_plan(plan_with(R"(, "threads": [1], "connections": 8, "streams": 2, "blocks": 2,
                                "twin_blocks": 0, "controls": false, "ceiling": false)" + more),
                   "plan.json", kTwoCpus);
}

ScheduleContext anything_goes() {
  return {[](const Cell&) { return true; }, [](const Cell&) { return std::int64_t{1'000}; }};
}

// Holds up to 10,000 requests a second, within 1 ms.
void run_to_its_end(Schedule& schedule) {
  while (const auto trial = schedule.next()) {
    const Cell& cell = schedule.cells()[trial->cell];
    Outcome outcome{trial->cell, trial->block, 12'000.0, {}};
    outcome.attempt = trial->attempt;
    if (cell.load.is_open()) {
      outcome.throughput_per_s = static_cast<double>(std::min<std::int64_t>(
          cell.load.rate_per_s, 10'000));
      outcome.latency.p99_ns = 1e6;
      if (cell.load.rate_per_s > 10'000) {
        outcome.verdicts = {"missed_rate"};
      }
    }
    schedule.add(outcome);
  }
}

Json end_of(const Plan& plan) {
  Schedule schedule(plan, cells_of(plan, kTwoCpus), 7, anything_goes());
  run_to_its_end(schedule);
  return end_record(schedule, {"an answer"}, "2026-11-26T00:00:00Z");
}

TEST(EndRecord, HasNoCapacitiesWhereNothingWasSearchedFor) {
  const Json end = end_of(planned(""));
  EXPECT_FALSE(end.contains("capacities"));
  EXPECT_EQ(end.at("trials"), 2);
  EXPECT_EQ(end.at("answer"), Json({"an answer"}));
}

TEST(EndRecord, HasASearchForEachShareAndOneOfEachBlockOfACapacity) {
  const Json shares = end_of(planned(R"(, "mode": "poisson", "rate": ["30%", "60%"])"));
  ASSERT_EQ(shares.at("capacities").size(), 1U);
  const Json blocks = end_of(planned(R"(, "capacity_p99": "2ms")"));
  ASSERT_EQ(blocks.at("capacities").size(), 2U);
  EXPECT_EQ(blocks.at("capacities")[1].at("block"), 1);
  for (const Json& end : {shares, blocks}) {
    const Json& search = end.at("capacities")[0];
    EXPECT_EQ(search.at("cell"), "shared_reactor/lean/t1/c8/s2");
    EXPECT_EQ(search.at("block"), 0);
    EXPECT_EQ(search.at("end"), "confirmed");
    EXPECT_LE(search.at("held_per_s"), 10'000);
    EXPECT_GT(search.at("not_held_per_s"), 10'000);
    EXPECT_LE(search.at("not_held_per_s").get<double>(),
              1.05 * search.at("held_per_s").get<double>() + 1);
    const Json& factors = search.at("factors");
    EXPECT_EQ(factors.at("mode"), "poisson");
    EXPECT_TRUE(factors.at("rate_per_s").is_null());
    EXPECT_TRUE(factors.at("rate_share").is_null());
    EXPECT_EQ(factors.at("connections"), 8);
  }
}

TEST(CapacitiesRecord, SaysHowEachSearchEnded) {
  const Cell cell = cells_of(planned(R"(, "capacity_p99": "2ms")"), kTwoCpus).front();
  const auto record = [&cell](SearchEnd end, std::optional<std::int64_t> not_held) {
    return capacities_record({{{cell, {end, 0, not_held, false, 1, 0}, {}}}})[0];
  };
  EXPECT_EQ(record(SearchEnd::kHighestHeld, {}).at("end"), "highest_held");
  EXPECT_TRUE(record(SearchEnd::kHighestHeld, {}).at("not_held_per_s").is_null());
  EXPECT_EQ(record(SearchEnd::kNothingHeld, 1).at("end"), "nothing_held");
  EXPECT_EQ(record(SearchEnd::kNothingHeld, 1).at("not_held_per_s"), 1);
  EXPECT_EQ(record(SearchEnd::kOutOfTrials, 9).at("end"), "out_of_trials");
  EXPECT_EQ(record(SearchEnd::kTooNoisy, {}).at("end"), "too_noisy");
  EXPECT_EQ(record(SearchEnd::kUntold, {}).at("end"), "untold");
}

}  // namespace
}  // namespace coresweep
