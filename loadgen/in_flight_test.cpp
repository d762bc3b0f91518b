#include "loadgen/in_flight.hpp"

#include <gtest/gtest.h>

#include "loadgen/recorder.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;

TEST(InFlight, IsExactAtTheWindowsEdges) {
  const Schedule schedule(1'000, 100ns, 200ns);  // from 1,100 to 1,300
  InFlight requests(schedule);
  EXPECT_EQ(requests.mean_in_window(), 0);
  requests.change(1'010, 3);  // in the warm-up
  requests.change(1'090, -1);
  EXPECT_EQ(requests.mean_in_window(), 2);  // as it would stay
  requests.change(1'150, 2);
  requests.change(1'250, -3);
  EXPECT_EQ(requests.count(), 1);
  EXPECT_EQ(requests.mean_in_window(), (50 * 2 + 100 * 4 + 50 * 1) / 200.0);
  requests.change(1'400, -1);  // after it
  EXPECT_EQ(requests.mean_in_window(), (50 * 2 + 100 * 4 + 50 * 1) / 200.0);
}

TEST(InFlight, WhatIsOverBeforeTheWindowOrBeginsAfterItIsNotOfIt) {
  const Schedule schedule(0, 100ns, 200ns);
  InFlight requests(schedule);
  requests.change(10, 5);
  requests.change(100, -5);
  requests.change(300, 7);
  requests.change(310, -6);
  EXPECT_EQ(requests.mean_in_window(), 0);
}

// Three requests at a time, each 40 long, over both edges of the window. Each says that it was sent
// by `late` later than it was.
double by_latency_over_by_slots(std::int64_t late) {
  const Schedule schedule(0, 100ns, 1'000ns);
  InFlight requests(schedule);
  Recorder recorder(schedule);
  for (std::int64_t sent = 10; sent < 1'200; sent += 40) {
    requests.change(sent, 3);
    requests.change(sent + 40, -3);
    for (int i = 0; i < 3; ++i) {
      recorder.on_finished(CallOutcome::answered, {.due = sent, .sent = sent + late}, sent + 40);
    }
  }
  EXPECT_EQ(requests.mean_in_window(), 3);
  return recorder.figures().in_flight_mean_by_latency / requests.mean_in_window();
}

TEST(InFlight, IsWhatLatenciesComeToUnlessTheyAreStampedWrongly) {
  EXPECT_EQ(by_latency_over_by_slots(0), 1);
  EXPECT_NEAR(by_latency_over_by_slots(1), 39.0 / 40, 0.001);
  EXPECT_NEAR(by_latency_over_by_slots(-2), 42.0 / 40, 0.001);
}

}  // namespace
}  // namespace coresweep
