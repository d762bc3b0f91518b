#include "harness/fleet_pairs.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "harness/failure.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;
using std::chrono::system_clock;
using testing::HasSubstr;

const std::vector<std::string> kPairs{"pair01", "pair02"};

class FleetPairsTest : public testing::Test {
 protected:
  void SetUp() override {
    run_ = testing::TempDir() + "fleet_pairs_" + std::to_string(::getpid());
    std::filesystem::create_directory(run_);
    std::ofstream(run_ + "/trials.jsonl");
    FleetFolder(run_).prepare();
  }
  void TearDown() override { std::filesystem::remove_all(run_); }

  TakenPair take() const { return take_pair(run_, kPairs, begun_, signals_); }

  void lose(const std::string& pair, system_clock::time_point at) const {
    note_lost(run_, {pair, "block-003", true, "its server: no sign of life for 5 s", at});
  }

  std::string run_;
  StopSignals signals_;
  system_clock::time_point begun_ =
      std::chrono::time_point_cast<std::chrono::milliseconds>(system_clock::now());
};

TEST_F(FleetPairsTest, EachIsTakenByOneAtATime) {
  const TakenPair first = take();
  EXPECT_EQ(first.name, "pair01");
  {
    const TakenPair second = take();
    EXPECT_EQ(second.name, "pair02");
  }
  EXPECT_EQ(take().name, "pair02");
}

TEST_F(FleetPairsTest, OneThatWasLostIsLeftAlone) {
  lose("pair01", begun_);
  EXPECT_EQ(take().name, "pair02");
  const auto lost = lost_pairs(run_);
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_EQ(lost.front().pair, "pair01");
  EXPECT_EQ(lost.front().job, "block-003");
  EXPECT_TRUE(lost.front().is_begun);
  EXPECT_EQ(lost.front().why, "its server: no sign of life for 5 s");
  EXPECT_EQ(lost.front().at, begun_);
}

TEST_F(FleetPairsTest, WhatWasLostBeforeIsTriedAgain) {
  lose("pair01", begun_ - 1ms);
  EXPECT_EQ(take().name, "pair01");
}

TEST_F(FleetPairsTest, OneIsLeftAloneForAMinute) {
  const std::vector<LostPair> lost{{"pair01", "block-000", true, "why", begun_}};
  EXPECT_EQ(still_lost(lost, begun_, begun_ + kLeftAlone - 1ms).size(), 1U);
  EXPECT_EQ(still_lost(lost, begun_, begun_ + kLeftAlone).size(), 0U);
}

TEST_F(FleetPairsTest, WhereAllAreLostTheFirstOneBackIsWaitedFor) {
  begun_ -= kLeftAlone;
  const auto now = system_clock::now();
  lose("pair01", now);
  lose("pair02", now - kLeftAlone + 300ms);
  EXPECT_EQ(take().name, "pair02");
  EXPECT_GE(system_clock::now() - now, 290ms);
}

TEST_F(FleetPairsTest, AFileThatNobodyHereWroteIsNamed) {
  lose("pair01", begun_);
  std::ofstream(run_ + "/lost.jsonl", std::ios::app) << "{\"pair\":7}\n{}\n";
  try {
    static_cast<void>(lost_pairs(run_));
    FAIL();
  } catch (const WrongUsage& refusal) {
    EXPECT_THAT(refusal.what(), HasSubstr("/lost.jsonl: line 2: is no pair that was lost"));
  }
}

TEST_F(FleetPairsTest, ALastLineThatWasTornIsNone) {
  lose("pair01", begun_);
  std::ofstream(run_ + "/lost.jsonl", std::ios::app) << "{\"at_unix_ms\":179";
  EXPECT_EQ(lost_pairs(run_).size(), 1U);
  lose("pair02", begun_);
  const auto lost = lost_pairs(run_);
  ASSERT_EQ(lost.size(), 2U);
  EXPECT_EQ(lost.back().pair, "pair02");
}

}  // namespace
}  // namespace coresweep
