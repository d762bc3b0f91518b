#include "harness/result_store.hpp"

#include <gmock/gmock.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "harness/failure.hpp"

namespace coresweep {
namespace {

using testing::HasSubstr;

const auto kStarted = std::chrono::system_clock::from_time_t(1769860800);

class ResultStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    results_ = testing::TempDir() + "result_store_" + std::to_string(::getpid());
    std::filesystem::create_directory(results_);
  }
  void TearDown() override { std::filesystem::remove_all(results_); }

  static std::string content(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }

  static std::string complaint(const std::function<void()>& action) {
    try {
      action();
    } catch (const Failure& failure) {
      return failure.what();
    }
    return "done";
  }

  std::string results_;
};

TEST_F(ResultStoreTest, MakesAFolderNamedForTimeAndPlan) {
  const ResultStore store(results_ + "/not/yet/there", "harness/plans/bench.json", kStarted);
  EXPECT_EQ(store.folder(), results_ + "/not/yet/there/20260131T120000Z-bench");
  EXPECT_EQ(content(store.folder() + "/trials.jsonl"), "");
}

TEST_F(ResultStoreTest, TwoRunsOfOneSecondHaveTheirOwn) {
  const ResultStore first(results_, "bench.json", kStarted);
  const ResultStore second(results_, "bench.json", kStarted);
  const ResultStore third(results_, "bench.json", kStarted);
  EXPECT_EQ(second.folder(), first.folder() + "-2");
  EXPECT_EQ(third.folder(), first.folder() + "-3");
}

TEST_F(ResultStoreTest, WritesTheRunWholeAndALineATrial) {
  ResultStore store(results_, "bench.json", kStarted);
  store.write_run({{"seed", 1}});
  store.append_trial({{"trial", 0}});
  store.append_trial({{"trial", 1}, {"stderr", "\xff"}});
  EXPECT_EQ(content(store.folder() + "/run.json"), "{\"seed\":1}\n");
  EXPECT_EQ(content(store.folder() + "/trials.jsonl"),
            "{\"trial\":0}\n{\"trial\":1,\"stderr\":\"\xef\xbf\xbd\"}\n");
  EXPECT_FALSE(std::filesystem::exists(store.folder() + "/run.json.tmp"));
}

TEST_F(ResultStoreTest, NamesThePathThatCannotBeMade) {
  std::ofstream(results_ + "/file") << "in the way";
  EXPECT_EQ(complaint([this] { ResultStore(results_ + "/file", "bench.json", kStarted); }),
            results_ + "/file: Not a directory");
  EXPECT_THAT(complaint([] { ResultStore("/proc/results", "bench.json", kStarted); }),
              HasSubstr("/proc/results: "));
}

TEST_F(ResultStoreTest, WhereNoRunCanBeWrittenIsKnownBeforeOneIsMade) {
  std::ofstream(results_ + "/file") << "in the way";
  EXPECT_EQ(complaint([this] { require_writable(results_ + "/file/runs"); }),
            results_ + "/file/runs: Not a directory");
  EXPECT_THAT(complaint([] { require_writable("/proc"); }), HasSubstr("/proc: "));
  EXPECT_EQ(complaint([this] { require_writable(results_ + "/new"); }), "done");
  EXPECT_TRUE(std::filesystem::is_empty(results_ + "/new"));
}

TEST_F(ResultStoreTest, NoPlansNameLeavesTheFolder) {
  EXPECT_EQ(plan_name("harness/plans/bench.json"), "bench");
  EXPECT_EQ(plan_name("bench"), "bench");
  EXPECT_EQ(plan_name("/x/my plan;\n.json"), "my_plan__");
  EXPECT_EQ(plan_name(std::string(300, 'a') + ".json").size(), 64U);
}

// A file that may not grow stands for a disk that is full: the kernel refuses part of the line.
TEST_F(ResultStoreTest, ALineThatDoesNotFitIsTakenBack) {
  ResultStore store(results_, "bench.json", kStarted);
  store.append_trial({{"trial", 0}});
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto previous = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{100, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string line =
      complaint([&store] { store.append_trial({{"padding", std::string(500, 'x')}}); });
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  static_cast<void>(std::signal(SIGXFSZ, previous));
  EXPECT_EQ(line, store.folder() + "/trials.jsonl: File too large");
  EXPECT_EQ(content(store.folder() + "/trials.jsonl"), "{\"trial\":0}\n");
  store.append_trial({{"trial", 1}});
  EXPECT_EQ(content(store.folder() + "/trials.jsonl"), "{\"trial\":0}\n{\"trial\":1}\n");
}

TEST_F(ResultStoreTest, AFullDiskKeepsWhatIsComplete) {
  if (::mount("none", results_.c_str(), "tmpfs", 0, "size=32k") != 0) {
    GTEST_SKIP() << "only root may mount a small disk";
  }
  {
    ResultStore store(results_, "bench.json", kStarted);
    std::string line;
    std::size_t kept = 0;
    const Json trial{{"padding", std::string(3000, 'x')}};
    while (kept < 100 && line.empty()) {
      const std::string said = complaint([&] { store.append_trial(trial); });
      (said == "done") ? void(++kept) : void(line = said);
    }
    EXPECT_EQ(line, store.folder() + "/trials.jsonl: No space left on device");
    EXPECT_EQ(content(store.folder() + "/trials.jsonl").size(), kept * (trial.dump().size() + 1));
    EXPECT_GT(kept, 0U);
  }
  ASSERT_EQ(::umount(results_.c_str()), 0);
}

}  // namespace
}  // namespace coresweep
