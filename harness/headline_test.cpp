#include "harness/headline.hpp"

#include <gmock/gmock.h>

namespace coresweep {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kOneCpu =
    "1 server CPU: at one thread nothing is shared and nothing contends, so this ratio is of "
    "runtimes and noise, not of architectures; this machine cannot show scaling";

// A sweep of two arms whose outcomes a test writes down block by block.
class HeadlineTest : public testing::Test {
 protected:
  // Of `threads`: cells 0 and 1 are the arms at the first count, 2 and 3 at the second, and so on.
  void plan_for(std::vector<int> threads, int blocks) {
    plan_.architectures = {"shared_reactor", "reuseport_loops"};
    plan_.threads = std::move(threads);
    plan_.blocks = blocks;
    const std::string& first = plan_.http2.front();
    plan_.load.connections = {64};
    plan_.load.streams = {10};
    plan_.headline =
        Headline{"reuseport_loops", first, "shared_reactor", first, plan_.threads.back()};
    plan_.headline->load = {64, 10};
    for (const int count : plan_.threads) {
      for (const std::string& http2 : plan_.http2) {
        for (const std::string& architecture : plan_.architectures) {
          cells_.push_back({Role::kArm, architecture, http2, count, 64, 10});
        }
      }
    }
    cells_.push_back({Role::kCeiling, "reuseport_loops", "null", plan_.threads.back(), 64, 10});
  }

  void add(std::size_t cell, int block, double figure, std::vector<std::string> verdicts = {}) {
    outcomes_.push_back({cell, block, figure, std::move(verdicts)});
  }

  // One block in which the second arm is `ratio` times the first, whatever the block's own level.
  void add_pair(std::size_t first_cell, int block, double ratio) {
    const double level = 1000.0 * (block + 1);
    add(first_cell, block, level);
    add(first_cell + 1, block, level * ratio);
  }

  std::vector<std::string> lines(const char* machine = "core:32 pu:1") const {
    const CpuDivision division = divide_cpus(synthetic_cpu_topology(machine).value());
    return headline_lines(plan_, cells_, outcomes_, division);
  }

  // Two arms each at one thread count, lean's before nghttp2's, and the headline under lean.
  void plan_for_two_http2(std::vector<int> threads, int blocks) {
    plan_.http2 = {"lean", "nghttp2"};
    plan_for(std::move(threads), blocks);
  }

  Plan plan_ = [] {
    Plan plan;
    plan.http2 = {"nghttp2"};
    plan.twin_blocks = 6;
    return plan;
  }();
  std::vector<Cell> cells_;
  std::vector<Outcome> outcomes_;
};

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
                                   "fewer than six blocks) at 1 thread, 5 blocks"));
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

TEST_F(HeadlineTest, OfSeveralHttp2NamesItsOwnAndHasTheOthersBesideIt) {
  plan_for_two_http2({1, 16}, 6);
  for (int block = 0; block < 6; ++block) {
    add_pair(0, block, 1.0);
    add_pair(4, block, 2.0);
    add_pair(6, block, 1.1);
  }
  EXPECT_THAT(lines(),
              ElementsAre("reuseport_loops / shared_reactor with http2 lean: 2.00x (2.00-2.00, "
                          "96.9 % interval) at 16 threads, 6 blocks",
                          "reuseport_loops / shared_reactor with http2 lean: 1.00x (1.00-1.00, "
                          "96.9 % interval) at 1 thread, 6 blocks: no difference shown",
                          "reuseport_loops / shared_reactor with http2 nghttp2: 1.10x (1.10-1.10, "
                          "96.9 % interval) at 16 threads, 6 blocks"));
}

TEST_F(HeadlineTest, AnotherHttp2sVerdictsSpoilNoHeadlineButItsOwn) {
  plan_for_two_http2({1}, 6);
  for (int block = 0; block < 6; ++block) {
    add(0, block, 1.0, {"client_bound"});
    add(1, block, 1.0);
    add_pair(2, block, 1.5);
  }
  EXPECT_THAT(lines(),
              ElementsAre("no headline (reuseport_loops / shared_reactor with http2 lean): 0 of 6 "
                          "blocks have both arms valid at 1 thread; verdicts: client_bound 6",
                          "reuseport_loops / shared_reactor with http2 nghttp2: 1.50x (1.50-1.50, "
                          "96.9 % interval) at 1 thread, 6 blocks"));
}

TEST_F(HeadlineTest, AnArchitectureMayBeComparedWithItselfUnderTwoHttp2) {
  plan_for_two_http2({1, 2}, 6);
  plan_.headline = Headline{"reuseport_loops", "lean", "reuseport_loops", "nghttp2", 1};
  plan_.headline->load = {64, 10};
  for (int block = 0; block < 6; ++block) {
    add(0, block, 1.0);
    add(1, block, 6.0);
    add(2, block, 1.0);
    add(3, block, 2.0);
  }
  EXPECT_THAT(lines("core:2 pu:1"),
              ElementsAre("reuseport_loops with http2 lean / reuseport_loops with http2 nghttp2: "
                          "3.00x (3.00-3.00, 96.9 % interval) at 1 thread, 6 blocks",
                          "1 server CPU: this machine cannot show scaling"));
  plan_.threads = {2};
  plan_.headline->threads = 2;
  EXPECT_THAT(lines(), ElementsAre("no headline (reuseport_loops with http2 lean / reuseport_loops "
                                   "with http2 nghttp2): 0 of 6 blocks have both arms valid at 2 "
                                   "threads"));
}

