#include "loadgen/in_flight.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace coresweep
