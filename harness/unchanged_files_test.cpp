#include "harness/unchanged_files.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "harness/failure.hpp"

namespace coresweep {
namespace {

class UnchangedFilesTest : public testing::Test {
 protected:
  void SetUp() override { write(path_, "one"); }
  void TearDown() override { std::filesystem::remove(path_); }

  static void write(const std::string& path, const std::string& text) {
    std::ofstream(path) << text;
  }
  static std::string complaint(const UnchangedFiles& files) {
    try {
      files.require();
    } catch (const Failure& failure) {
      return failure.what();
    }
    return "none";
  }

  std::string path_ = testing::TempDir() + "unchanged_" + std::to_string(::getpid());
};

TEST_F(UnchangedFilesTest, OneThatIsReadOrMovedThereAndBackIsTheSame) {
  const UnchangedFiles files({path_});
  std::filesystem::rename(path_, path_ + "_aside");
  EXPECT_EQ(complaint(files), path_ + ": No such file or directory");
  std::filesystem::rename(path_ + "_aside", path_);
  EXPECT_EQ(complaint(files), "none");
}

TEST_F(UnchangedFilesTest, OneInItsPlaceIsNot) {
  const UnchangedFiles files({path_});
  write(path_ + "_new", "one");
  std::filesystem::last_write_time(path_ + "_new", std::filesystem::last_write_time(path_));
  std::filesystem::rename(path_ + "_new", path_);
  EXPECT_THAT(complaint(files), testing::StartsWith(path_ + ": has changed since"));
}

TEST_F(UnchangedFilesTest, OneThatIsWrittenAgainIsNot) {
  const auto then = std::filesystem::last_write_time(path_);
  const UnchangedFiles files({path_});
  write(path_, "two");
  std::filesystem::last_write_time(path_, then + std::chrono::seconds(1));
  EXPECT_THAT(complaint(files), testing::StartsWith(path_ + ": has changed since"));
}

TEST_F(UnchangedFilesTest, OneThatIsNotThereIsNamedAtOnce) {
  EXPECT_THROW(UnchangedFiles({path_, path_ + "_not_there"}), Failure);
}

}  // namespace
}  // namespace coresweep
