#include "loadgen/timer_queue.hpp"

#include <gmock/gmock.h>

#include <set>

#include "loadgen/source_addresses.hpp"

namespace coresweep {
namespace {

TEST(TimerQueue, GivesTheEarliestFirst) {
  TimerQueue timers;
  EXPECT_EQ(timers.next_at(), TimerQueue::kNever);
  timers.push(30, 1);
  timers.push(10, 2);
  timers.push(20, 3);
  timers.push(10, 4);
  EXPECT_EQ(timers.next_at(), 10);
  const std::set<std::size_t> first{timers.pop(), timers.pop()};
  EXPECT_THAT(first, testing::ElementsAre(2, 4));
  EXPECT_EQ(timers.pop(), 3U);
  EXPECT_EQ(timers.next_at(), 30);
  EXPECT_EQ(timers.pop(), 1U);
  EXPECT_EQ(timers.next_at(), TimerQueue::kNever);
}

TEST(SourceAddresses, AreAThousandOfTheLoopbacks) {
  SourceAddresses sources(3);
  std::set<std::uint32_t> seen;
  for (int i = 0; i < 2'000; ++i) {
    const SocketAddress address = sources.next();
    EXPECT_TRUE(SourceAddresses::can_reach(address));
    seen.insert(ntohl(reinterpret_cast<const sockaddr_in*>(&address.storage)->sin_addr.s_addr));
  }
  EXPECT_EQ(seen.size(), 1'016U);
  EXPECT_EQ(*seen.begin(), 0x7f010001U);   // 127.1.0.1
  EXPECT_EQ(*seen.rbegin(), 0x7f0103feU);  // 127.1.3.254
}

TEST(SourceAddresses, AreOnlyForLoopback) {
  EXPECT_TRUE(SourceAddresses::can_reach(resolve("127.9.8.7", 1).front()));
  EXPECT_FALSE(SourceAddresses::can_reach(resolve("192.0.2.1", 1).front()));
  EXPECT_FALSE(SourceAddresses::can_reach(resolve("::1", 1).front()));
}

}  // namespace
}  // namespace coresweep
