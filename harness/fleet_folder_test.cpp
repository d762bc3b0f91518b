#include "harness/fleet_folder.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "harness/failure.hpp"
#include "harness/file_lock.hpp"

namespace coresweep {
namespace {

using testing::StartsWith;

constexpr auto kTwins = OneBlock::Of::kTwins;
constexpr auto kPlan = OneBlock::Of::kPlan;

class FleetFolderTest : public testing::Test {
 protected:
  void SetUp() override {
    run_ = testing::TempDir() + "fleet_folder_" + std::to_string(::getpid());
    std::filesystem::create_directory(run_);
    std::ofstream(run_ + "/trials.jsonl");
    folder_ = FleetFolder(run_);
    folder_.prepare();
  }
  void TearDown() override { std::filesystem::remove_all(run_); }

  void add_block(const OneBlock& block, const std::string& trials) {
    std::ofstream(folder_.begin(block) + "/trials.jsonl") << trials;
    folder_.complete(block);
  }

  std::string merged() const {
    std::ostringstream text;
    text << std::ifstream(run_ + "/trials.jsonl").rdbuf();
    return text.str();
  }

  template <typename Action>
  static std::string refusal_of(const Action& action) {
    try {
      action();
    } catch (const WrongUsage& refusal) {
      return refusal.what();
    }
    return "done";
  }

  std::string run_;
  FleetFolder folder_{""};
};

TEST(FleetJob, HasANameThatSaysItAll) {
  EXPECT_EQ(job_name({kTwins, 0}), "twins-000");
  EXPECT_EQ(job_name({kPlan, 12}), "block-012");
  EXPECT_EQ(job_name({kPlan, 1234}), "block-1234");
  for (const OneBlock& block : blocks_of(kTwins, 3)) {
    EXPECT_EQ(block_of_job(job_name(block)).of, kTwins);
    EXPECT_EQ(block_of_job(job_name(block)).block, block.block);
  }
  for (const char* name : {"", "block", "block-", "block-7", "block-0007", "block--01", "../000",
                           "block-000/..", "plan-000", "block-99999999999"}) {
    EXPECT_THROW(static_cast<void>(block_of_job(name)), WrongUsage) << name;
  }
}

TEST_F(FleetFolderTest, ABlockIsThereWhenItIsWhole) {
  EXPECT_EQ(folder_.missing_of(blocks_of(kPlan, 2)).size(), 2U);
  static_cast<void>(folder_.begin({kPlan, 1}));
  EXPECT_FALSE(folder_.has({kPlan, 1}));
  EXPECT_FALSE(folder_.is_begun({kPlan, 1}));
  add_block({kPlan, 1}, "{}\n");
  EXPECT_TRUE(folder_.has({kPlan, 1}));
  const auto missing = folder_.missing_of(blocks_of(kPlan, 2));
  ASSERT_EQ(missing.size(), 1U);
  EXPECT_EQ(missing.front().block, 0);
}

TEST_F(FleetFolderTest, TrialsOfABlockThatWasBegunBeforeAreKept) {
  const OneBlock block{kPlan, 7};
  for (int times = 0; times < 2; ++times) {
    std::ofstream(folder_.begin(block) + "/trials.jsonl") << times << "\n";
    EXPECT_TRUE(folder_.is_begun(block));
    EXPECT_EQ(folder_.times_begun(block), times);
  }
  add_block(block, "{}\n");
  EXPECT_EQ(folder_.times_begun(block), 2);
  folder_.forget_blocks();
  std::string kept;
  std::ifstream(run_ + "/begun/block-007-2/trials.jsonl") >> kept;
  EXPECT_EQ(kept, "1");
}

TEST_F(FleetFolderTest, WhatIsThereIsMergedInOrderAndNumberedThrough) {
  add_block({kPlan, 2}, R"({"trial":4,"block":2,"pair":"p"})" "\n");
  add_block({kPlan, 0}, R"({"of":0.25,"trial":4,"block":0,"pair":"q"})" "\n"
                        R"({"trial":5,"block":0,"pair":"q"})" "\n");
  add_block({kTwins, 0}, R"({"trial":0,"block":0,"pair":"p"})" "\n");
  EXPECT_EQ(folder_.count_of(kPlan), 2);
  EXPECT_EQ(folder_.count_of(kTwins), 1);
  std::vector<OneBlock> blocks = blocks_of(kTwins, 1);
  folder_.merge_twins(blocks);
  EXPECT_EQ(merged(), "");
  std::string twins;
  std::ifstream(folder_.twins_folder() + "/trials.jsonl") >> twins;
  EXPECT_EQ(twins, R"({"trial":0,"block":0,"pair":"p"})");
  const auto plan = blocks_of(kPlan, 3);
  blocks.insert(blocks.end(), plan.begin(), plan.end());
  folder_.merge(blocks);
  EXPECT_EQ(merged(),
            R"({"trial":0,"block":0,"pair":"p"})" "\n"
            R"({"of":0.25,"trial":1,"block":0,"pair":"q"})" "\n"
            R"({"trial":2,"block":0,"pair":"q"})" "\n"
            R"({"trial":3,"block":2,"pair":"p"})" "\n");
}

TEST_F(FleetFolderTest, ABlockThatIsNotWhatWasWrittenIsNamed) {
  const auto merge = [this] { folder_.merge(blocks_of(kPlan, 1)); };
  const std::string good = R"({"block":0,"pair":"p"})" "\n";
  const std::pair<std::string, const char*> cases[] = {
      {good + "[1]\n", "line 2: is no JSON object"},
      {good + R"({"block":1,"pair":"p"})", "line 2: is no trial of that block on a pair"},
      {R"({"block":0,"pair":5})", "line 1: is no trial of that block on a pair"},
      {R"({"block":0,"pair":""})", "line 1: is no trial of that block on a pair"},
      {"", "has no trial: without its folder the block runs again"}};
  for (const auto& [text, complaint] : cases) {
    std::filesystem::remove_all(run_ + "/blocks/block-000");
    add_block({kPlan, 0}, text);
    EXPECT_THAT(refusal_of(merge),
                StartsWith(run_ + "/blocks/block-000/trials.jsonl: " + complaint));
    EXPECT_EQ(merged(), "");
  }
}

TEST_F(FleetFolderTest, TrialsWhoseBlocksAreGoneCannotGoOn) {
  const std::string trial = R"({"trial":0,"block":0,"pair":"p"})" "\n";
  add_block({kPlan, 0}, trial);
  folder_.merge(blocks_of(kPlan, 1));
  EXPECT_EQ(refusal_of([this] { folder_.prepare(); }), "done");
  folder_.forget_blocks();
  EXPECT_THAT(refusal_of([this] { folder_.prepare(); }),
              StartsWith(run_ + "/blocks: is not there any more"));
  EXPECT_EQ(merged(), trial);
}

TEST_F(FleetFolderTest, OneHasALockAtATime) {
  const std::string file = folder_.lock_of_pair("block-001");
  auto lock = FileLock::try_take(file);
  ASSERT_TRUE(lock);
  EXPECT_FALSE(FileLock::try_take(file));
  EXPECT_TRUE(FileLock::try_take(folder_.lock_of({kPlan, 1})));
  lock.reset();
  EXPECT_TRUE(FileLock::try_take(file));
  try {
    static_cast<void>(FileLock::try_take(run_ + "/none/pair01"));
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ(std::string(failure.what()), run_ + "/none/pair01: No such file or directory");
  }
}

}  // namespace
}  // namespace coresweep
