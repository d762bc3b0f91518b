#include "servers/read_buffer.hpp"

#include <gtest/gtest.h>

namespace coresweep {
namespace {

TEST(ReadBuffer, GrowsWhenAReadFillsItAndShrinksWhenTheSmallOneWouldDo) {
  ReadBuffer buffer;
  EXPECT_EQ(buffer.room().size(), ReadBuffer::kSmall);
  buffer.fit(ReadBuffer::kSmall - 1);
  EXPECT_EQ(buffer.room().size(), ReadBuffer::kSmall);
  buffer.fit(ReadBuffer::kSmall);
  EXPECT_EQ(buffer.room().size(), ReadBuffer::kLarge);
  buffer.fit(ReadBuffer::kLarge);
  buffer.fit(ReadBuffer::kSmall);  // it would have filled the small one: stay
  EXPECT_EQ(buffer.room().size(), ReadBuffer::kLarge);
  buffer.fit(ReadBuffer::kSmall - 1);
  EXPECT_EQ(buffer.room().size(), ReadBuffer::kSmall);
}

}  // namespace
}  // namespace coresweep
