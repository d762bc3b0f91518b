// A run's folder that was damaged: it is read whole, or refused in one line, and never half.
#include "harness/stored_run.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "harness/failure.hpp"
#include "harness/mutation.hpp"

namespace coresweep {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const std::string kRecord =
    R"({"schema_version": 1, "plan": {"blocks": 6, "http2": ["lean", "nghttp2"],
        "engine": "epoll", "trace": true, "handler_cpu": ["0ns", "5us"]}})";

std::string stored_trial_line(int trial) {
  return fmt::format(
      R"({{"schema_version":1,"trial":{},"block":{},"attempt":1,"role":"arm","cell":"loops/lean/t2","factors":)"
      R"({{"architecture":"loops","engine":"epoll","http2":"lean","threads":2,"connections":64,)"
      R"("streams":10,"handler_cpu":"5us"}},"verdict":[],"verdict_details":{{}},)"
      R"("throughput_per_s":{}.5,"server":{{"window_s":1.0,"threads":[{{"requests":9}}]}}}})"
      "\n",
      trial, trial, 1000 + trial);
}

class DamagedRunTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "stored_run_" + std::to_string(::getpid());
    std::filesystem::create_directory(folder_);
    for (int trial = 0; trial < 4; ++trial) {
      trials_ += stored_trial_line(trial);
    }
    write("run.json", kRecord);
    write("trials.jsonl", trials_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const char* name, const std::string& text) const {
    std::ofstream(folder_ + "/" + name, std::ios::binary) << text;
  }

  // Behind the folder's path.
  [[nodiscard]] std::string complaint() const {
    try {
      static_cast<void>(read_stored_run(folder_));
    } catch (const WrongUsage& error) {
      const std::string line = error.what();
      return line.starts_with(folder_) ? line.substr(folder_.size()) : "unnamed: " + line;
    }
    return "accepted";
  }

  [[nodiscard]] std::string complaint(const char* name, const std::string& text) const {
    write(name, text);
    return complaint();
  }

  std::string folder_;
  std::string trials_;
};

TEST_F(DamagedRunTest, AVersionToComeIsCalledSo) {
  std::string text = kRecord;
  text.replace(text.find("1"), 1, "3");
  EXPECT_EQ(complaint("run.json", text),
            "/run.json: schema_version is 3: allowed is 1 or 2: a newer coresweep wrote it");
  write("run.json", kRecord);
  EXPECT_EQ(complaint("trials.jsonl", stored_trial_line(0) + "{\"schema_version\":3}\n"),
            "/trials.jsonl: line 2: schema_version is 3: allowed is 1 or 2: a newer coresweep wrote it");
  EXPECT_EQ(complaint("trials.jsonl", "{\"schema_version\":\"1\"}\n"),
            "/trials.jsonl: line 1: schema_version is \"1\": allowed is 1 or 2");
}

TEST_F(DamagedRunTest, NoTrialIsCountedTwice) {
  EXPECT_THAT(complaint("trials.jsonl", trials_ + stored_trial_line(2)),
              StartsWith("/trials.jsonl: line 5: is attempt 1 at arm loops/lean/t2 of block 2, as is"));
  std::string again = stored_trial_line(2);
  again.replace(again.find("\"attempt\":1"), 11, "\"attempt\":2");
  EXPECT_EQ(complaint("trials.jsonl", trials_ + again), "accepted");
}

TEST_F(DamagedRunTest, WhatIsNestedWithoutEndIsRefused) {
  const std::string deep(1'000'000, '[');
  const std::string line = "{\"block\":" + deep + std::string(deep.size(), ']') + "}\n";
  EXPECT_THAT(complaint("trials.jsonl", line),
              StartsWith("/trials.jsonl: line 1: is not JSON: allowed is one JSON object a line "
                         "(nested deeper than"));
  EXPECT_THAT(complaint("run.json", deep), HasSubstr("nested deeper than"));
}

TEST_F(DamagedRunTest, ALineWithoutEndIsRefused) {
  // Of holes: it takes no room on the disk, and would in memory.
  std::ofstream(folder_ + "/trials.jsonl") << stored_trial_line(0);
  std::filesystem::resize_file(folder_ + "/trials.jsonl", std::uintmax_t{1} << 40);
  EXPECT_EQ(complaint(),
            "/trials.jsonl: line 2: is longer than the 16777216 bytes that are allowed");
  write("trials.jsonl", trials_);
  std::filesystem::resize_file(folder_ + "/run.json", std::uintmax_t{1} << 40);
  EXPECT_EQ(complaint(), "/run.json: is larger than the 16777216 bytes that are allowed");
}

TEST_F(DamagedRunTest, WhatIsNoFileIsRefused) {
  for (const char* name : {"run.json", "trials.jsonl", "traces.jsonl"}) {
    const std::string path = folder_ + "/" + name;
    const std::string kept = std::string(name) == "run.json" ? kRecord : trials_;
    std::filesystem::remove(path);
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);  // which nobody ever writes to
    EXPECT_EQ(complaint(), fmt::format("/{}: is no regular file", name));
    std::filesystem::remove(path);
    std::filesystem::create_directory(path);
    EXPECT_THAT(complaint(), StartsWith(fmt::format("/{}: is ", name)));
    std::filesystem::remove(path);
    std::filesystem::create_symlink("/dev/zero", path);
    EXPECT_EQ(complaint(), fmt::format("/{}: is no regular file", name));
    std::filesystem::remove(path);
    write(name, kept);
  }
}

// Whatever happens to a journal's bytes: each of its lines is a trial, or was dropped as torn, and
// nothing else is accepted.
TEST_F(DamagedRunTest, AMutatedJournalIsReadWholeOrRefused) {
  std::mt19937 engine(7);
  int accepted = 0;
  for (int i = 0; i < 5000; ++i) {
    const std::string mutant = mutated(trials_, engine);
    const std::string line = complaint("trials.jsonl", mutant);
    if (line != "accepted") {
      ASSERT_TRUE(line.starts_with("/trials.jsonl: ")) << line;
      ASSERT_EQ(line.find('\n'), std::string::npos) << line;
      ASSERT_LT(line.size(), 500U) << line;
      continue;
    }
    ++accepted;
    const StoredRun run = read_stored_run(folder_);
    const auto ended = static_cast<std::size_t>(std::count(mutant.begin(), mutant.end(), '\n'));
    const std::size_t lines = ended + (mutant.ends_with('\n') ? 0 : 1);
    const auto others = lines - run.trials.size() - run.dropped.size();
    ASSERT_LE(run.dropped.size(), 1U) << mutant;
    ASSERT_EQ(others, run.others.size()) << mutant;
  }
  EXPECT_GT(accepted, 10);
  EXPECT_LT(accepted, 4000);
}

TEST_F(DamagedRunTest, AMutatedRecordIsReadOrRefused) {
  std::mt19937 engine(8);
  int accepted = 0;
  for (int i = 0; i < 5000; ++i) {
    const std::string line = complaint("run.json", mutated(kRecord, engine));
    accepted += line == "accepted" ? 1 : 0;
    ASSERT_TRUE(line == "accepted" || line.starts_with("/run.json: ")) << line;
    ASSERT_EQ(line.find('\n'), std::string::npos) << line;
    ASSERT_LT(line.size(), 500U) << line;
  }
  EXPECT_GT(accepted, 10);
  EXPECT_LT(accepted, 4000);
}

}  // namespace
}  // namespace coresweep
