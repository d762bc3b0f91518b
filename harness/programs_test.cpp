#include "harness/programs.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "harness/failure.hpp"

namespace coresweep {
namespace {

using testing::ElementsAre;

class ProgramsTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "programs_" + std::to_string(::getpid());
    std::filesystem::create_directory(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string folder_;
  StopSignals signals_;
};

TEST_F(ProgramsTest, AFileHasItsPublishedChecksum) {
  // FIPS 180-2's example, in a file whose name sha256sum escapes.
  const std::string path = folder_ + "/a\\b\nc";
  std::ofstream(path) << "abc";
  EXPECT_EQ(sha256_of_file(path, signals_),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_F(ProgramsTest, AFileThatIsGoneIsNamed) {
  try {
    static_cast<void>(sha256_of_file("/nowhere/greeter", signals_));
    FAIL() << "it had a checksum";
  } catch (const Failure& failure) {
    EXPECT_THAT(failure.what(), testing::HasSubstr("/nowhere/greeter"));
  }
}

TEST_F(ProgramsTest, TheGreeterNamesWhatItCanDo) {
  const std::string greeter = folder_ + "/greeter";
  std::ofstream(greeter) << "#!/bin/sh\n[ \"$1\" = --list ] || exit 2\n"
                            "echo '{\"architecture\":\"one\",\"summary\":\"a\"}'\n"
                            "echo '{\"architecture\":\"two\",\"summary\":\"b\"}'\n"
                            "echo '{\"http2\":\"three\"}'\n";
  std::filesystem::permissions(greeter, std::filesystem::perms::owner_all);
  PlanContext context;
  add_known_names({"", greeter, ""}, signals_, context);
  EXPECT_THAT(context.architectures, ElementsAre("one", "two"));
  EXPECT_THAT(context.http2, ElementsAre("three"));
}

TEST_F(ProgramsTest, TheOtherEnginesGreeterSaysWhetherItCanBeUsedHere) {
  const auto write = [this](const std::string& name, const std::string& lines) {
    std::ofstream(folder_ + name) << "#!/bin/sh\ncat <<'END'\n" << lines << "\nEND\n";
    std::filesystem::permissions(folder_ + name, std::filesystem::perms::owner_all);
    return folder_ + name;
  };
  const std::string greeter = write("/greeter", R"({"architecture":"one","most_connections":1000}
{"architecture":"two"}
{"http2":"lean"}
{"engine":"epoll","available":true})");
  PlanContext context;
  add_known_names({"", greeter, ""}, signals_, context);
  EXPECT_EQ(context.io_uring.unavailable, "greeter-io_uring is not built");
  EXPECT_EQ(context.most_connections_of, (std::map<std::string, std::int64_t>{{"one", 1000}}));

  const std::string other = write("/greeter-io_uring", R"({"architecture":"two"}
{"engine":"io_uring","available":false,"why":"it is forbidden here"})");
  context = PlanContext();
  add_known_names({"", greeter, "", other}, signals_, context);
  EXPECT_EQ(context.io_uring.unavailable, "it is forbidden here");
  EXPECT_THAT(context.architectures, ElementsAre("one", "two"));

  write("/greeter-io_uring", R"({"architecture":"two"}
{"engine":"io_uring","available":true})");
  context = PlanContext();
  add_known_names({"", greeter, "", other}, signals_, context);
  EXPECT_EQ(context.io_uring.unavailable, "");
  EXPECT_THAT(context.io_uring.architectures, ElementsAre("two"));
}

TEST_F(ProgramsTest, AGreeterThatNamesNoneIsAFailure) {
  PlanContext context;
  EXPECT_THROW(add_known_names({"", "/bin/true", ""}, signals_, context), Failure);
  EXPECT_THROW(add_known_names({"", "/bin/false", ""}, signals_, context), Failure);
}

}  // namespace
}  // namespace coresweep
