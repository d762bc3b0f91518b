// The ratio that leads an explanation: of what, and held against which noise.
#include <gmock/gmock.h>

#include "harness/explain_test_runs.hpp"

namespace coresweep {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

TEST(Explain, MediansOfSelectedBlocksAreNotPassedOffAsTheArmsOwn) {
  RunFolder folder;
  add_blocks(folder, 1, 5);
  Json bound = trial_of("loops", 1, 5, 0.02);
  bound["verdict"] = {"client_bound"};
  folder.add(bound);
  folder.add(trial_of("reactor", 1, 5, 2));
  const auto lines = explained(folder);
  EXPECT_THAT(lines[0], HasSubstr("leaving these out would select the answer"));
  EXPECT_THAT(lines, Contains("no ratio, so take none of these medians for the arms' own: they are "
                              "of the 5 blocks in which both happened to be valid"));
}

// An arm beside itself under its own name, as the schedule's second trial of it in a block.
void add_beside_itself(const RunFolder& folder, int threads, double throughput_per_s, int block) {
  Json same = trial_of("reactor", threads, block, 2);
  same["role"] = "aa";
  same["throughput_per_s"] = throughput_per_s;
  folder.add(same);
}

void add_five_percent_ahead(const RunFolder& folder, int threads) {
  for (int block = 0; block < 6; ++block) {
    Json loops = trial_of("loops", threads, block, 2);
    loops["throughput_per_s"] = 1050.0 * threads;
    folder.add(loops);
    folder.add(trial_of("reactor", threads, block, 2));
  }
}

TEST(Explain, WhatIsInsideTheNoiseIsNoDifference) {
  RunFolder folder;
  add_five_percent_ahead(folder, 2);
  EXPECT_THAT(explained(folder)[0], EndsWith("1.05x (1.05-1.05, 96.9 % interval) at 2 threads, 6 "
                                             "blocks"));
  for (int block = 0; block < 6; ++block) {
    add_beside_itself(folder, 2, block == 0 ? 2160 : 2000, block);
  }
  EXPECT_THAT(explained(folder)[0],
              HasSubstr("6 blocks: no difference shown: the same arm beside itself gave "));
}

TEST(Explain, TheNoiseOfOnePlaceCountsAtAll) {
  RunFolder folder;
  add_five_percent_ahead(folder, 1);
  add_five_percent_ahead(folder, 2);
  for (int block = 0; block < 6; ++block) {
    add_beside_itself(folder, 1, block == 0 ? 1080 : 1000, block);
  }
  const auto lines = explained(folder);
  EXPECT_THAT(lines[0], HasSubstr("at 2 threads, 6 blocks: no difference shown: the same arm"));
  EXPECT_THAT(lines[1], HasSubstr("at 1 thread, 6 blocks: no difference shown: the same arm"));
}

TEST(Explain, NoiseThatNobodyKnowsIsSaid) {
  RunFolder folder;
  add_five_percent_ahead(folder, 2);
  add_beside_itself(folder, 2, 2000, 0);
  EXPECT_THAT(explained(folder)[0], EndsWith("6 blocks; held against no A/A"));
}

TEST(Explain, OfAnOpenLoopLeadsWithTheLatency) {
  RunFolder folder;
  for (int block = 0; block < 6; ++block) {
    for (const char* architecture : {"loops", "reactor"}) {
      Json trial = trial_of(architecture, 1, block, 2);
      trial["factors"]["mode"] = "poisson";
      trial["factors"]["rate_per_s"] = 1000;
      const int times = architecture == std::string("loops") ? 1 : 2;
      trial["latency_from_due_ns"] = {{"p50", 50'000}, {"p99", times * 100'000}};
      folder.add(trial);
    }
  }
  const auto lines = explained(folder);
  EXPECT_EQ(lines[0],
            "p99 from due (below 1 is sooner): loops / reactor (http2 lean, engine epoll): 0.50x "
            "(0.50-0.50, 96.9 % interval) at 1 thread, 6 blocks");
  EXPECT_THAT(lines[1], AllOf(StartsWith("throughput: loops / reactor "), HasSubstr(": 1.00x")));
  EXPECT_THAT(lines, Contains("  loops: 100 us of latency from due at p99 against 200 us (0.5x, "
                              "0.5-0.5)"));
  EXPECT_THAT(lines, Contains(HasSubstr("latency from due at p50 (50 us against 50 us)")));
  Json unknown = trial_of("loops", 1, 6, 2);
  unknown["factors"]["mode"] = "poisson";
  unknown["factors"]["rate_per_s"] = 1000;
  unknown["latency_from_due_ns"] = {{"p50", 50'000}, {"p99", nullptr}};
  folder.add(unknown);
  const auto refused_lines = explained(folder);
  EXPECT_THAT(refused_lines[0], HasSubstr("no ratio: 6 of 6 blocks have both arms valid at 1 "
                                          "thread; verdicts: p99 not known 1 (leaving these out"));
  EXPECT_THAT(refused_lines, Contains(StartsWith("no ratio, so take none of these medians")));
}

}  // namespace
}  // namespace coresweep
