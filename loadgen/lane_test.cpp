#include "loadgen/lane.hpp"

#include <gtest/gtest.h>

namespace coresweep {
namespace {

TEST(Lane, KnowsForHowLongItHadASlot) {
  const CallTemplate call;
  Lane lane(Connection(call, 1));
  EXPECT_EQ(lane.with_slot_ns(1'000), 0);
  lane.see_slot(true, 100);
  lane.see_slot(true, 130);  // still
  EXPECT_EQ(lane.with_slot_ns(90), 0);
  EXPECT_EQ(lane.with_slot_ns(150), 50);
  lane.see_slot(false, 160);
  lane.see_slot(false, 170);
  EXPECT_EQ(lane.with_slot_ns(190), 60);
  lane.see_slot(true, 200);
  EXPECT_EQ(lane.with_slot_ns(210), 70);
}

// Stopped until 500, with a slot all the time: what was due meanwhile was late until then, however
// long those before it take their turns.
TEST(Lane, WhatWaitsBehindALateRequestWasAsLate) {
  const CallTemplate call;
  Lane lane(Connection(call, 1));
  lane.see_slot(true, 100);
  for (const std::int64_t due : {200, 300}) {
    lane.due.push({.due_ns = due, .with_slot_ns = lane.with_slot_ns(due)});
  }
  EXPECT_EQ(lane.with_slot_ns(500) - lane.due.pop().with_slot_ns, 300);
  lane.see_slot(false, 500);
  lane.see_slot(true, 560);  // the first is answered
  EXPECT_EQ(lane.with_slot_ns(561) - lane.due.pop().with_slot_ns, 201);
}

}  // namespace
}  // namespace coresweep
