#include "support/checksum.hpp"

#include <gmock/gmock.h>

#include <initializer_list>

namespace coresweep {
namespace {

std::string sum_of(std::initializer_list<std::string_view> texts) {
  Checksum checksum;
  for (const std::string_view text : texts) {
    checksum.add(text);
  }
  return checksum.text();
}

TEST(Checksum, IsThatOfALengthAndAText) {
  // Python: zlib.crc32(b"9:123456789")
  EXPECT_EQ(sum_of({"123456789"}), "6a8cfb0c");
  EXPECT_EQ(sum_of({}), "00000000");
}

TEST(Checksum, KeepsTextsAndTheirOrderApart) {
  EXPECT_NE(sum_of({"ab", "c"}), sum_of({"a", "bc"}));
  EXPECT_NE(sum_of({"a", "b"}), sum_of({"b", "a"}));
  EXPECT_NE(sum_of({""}), sum_of({}));
}

}  // namespace
}  // namespace coresweep
