#include "harness/strict_json.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

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

}  // namespace
}  // namespace coresweep
