#include "support/json_lines.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <array>
#include <string>

#include "support/file_descriptor.hpp"

namespace coresweep {
namespace {

TEST(JsonLines, WritesOneLineWithKeysInTheirOrder) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const FileDescriptor reader(ends[0]);
  const FileDescriptor writer(ends[1]);

  ASSERT_TRUE(write_json_line(writer.get(), Json{{"zebra", 1}, {"ant", "a\nb"}}));

  std::array<char, 256> buffer{};
  const ssize_t size = ::read(reader.get(), buffer.data(), buffer.size());
  ASSERT_GT(size, 0);
  EXPECT_EQ(std::string(buffer.data(), static_cast<std::size_t>(size)),
            "{\"zebra\":1,\"ant\":\"a\\nb\"}\n");
}

TEST(JsonLines, ReplacesBytesThatAreNoUtf8) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const FileDescriptor reader(ends[0]);
  const FileDescriptor writer(ends[1]);
  EXPECT_TRUE(write_json_line(writer.get(), Json{{"stderr", "\xff\xfe"}}));
}

TEST(JsonLines, SaysWhenNobodyCanRead) { EXPECT_FALSE(write_json_line(-1, Json::object())); }

TEST(JsonLines, TakesObjectsOnly) {
  EXPECT_TRUE(parse_json_line(R"({"event":"ready"})").has_value());
  EXPECT_FALSE(parse_json_line("[1,2]").has_value());
  EXPECT_FALSE(parse_json_line("{\"torn\":").has_value());
  EXPECT_FALSE(parse_json_line("").has_value());
}

}  // namespace
}  // namespace coresweep
