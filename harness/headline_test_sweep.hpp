// For tests of headlines: a sweep of two arms.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "harness/headline.hpp"

namespace coresweep {

/// A sweep of two arms whose outcomes a test writes down block by block.
class HeadlineTest : public testing::Test {
 protected:
  // Of `threads`: cells 0 and 1 are the arms at the first count, 2 and 3 at the second, and so on.
  void plan_for(std::vector<int> threads, int blocks) {
    plan_.architectures = {"shared_reactor", "reuseport_loops"};
    plan_.threads = std::move(threads);
    plan_.blocks = blocks;
    const std::string& first = plan_.http2.front();
    plan_.load.connections = {64};
    plan_.load.streams = {10};
    plan_.headline =
        Headline{"reuseport_loops", first, "shared_reactor", first, plan_.threads.back()};
    plan_.headline->load = {64, 10};
    for (const int count : plan_.threads) {
      for (const std::string& http2 : plan_.http2) {
        for (const std::string& architecture : plan_.architectures) {
          cells_.push_back({Role::kArm, architecture, http2, count, 64, 10});
        }
      }
    }
    cells_.push_back({Role::kCeiling, "reuseport_loops", "null", plan_.threads.back(), 64, 10});
  }

  void add(std::size_t cell, int block, double figure, std::vector<std::string> verdicts = {}) {
    outcomes_.push_back({cell, block, figure, std::move(verdicts)});
  }

  // One block in which the second arm is `ratio` times the first, whatever the block's own level.
  void add_pair(std::size_t first_cell, int block, double ratio) {
    const double level = 1000.0 * (block + 1);
    add(first_cell, block, level);
    add(first_cell + 1, block, level * ratio);
  }

  std::vector<std::string> lines(const char* machine = "core:32 pu:1") const {
    const CpuDivision division = divide_cpus(synthetic_cpu_topology(machine).value());
    return headline_lines(plan_, cells_, outcomes_, division);
  }

  // Two arms each at one thread count, lean's before nghttp2's, and the headline under lean.
  void plan_for_two_http2(std::vector<int> threads, int blocks) {
    plan_.http2 = {"lean", "nghttp2"};
    plan_for(std::move(threads), blocks);
  }

  Plan plan_ = [] {
    Plan plan;
    plan.http2 = {"nghttp2"};
    plan.twin_blocks = 6;
    return plan;
  }();
  std::vector<Cell> cells_;
  std::vector<Outcome> outcomes_;
};

}  // namespace coresweep
