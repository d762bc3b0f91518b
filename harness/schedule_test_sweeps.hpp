// For tests of schedules: plans of two arms, and sweeps of them whose trials a test answers.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "harness/schedule.hpp"

namespace coresweep {

inline const PlanContext kEightCpus{
    {"shared_reactor", "reuseport_loops"}, {"lean", "nghttp2", "null"}, 8, 16};

/// Of eight blocks, and of nothing but these.
inline Plan plan_of_two_arms() {
  return read_plan(
      R"({"architectures": ["shared_reactor", "reuseport_loops"], "threads": [1, 2, 4],
          "blocks": 8, "twin_blocks": 0, "controls": false, "reruns": 0})",
      "plan.json", kEightCpus);
}

/// Of the two arms at two threads, and of nothing else.
inline Plan plan_of_one_pair(int blocks, int reruns) {
  Plan plan = plan_of_two_arms();
  plan.threads = {2};
  plan.ceiling = false;
  plan.blocks = blocks;
  plan.reruns = reruns;
  return plan;
}

/// Of six blocks, and with what else a plan has by itself.
inline Plan sweep_plan_with(const std::string& more) {
  return read_plan(R"({"architectures": ["shared_reactor", "reuseport_loops"], "threads": [1, 2],
                       "blocks": 6, "duration": "2s", "streams": 10)" + more + "}",
                   "plan.json", kEightCpus);
}

/// Threads beyond the server set share CPUs with the load.
inline Schedule schedule_for(const Plan& plan, const std::vector<Cell>& cells,
                             std::uint64_t seed = 1) {
  return {plan, cells, seed, {[](const Cell& cell) { return cell.threads <= 8; },
                              [](const Cell&) { return 100'000; }}};
}

inline Schedule schedule_for(const Plan& plan, std::uint64_t seed = 1) {
  return schedule_for(plan, cells_of(plan, kEightCpus), seed);
}

inline Outcome outcome_for(const PlannedTrial& planned, double throughput_per_s,
                           std::vector<std::string> verdicts = {}) {
  Outcome outcome;
  outcome.cell = planned.cell;
  outcome.block = planned.block;
  outcome.attempt = planned.attempt;
  outcome.throughput_per_s = throughput_per_s;
  outcome.verdicts = std::move(verdicts);
  outcome.server_cpu_per_request_s = 2e-6;
  return outcome;
}

using Answer = std::function<Outcome(const Schedule&, const PlannedTrial&)>;

inline Outcome always_valid(const Schedule&, const PlannedTrial& planned) {
  return outcome_for(planned, 1000);
}

/// Every trial of the sweep, each answered by `answer`.
inline std::vector<PlannedTrial> run_all(Schedule& schedule, const Answer& answer = always_valid) {
  std::vector<PlannedTrial> trials;
  while (const auto planned = schedule.next()) {
    EXPECT_EQ(planned, schedule.next()) << "asked twice";
    trials.push_back(*planned);
    schedule.add(answer(schedule, *planned));
  }
  return trials;
}

inline std::vector<std::string> roles_of(const Schedule& schedule,
                                         const std::vector<PlannedTrial>& trials) {
  std::vector<std::string> roles;
  for (const PlannedTrial& trial : trials) {
    roles.push_back(role_name(schedule.cells()[trial.cell].role));
  }
  return roles;
}

inline std::map<std::string, int> counted_roles(const Schedule& schedule,
                                                const std::vector<PlannedTrial>& trials) {
  std::map<std::string, int> counts;
  for (const std::string& role : roles_of(schedule, trials)) {
    ++counts[role];
  }
  return counts;
}

}  // namespace coresweep
