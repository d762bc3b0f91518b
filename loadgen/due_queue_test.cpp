#include "loadgen/due_queue.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <random>

namespace coresweep {
namespace {

TEST(DueQueue, GivesBackWhatWentInInItsOrder) {
  std::mt19937 random(1);
  DueQueue queue;
  std::deque<std::int64_t> expected;
  for (std::int64_t i = 0; i < 100'000; ++i) {
    // Long runs of either, so that it grows far and is empty now and then.
    const bool grows = (i / 5'000) % 2 == 0;
    if (random() % 10 < (grows ? 7U : 3U)) {
      queue.push({.due_ns = i, .with_slot_ns = -i});
      expected.push_back(i);
    } else if (!expected.empty()) {
      const DueRequest oldest = queue.pop();
      ASSERT_EQ(oldest.due_ns, expected.front());
      ASSERT_EQ(oldest.with_slot_ns, -expected.front());
      expected.pop_front();
    }
    ASSERT_EQ(queue.size(), expected.size());
    ASSERT_EQ(queue.empty(), expected.empty());
  }
}

}  // namespace
}  // namespace coresweep
