#include "harness/pair_lines.hpp"

#include <gmock/gmock.h>

#include "harness/headline_test_sweep.hpp"
#include "harness/verdict.hpp"

namespace coresweep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class PairLinesTest : public HeadlineTest {
 protected:
  // Two blocks a pair: one with that ratio, one a hundredth above it.
  void run_on_pairs(const std::vector<double>& ratios) {
    plan_for({2}, static_cast<int>(2 * ratios.size()));
    int block = 0;
    for (std::size_t i = 0; i < ratios.size(); ++i) {
      for (const double more : {0.0, 0.01}) {
        const std::size_t first = outcomes_.size();
        add_pair(0, block++, ratios[i] + more);
        for (std::size_t own = first; own < outcomes_.size(); ++own) {
          outcomes_[own].pair = "pair0" + std::to_string(i + 1);
        }
      }
    }
  }

  std::vector<std::string> lines() const { return pair_lines(plan_, cells_, outcomes_); }

  std::string headline() const { return HeadlineTest::lines().front(); }
};

TEST_F(PairLinesTest, AnOddPairStandsOutAndThePairsAreTheEvidence) {
  run_on_pairs({2.0, 2.1, 1.9, 3.0, 2.0, 2.05});
  EXPECT_THAT(lines(), ElementsAre("by pair of hosts, each one's median: pair04 3.00x; the other 5 "
                                   "1.90x-2.10x"));
  EXPECT_EQ(headline(), "reuseport_loops / shared_reactor: 2.03x (1.90-3.00, 96.9 % interval) at 2 "
                        "threads, 12 blocks on 6 pairs of hosts");
}

TEST_F(PairLinesTest, OfTwoPairsEachIsNamedAndThereIsNoInterval) {
  run_on_pairs({2.0, 2.2});
  EXPECT_THAT(lines(), ElementsAre("by pair of hosts, each one's median: pair01 2.00x; pair02 "
                                   "2.20x"));
  EXPECT_THAT(headline(), HasSubstr("2.10x (2.00-2.20, a range: fewer than six pairs)"));
}

TEST_F(PairLinesTest, OfOnePairNothingIsKnownOfOthers) {
  run_on_pairs({2.0});
  EXPECT_THAT(lines(),
              ElementsAre("all blocks ran on pair01: nothing is known of another pair"));
}

TEST_F(PairLinesTest, APairWhoseArmFailedIsNamedAndSelectsNoAnswer) {
  run_on_pairs({2.0, 2.2, 2.4});
  outcomes_.front().verdicts = {kFailed};
  EXPECT_THAT(lines(), ElementsAre("by pair of hosts, each one's median: pair02 2.20x; pair03 "
                                   "2.40x",
                                   "no ratio on pair01: verdicts: failed 1"));
}

TEST_F(PairLinesTest, ASweepThatIsNoFleetSaysNothing) {
  run_on_pairs({2.0});
  for (Outcome& outcome : outcomes_) {
    outcome.pair.clear();
  }
  EXPECT_THAT(lines(), IsEmpty());
}

}  // namespace
}  // namespace coresweep
