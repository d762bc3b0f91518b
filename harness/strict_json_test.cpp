#include "harness/strict_json.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "harness/failure.hpp"

namespace coresweep {
namespace {

class ReadTextFile : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "read_text_file_" + std::to_string(::getpid());
    std::filesystem::create_directory(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static std::string complaint(const std::string& path) {
    try {
      static_cast<void>(read_text_file(path, 100));
    } catch (const WrongUsage& error) {
      return error.what();
    }
    return "accepted";
  }

  std::string folder_;
};

TEST_F(ReadTextFile, ReadsAllUpToTheLimit) {
  std::ofstream(folder_ + "/full") << std::string(100, 'x');
  EXPECT_EQ(read_text_file(folder_ + "/full", 100), std::string(100, 'x'));
}

TEST_F(ReadTextFile, RefusesALargerOne) {
  std::ofstream(folder_ + "/large") << std::string(101, 'x');
  EXPECT_EQ(complaint(folder_ + "/large"),
            folder_ + "/large: is larger than the 100 bytes that are allowed");
}

TEST_F(ReadTextFile, RefusesWhatIsNoFile) {
  EXPECT_EQ(complaint(folder_), folder_ + ": is a folder: a file is needed");
  EXPECT_EQ(complaint(folder_ + "/none"), folder_ + "/none: No such file or directory");
  // A pipe that nobody writes to would be waited on for ever, a device read without end.
  ASSERT_EQ(::mkfifo((folder_ + "/pipe").c_str(), 0600), 0);
  EXPECT_EQ(complaint(folder_ + "/pipe"), folder_ + "/pipe: is no regular file");
  EXPECT_EQ(complaint("/dev/zero"), "/dev/zero: is no regular file");
}

TEST_F(ReadTextFile, SaysWhenItIsNotAllowedToRead) {
  std::ofstream(folder_ + "/secret") << "x";
  ASSERT_EQ(::chmod((folder_ + "/secret").c_str(), 0), 0);
  // Root may read everything, so for this one question it is nobody.
  const uid_t user = ::geteuid();
  if (user == 0) {
    ASSERT_EQ(::seteuid(65534), 0);
  }
  const std::string line = complaint(folder_ + "/secret");
  ASSERT_EQ(::seteuid(user), 0);
  EXPECT_EQ(line, folder_ + "/secret: Permission denied");
}

// Every kind of complaint, in a text whose lines are all different.
const std::string kManyLines = R"({
  "numbers": [1,
    2, 3],
  "inner":
  {
    "name":
      "x",
    "lists": [["a"],
              ["b",
               7
]]
  },
  "last": -5
})";

std::string complaint_of(const std::function<void(const StrictObject&)>& read,
                         const std::string& text = kManyLines) {
  try {
    const StrictDocument document = parse_strict_json(text, "f");
    read(StrictObject(document, {"numbers", "inner", "last"}));
  } catch (const WrongUsage& error) {
    return error.what();
  }
  return "accepted";
}

TEST(StrictJson, EveryComplaintNamesItsLine) {
  const auto inner = [](const auto& read) {
    return complaint_of([&read](const StrictObject& fields) {
      read(StrictObject(fields, "inner", {"name", "lists"}));
    });
  };
  EXPECT_EQ(complaint_of([](const StrictObject& fields) {
              static_cast<void>(fields.whole_number("last", 0, 1, 9));
            }),
            "f:13: last is -5: allowed is a whole number from 1 to 9");
  EXPECT_EQ(complaint_of([](const StrictObject& fields) {
              fields.refuse("numbers[2]", fields.find("numbers")->at(2), "1 or 2");
            }),
            "f:3: numbers[2] is 3: allowed is 1 or 2");
  EXPECT_EQ(inner([](const StrictObject& fields) {
              static_cast<void>(fields.one_of("name", "", {"y"}));
            }),
            "f:7: inner.name is the text \"x\": allowed is \"y\"");
  EXPECT_EQ(inner([](const StrictObject& fields) {
              fields.refuse("lists[1][1]", 7, "a text");
            }),
            "f:10: inner.lists[1][1] is 7: allowed is a text");
  EXPECT_EQ(inner([](const StrictObject& fields) { fields.refuse_missing("also", "a text"); }),
            "f:5: inner.also is missing: allowed is a text");
  EXPECT_EQ(inner([](const StrictObject& fields) {
              fields.refuse("name x lists", 7, "less");
            }),
            "f:7: inner.name x lists is 7: allowed is less");
  EXPECT_EQ(complaint_of([](const StrictObject& fields) {
              static_cast<void>(StrictObject(fields, "inner", {"name"}));
            }),
            "f:8: unknown key \"lists\" in inner: allowed are name");
}

TEST(StrictJson, WhatTheReaderRefusesNamesItsLineToo) {
  const auto read = [](const std::string& text) {
    return complaint_of([](const StrictObject&) {}, text);
  };
  EXPECT_EQ(read("{\n\"last\": 1,\n\"last\"\n: 2}"), "f:3: \"last\" is given twice in one object");
  EXPECT_EQ(read("\n\n[1]"), "f:3: is a list: allowed is an object");
  EXPECT_EQ(read("\n7\n"), "f:2: is 7: allowed is an object");
  EXPECT_EQ(read("{\n\"last\": \n" + std::string(17, '[')),
            "f:3: nested deeper than the 16 levels that are allowed");
  EXPECT_EQ(read(std::string("{\n}\n\0", 5)), "f:3: holds a NUL byte, at offset 4");
  // No other key has the place of an element.
  EXPECT_EQ(read("{\"numbers\":\n[0],\n\"numbers[0]\":\n1}"),
            "f:3: unknown key \"numbers[0]\": allowed are numbers, inner, last");
}

// Keys are looked up one by one: what would take minutes is refused instead.
TEST(StrictJson, AnObjectOfManyKeysIsRefused) {
  std::string text = "{";
  for (int i = 0; i < 100'000; ++i) {
    text += fmt::format("\"{}\":1,", i);
  }
  text.back() = '}';
  EXPECT_EQ(complaint_of([](const StrictObject&) {}, text),
            "f:1: an object has more than the 1000 keys that are allowed");
}

}  // namespace
}  // namespace coresweep
