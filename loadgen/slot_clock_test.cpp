#include "loadgen/slot_clock.hpp"

#include <gtest/gtest.h>

namespace coresweep {
namespace {

TEST(SlotClock, KnowsForHowLongThereWasASlot) {
  SlotClock slot;
  EXPECT_EQ(slot.free_until(1'000), 0);
  slot.see(true, 100);
  slot.see(true, 130);  // still
  EXPECT_EQ(slot.free_until(150), 50);
  slot.see(false, 160);
  slot.see(false, 170);
  EXPECT_EQ(slot.free_until(190), 60);
  EXPECT_EQ(slot.free_until(120), 20);
  slot.see(true, 200);
  EXPECT_EQ(slot.free_until(210), 70);
  EXPECT_EQ(slot.free_until(199), 60);  // it had none then
  EXPECT_EQ(slot.free_until(161), 60);
}

// Stopped until 500, with a slot all the time: what was due meanwhile was late until then, however
// long those before it take their turns, and however late it is drawn.
TEST(SlotClock, WhatWaitsBehindALateRequestWasAsLate) {
  SlotClock slot;
  slot.see(true, 100);
  const std::int64_t at_200 = slot.free_until(200);
  const std::int64_t at_300 = slot.free_until(300);
  EXPECT_EQ(slot.free_until(500) - at_200, 300);
  slot.see(false, 500);
  EXPECT_EQ(slot.free_until(300), at_300);
  slot.see(true, 560);  // the first is answered
  EXPECT_EQ(slot.free_until(300), at_300);
  EXPECT_EQ(slot.free_until(561) - at_300, 201);
  slot.see(false, 561);
  // Further back it is taken for free: the 60 of the answer too.
  EXPECT_EQ(slot.free_until(570) - slot.free_until(300), 261);
}

}  // namespace
}  // namespace coresweep
