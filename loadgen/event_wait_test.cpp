#include "loadgen/event_wait.hpp"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <chrono>
#include <thread>
#include <vector>

#include "support/thread_usage.hpp"

namespace coresweep {
namespace {

using std::chrono_literals::operator""ms;

constexpr std::int64_t kMs = 1'000'000;

class Bell {
 public:
  explicit Bell(const EventWait& events) : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    epoll_event event{.events = EPOLLIN, .data = {.u64 = 7}};
    EXPECT_EQ(::epoll_ctl(events.epoll(), EPOLL_CTL_ADD, fd_.get(), &event), 0);
  }
  void ring() const { EXPECT_EQ(::eventfd_write(fd_.get(), 1), 0); }
  void hush() const {
    eventfd_t rung = 0;
    EXPECT_EQ(::eventfd_read(fd_.get(), &rung), 0);
  }

 private:
  FileDescriptor fd_;
};

TEST(EventWait, WhatWasThereBeforeItLookedCameAfterTheLookBefore) {
  EventWait events;
  const Bell bell(events);
  const std::int64_t before = monotonic_ns();
  EXPECT_TRUE(events.sleep_until(before).empty());
  const std::int64_t after = monotonic_ns();
  bell.ring();
  std::this_thread::sleep_for(5ms);  // busy with something else
  ASSERT_EQ(events.sleep_until(monotonic_ns() + 500 * kMs).size(), 1U);
  EXPECT_GE(events.came_after_ns(), before);
  EXPECT_LE(events.came_after_ns(), after);
}

TEST(EventWait, WhatEndsASleepCameThen) {
  EventWait events;
  const Bell bell(events);
  std::int64_t rung = 0;
  std::thread ringer([&] {
    std::this_thread::sleep_for(20ms);
    rung = monotonic_ns();
    bell.ring();
  });
  EXPECT_EQ(events.sleep_until(monotonic_ns() + 10'000 * kMs).size(), 1U);
  ringer.join();
  EXPECT_GE(events.came_after_ns(), rung);
  EXPECT_LE(events.came_after_ns(), monotonic_ns());
}

TEST(EventWait, WhatIsFoundAfterASleepCameAfterIt) {
  EventWait events;
  const Bell first(events);
  const Bell second(events);
  std::int64_t rung = 0;
  std::thread ringer([&] {
    std::this_thread::sleep_for(20ms);
    rung = monotonic_ns();
    first.ring();
  });
  EXPECT_EQ(events.sleep_until(monotonic_ns() + 10'000 * kMs).size(), 1U);
  ringer.join();
  first.hush();
  second.ring();
  EXPECT_EQ(events.sleep_until(0).size(), 1U);
  EXPECT_GE(events.came_after_ns(), rung);
}

TEST(EventWait, SpinningItKnowsToTheLook) {
  EventWait events;
  const Bell bell(events);
  std::int64_t ringing = 0;
  std::thread ringer([&] {
    std::this_thread::sleep_for(20ms);
    ringing = monotonic_ns();
    bell.ring();
  });
  std::size_t found = 0;
  while (found == 0) {  // each spin is shorter than what it does not sleep
    found = events.spin_until(monotonic_ns() + 50'000).size();
  }
  const std::int64_t seen = monotonic_ns();
  ringer.join();
  EXPECT_GT(events.spun_ns(), 0);
  EXPECT_GE(events.came_after_ns(), ringing - 20 * kMs);  // a neighbour may have had the CPU
  EXPECT_LE(events.came_after_ns(), seen);
  bell.hush();
}

// More than it tells at once: what is told next may have been there as long as the first.
TEST(EventWait, MoreThanItTellsAtOnceWereThereAllTheTime) {
  EventWait events;
  EXPECT_TRUE(events.sleep_until(0).empty());
  const std::int64_t after = monotonic_ns();
  std::vector<Bell> bells;
  for (int i = 0; i < 300; ++i) {
    bells.emplace_back(events).ring();
  }
  const std::size_t first = events.sleep_until(0).size();
  ASSERT_LT(first, bells.size());
  ASSERT_GT(events.sleep_until(0).size(), 0U);
  EXPECT_LE(events.came_after_ns(), after);
}

}  // namespace
}  // namespace coresweep
