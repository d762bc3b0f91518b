#include "protocol/stream_table.hpp"

#include <gmock/gmock.h>

#include <vector>

namespace coresweep {
namespace {

TEST(StreamTable, FindsWhatIsOpenAndNothingElse) {
  StreamTable table;
  for (const std::uint32_t id : {1U, 5U, 9U}) {
    table.open(id);
  }
  table.close(*table.find(5));
  EXPECT_EQ(table.size(), 2U);
  for (const std::uint32_t id : {0U, 3U, 5U, 7U, 11U}) {
    EXPECT_EQ(table.find(id), nullptr) << id;
  }
  std::vector<std::uint32_t> ids;
  table.for_each([&](const ServerStream& stream) { ids.push_back(stream.id); });
  EXPECT_THAT(ids, testing::ElementsAre(1, 9));
}

TEST(StreamTable, AStreamKeepsItsPlaceWhileOthersComeAndGo) {
  StreamTable table;
  const ServerStream* const first = &table.open(1);
  for (std::uint32_t id = 3; id < 2'000; id += 2) {
    table.open(id);
  }
  for (std::uint32_t id = 3; id < 2'000; id += 2) {
    table.close(*table.find(id));
  }
  EXPECT_EQ(table.find(1), first);
}

// The next request on a used stream must not see the last one's.
TEST(StreamTable, ANewStreamHasNothingOfAnOldOne) {
  StreamTable table;
  ServerStream& old = table.open(1);
  old.request_ended = old.in_line = true;
  old.unacknowledged = 7;
  old.content_length = 7;
  old.body = old.reply = std::string(10'000, 'x');
  old.reply_sent = 7;
  table.close(old);
  const ServerStream& fresh = table.open(3);
  EXPECT_EQ(fresh.id, 3U);
  EXPECT_FALSE(fresh.request_ended || fresh.in_line || fresh.content_length);
  EXPECT_EQ(fresh.unacknowledged + fresh.reply_sent + fresh.buffered(), 0U);
  EXPECT_LT(fresh.body.capacity() + fresh.reply.capacity(), 1'000U);
}

}  // namespace
}  // namespace coresweep
