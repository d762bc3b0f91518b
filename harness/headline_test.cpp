#include "harness/headline.hpp"

#include <gmock/gmock.h>

#include "harness/headline_test_sweep.hpp"

namespace coresweep {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kOneCpu =
    "1 server CPU: at one thread nothing is shared and nothing contends, so this ratio is of "
    "runtimes and noise, not of architectures; this machine cannot show scaling";

TEST_F(HeadlineTest, IsTheMedianOfRatiosWithinBlocksAndOneThreadBesideIt) {
  plan_for({1, 16}, 9);
  const double ratios[] = {2.07, 2.01, 2.13, 2.00, 2.14, 2.05, 2.08, 2.06, 2.10};
  for (int block = 0; block < 9; ++block) {
    add_pair(2, block, ratios[block]);
    add_pair(0, block, 1.0 + 0.01 * (block - 3));
  }
  EXPECT_THAT(
      lines(),
      ElementsAre("reuseport_loops / shared_reactor: 2.07x (2.01-2.13, 96.1 % interval) at 16 "
                  "threads, 9 blocks",
                  "reuseport_loops / shared_reactor: 1.01x (0.98-1.04, 96.1 % interval) at 1 "
                  "thread, 9 blocks: no difference shown"));
}

TEST_F(HeadlineTest, OfFewBlocksIsARangeAndSaysSo) {
  plan_for({1}, 5);
  for (int block = 0; block < 5; ++block) {
    add_pair(0, block, 1.2 + 0.01 * block);
  }
  EXPECT_THAT(lines(), ElementsAre("reuseport_loops / shared_reactor: 1.22x (1.20-1.24, a range: "
                                   "fewer than six blocks) at 1 thread, 5 blocks: a range, which "
                                   "shows no difference by itself"));
}

TEST_F(HeadlineTest, LeavesOutBlocksThatWereSpoiltFromOutside) {
  plan_for({1}, 8);
  for (int block = 0; block < 6; ++block) {
    add_pair(0, block, 1.5);
  }
  for (int block = 6; block < 8; ++block) {
    add(0, block, 1.0);
    add(1, block, 100.0, {"noisy_host"});
  }
  EXPECT_THAT(lines(), ElementsAre("reuseport_loops / shared_reactor: 1.50x (1.50-1.50, 96.9 % "
                                   "interval) at 1 thread, 6 of 8 blocks"));
}

TEST_F(HeadlineTest, IsNotGivenWhenAnArmIsInvalidForACauseOfItsOwn) {
  plan_for({1}, 9);
  for (int block = 0; block < 8; ++block) {
    add_pair(0, block, 1.5);
  }
  add(0, 8, 1.0);
  add(1, 8, 1.0, {"client_bound"});
  EXPECT_THAT(lines(), ElementsAre("no headline: 8 of 9 blocks have both arms valid at 1 thread; "
                                   "verdicts: client_bound 1 (leaving these out would select the "
                                   "answer)"));
}

TEST_F(HeadlineTest, IsNotGivenWhenHalfTheBlocksAreMissing) {
  plan_for({1}, 8);
  for (int block = 0; block < 3; ++block) {
    add_pair(0, block, 1.5);
  }
  for (int block = 3; block < 8; ++block) {
    add(0, block, 1.0);
    add(1, block, 1.0, {"noisy_host"});
  }
  EXPECT_THAT(lines("core:2 pu:1"),
              ElementsAre("no headline: 3 of 8 blocks have both arms valid at 1 thread; "
                          "verdicts: noisy_host 5",
                          kOneCpu));
}

TEST_F(HeadlineTest, AllHollowSaysWhichVerdicts) {
  plan_for({1, 2}, 6);
  for (int block = 0; block < 6; ++block) {
    add(2, block, 1.0, {"shared_cpus"});
    add(3, block, 1.0, {"shared_cpus", "failed"});
  }
  EXPECT_THAT(
      lines(),
      ElementsAre("no headline: 0 of 6 blocks have both arms valid at 2 threads; verdicts: "
                  "failed 6, shared_cpus 12",
                  "no ratio at one thread: 0 of 6 blocks have both arms valid at 1 thread"));
}

TEST_F(HeadlineTest, APlanWithoutOneThreadIsToldWhatItMisses) {
  plan_for({4}, 6);
  for (int block = 0; block < 6; ++block) {
    add_pair(0, block, 1.5);
  }
  ASSERT_EQ(lines().size(), 2U);
  EXPECT_THAT(lines()[1], HasSubstr("no ratio at one thread: the plan leaves it out"));
}

TEST_F(HeadlineTest, APlanMayCompareNothing) {
  plan_for({1}, 6);
  plan_.headline.reset();
  EXPECT_THAT(lines(), ElementsAre("no headline: the plan compares nothing"));
}

TEST_F(HeadlineTest, AMachineOfOneCoreIsToldThatItCanShowNothing) {
  plan_for({1}, 1);
  for (const char* machine : {"core:1 pu:1", "core:1 pu:2"}) {
    EXPECT_EQ(lines(machine).back(),
              "1 physical core: server and load share it on this machine, where no trial can be "
              "valid");
  }
}

TEST_F(HeadlineTest, WithoutTwinsSaysWhatIsNotKnown) {
  plan_for({1}, 6);
  EXPECT_THAT(lines(), Not(Contains(kNoTwins)));
  plan_.twin_blocks = 0;
  EXPECT_THAT(lines(), Contains(kNoTwins));
  plan_.load.mode = Mode::poisson;
  EXPECT_THAT(lines(), Not(Contains(kNoTwins))) << "its rate is what limits it";
}

TEST_F(HeadlineTest, AtOneThreadMayBeSkipped) {
  plan_for({1, 16}, 6);
  cells_.erase(cells_.begin(), cells_.begin() + 2);
  EXPECT_THAT(lines(), Contains("no ratio at one thread: reuseport_loops / shared_reactor is "
                                "skipped there"));
  plan_.headline->threads = 1;
  EXPECT_THAT(lines(), Contains("no headline: reuseport_loops is skipped"))
      << "whatever else of it runs";
}

// Stopped behind the first trial of a second attempt, or of a block.
TEST_F(HeadlineTest, WhatDidNotRunBackToBackIsNoRatio) {
  plan_for({1}, 8);
  for (int block = 0; block < 8; ++block) {
    add_pair(0, block, 1.5);
  }
  add(0, 7, 1.0);
  outcomes_.back().attempt = 2;
  outcomes_[13].session = 1;
  EXPECT_THAT(lines(), ElementsAre("reuseport_loops / shared_reactor: 1.50x (1.50-1.50, 96.9 % "
                                   "interval) at 1 thread, 6 of 8 blocks"));
}

TEST_F(HeadlineTest, TheCeilingIsNoArm) {
  plan_for({1}, 6);
  for (int block = 0; block < 6; ++block) {
    add_pair(0, block, 1.5);
    add(2, block, 1e6);
  }
  EXPECT_THAT(block_ratios(cells_, outcomes_, *plan_.headline, 6), testing::Each(1.5));
}

}  // namespace
}  // namespace coresweep
