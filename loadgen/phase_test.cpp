#include "loadgen/phase.hpp"

#include <gmock/gmock.h>

namespace coresweep {
namespace {

using namespace std::chrono_literals;

TEST(Schedule, EachEdgeBelongsToWhatFollowsIt) {
  const Schedule schedule(1'000, 500ns, 2'000ns);
  EXPECT_EQ(schedule.phase_at(1'000), Phase::warmup);
  EXPECT_EQ(schedule.phase_at(1'499), Phase::warmup);
  EXPECT_EQ(schedule.phase_at(1'500), Phase::window);
  EXPECT_EQ(schedule.phase_at(3'499), Phase::window);
  EXPECT_EQ(schedule.phase_at(3'500), Phase::cooldown);
  EXPECT_EQ(schedule.phase_at(3'499 + 100'000'000), Phase::cooldown);
  EXPECT_EQ(schedule.phase_at(3'500 + 100'000'000), Phase::drain);
  EXPECT_EQ(schedule.phase_at(3'499 + 1'900'000'000), Phase::drain);
  EXPECT_EQ(schedule.phase_at(3'500 + 1'900'000'000), Phase::over);
}

TEST(Schedule, WithoutWarmupTheWindowBeginsAtOnce) {
  EXPECT_EQ(Schedule(1'000, 0ns, 1s).phase_at(1'000), Phase::window);
}

TEST(Schedule, NextEdgeIsNeverBehind) {
  const Schedule schedule(0, 10ns, 20ns);
  EXPECT_EQ(schedule.next_edge(0), schedule.window_begin);
  EXPECT_EQ(schedule.next_edge(schedule.window_begin), schedule.window_end);
  EXPECT_EQ(schedule.next_edge(schedule.window_end), schedule.drain_begin);
  EXPECT_EQ(schedule.next_edge(schedule.drain_begin), schedule.drain_end);
}

}  // namespace
}  // namespace coresweep