TEST_F(HeadlineTest, OfSeveralEnginesNamesItsOwnAndHasTheOthersBesideIt) {
  plan_for({1}, 6);
  plan_.engines = {kEpoll, kIoUring};
  for (const char* name : {"shared_reactor", "reuseport_loops"}) {
    cells_.push_back({Role::kArm, name, "nghttp2", 1, 64, 10, kIoUring});
  }
  for (int block = 0; block < 6; ++block) {
    add_pair(0, block, 1.5);
    add_pair(3, block, 2.0);
  }
  EXPECT_THAT(lines(), ElementsAre("reuseport_loops / shared_reactor with engine epoll: 1.50x "
                                   "(1.50-1.50, 96.9 % interval) at 1 thread, 6 blocks",
                                   "reuseport_loops / shared_reactor with engine io_uring: 2.00x "
                                   "(2.00-2.00, 96.9 % interval) at 1 thread, 6 blocks"));
  plan_.headline->against = "reuseport_loops";
  plan_.headline->engine = kIoUring;
  EXPECT_THAT(lines()[0],
              HasSubstr("reuseport_loops with engine io_uring / reuseport_loops with engine "
                        "epoll: 1.33x"));
}

TEST_F(HeadlineTest, OfSeveralHandlersNamesItsOwnAndHasTheOthersBesideIt) {
  plan_for({1}, 6);
  plan_.conditions.cpu = {0us, 5us};
  const Conditions dear{5us, {}, 0, {}};
  for (const std::string& name : plan_.architectures) {
    cells_.push_back({Role::kArm, name, "nghttp2", 1, 64, 10, kEpoll, dear});
  }
  plan_.headline->conditions = dear;
  for (int block = 0; block < 6; ++block) {
    add_pair(0, block, 1.5);
    add_pair(3, block, 1.1);
  }
  EXPECT_THAT(lines(), ElementsAre("reuseport_loops / shared_reactor, handler_cpu 5us: 1.10x "
                                   "(1.10-1.10, 96.9 % interval) at 1 thread, 6 blocks",
                                   "reuseport_loops / shared_reactor, handler_cpu 0ns: 1.50x "
                                   "(1.50-1.50, 96.9 % interval) at 1 thread, 6 blocks"));
  cells_.pop_back();
  outcomes_.clear();
  EXPECT_THAT(lines(), ElementsAre("no headline: reuseport_loops, handler_cpu 5us is skipped"));
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

TEST_F(HeadlineTest, WhatStandsBesideItIsHeldAgainstTheSameNoise) {
  plan_for({1}, 6);
  plan_.conditions.cpu = {0us, 1us, 2us, 3us};
  for (const auto cpu : {1us, 2us, 3us}) {
    for (const std::string& name : plan_.architectures) {
      cells_.push_back({Role::kArm, name, "nghttp2", 1, 64, 10, kEpoll, {cpu, {}, 0, {}}});
    }
  }
  Cell same = cells_[0];
  same.role = Role::kSame;
  same.twin_of = cell_name(same);
  cells_.push_back(same);
  for (int block = 0; block < 6; ++block) {
    for (const std::size_t first : {0U, 3U, 5U, 7U}) {
      add_pair(first, block, 1.02);
    }
    add(9, block, 1000.0 * (block + 1) * (block % 2 == 0 ? 0.95 : 1.04));
  }
  const auto told = lines();
  EXPECT_THAT(told[1], AllOf(HasSubstr("handler_cpu 1us: 1.02x"),
                             HasSubstr("no difference shown: the same arm beside itself gave")));
  EXPECT_THAT(told, Contains("of these 3 beside the headline, which was named before, one in "
                             "twenty leaves 1 out by chance"));
}

TEST_F(HeadlineTest, OfAnArmThatIsSkippedIsNone) {
  plan_for({1}, 6);
  plan_.engines = {kEpoll, kIoUring};
  plan_.headline->engine = kIoUring;
  EXPECT_THAT(lines(), ElementsAre("no headline: reuseport_loops with engine io_uring is skipped"));
}

TEST_F(HeadlineTest, APeerIsAnArmWithNoHttp2OfOurs) {
  plan_for_two_http2({1}, 6);
  cells_.push_back({Role::kArm, "tonic", kPeer, 1, 64, 10, kPeer});
  plan_.headline = Headline{"tonic", kPeer, "reuseport_loops", "lean", 1, kPeer, kEpoll};
  plan_.headline->load = {64, 10};
  for (int block = 0; block < 6; ++block) {
    add(1, block, 2.0);
    add(3, block, 1.0);
    add(5, block, 1.0);
  }
  EXPECT_THAT(lines(), ElementsAre("tonic / reuseport_loops with http2 lean: 0.50x (0.50-0.50, "
                                   "96.9 % interval) at 1 thread, 6 blocks",
                                   "tonic / reuseport_loops with http2 nghttp2: 1.00x (1.00-1.00, "
                                   "96.9 % interval) at 1 thread, 6 blocks: no difference shown"));
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
