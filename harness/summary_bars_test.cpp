#include "harness/summary_bars.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "harness/failure.hpp"
#include "harness/mutation.hpp"
#include "harness/plan_test_texts.hpp"

namespace coresweep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr TextSpace kPlain{60, Letters::kAscii};

SummaryBar bar_at(const std::string& name, int threads, double value) {
  return {{name, kEpoll, "lean"}, name, threads, value, std::to_string(std::lround(value)), true};
}

// Characters, as a terminal counts them.
std::size_t width_of(const std::string& line) {
  return static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0) != 0x80;
  }));
}

TEST(BarLines, BeginAtZeroAndShareOneScale) {
  const SummaryBars chart{"requests/s:",
                          {bar_at("one", 1, 100), bar_at("other", 1, 50), bar_at("one", 2, 200),
                           bar_at("other", 2, 0)}};
  EXPECT_THAT(bar_lines(chart, std::nullopt, kPlain),
              ElementsAre("requests/s:",
                          " 1 thread  one    ################### 100",
                          "           other  ######### 50",
                          "2 threads  one    ##################################### 200",
                          "           other  0"));
}

TEST(BarLines, OfWhatIsNoResultAreNotDrawnAndStretchNoScale) {
  SummaryBar hollow = bar_at("one", 1, 0);
  hollow.label = "900,000 (not valid)";
  hollow.is_drawn = false;
  const auto lines = bar_lines({"h", {hollow, bar_at("other", 1, 100)}}, std::nullopt, kPlain);
  EXPECT_EQ(lines[1], "1 thread  one    900,000 (not valid)");
  EXPECT_THAT(lines[2], HasSubstr("####"));
  EXPECT_EQ(lines[2].size(), kPlain.columns - 1);
}

TEST(BarLines, OfWhatCannotBeMeasuredAreShortAndEnd) {
  const auto lines = bar_lines({"h", {bar_at("a", 1, -5), bar_at("b", 1, 1)}}, std::nullopt,
                               {34, Letters::kUtf8});
  EXPECT_EQ(lines[1], "1 thread  a  -5");
  EXPECT_EQ(width_of(lines[2]), 32U);
}

TEST(BarLines, AreMadeOfEighthsWhereTheLocaleHasThem) {
  const SummaryBars chart{"h", {bar_at("a", 1, 160), bar_at("b", 1, 5)}};
  // Of 16 columns that are left: b has half of one.
  const auto lines = bar_lines(chart, std::nullopt, {34, Letters::kUtf8});
  EXPECT_EQ(lines[1], "1 thread  a  ████████████████ 160");
  EXPECT_EQ(lines[2], "          b  ▌ 5");
}

TEST(BarLines, NeverWrap) {
  const std::string name(100, 'n');
  SummaryBar hollow = bar_at("short", 64, 0);
  hollow.label = "123,456,789 (not valid)";
  hollow.is_drawn = false;
  const SummaryBars chart{std::string(300, 'h'), {bar_at(name, 64, 123'456'789), hollow}};
  for (const Letters letters : {Letters::kAscii, Letters::kUtf8}) {
    for (std::size_t columns = 0; columns < 140; ++columns) {
      for (const std::string& line : bar_lines(chart, std::nullopt, {columns, letters})) {
        EXPECT_LE(width_of(line), std::max<std::size_t>(columns, 1) - 1) << columns;
      }
    }
  }
  EXPECT_THAT(bar_lines(chart, std::nullopt, kPlain)[1], HasSubstr("nn..  ##########"));
}

TEST(BarLines, HaveAHeadingThatIsBrokenBetweenWords) {
  const auto lines =
      bar_lines({"requests/s by threads, median (8 connections x 4 streams):", {bar_at("a", 1, 1)}},
                std::nullopt, {40, Letters::kAscii});
  EXPECT_EQ(lines[0], "requests/s by threads, median (8");
  EXPECT_EQ(lines[1], "connections x 4 streams):");
  EXPECT_EQ(lines.size(), 3U);
}

TEST(BarLines, OfManyThoseOfTheHeadlineAndNotEveryThreadCount) {
  SummaryBars chart{"h", {}};
  for (int threads = 1; threads <= 64; ++threads) {
    for (const char* name : {"a", "b", "c"}) {
      chart.bars.push_back(bar_at(name, threads, threads));
    }
  }
  Headline headline{"a", "lean", "b", "lean"};
  const auto lines = bar_lines(chart, headline, kPlain);
  EXPECT_EQ(lines.size(), 1 + 30 + 1U);
  EXPECT_THAT(lines[1], testing::StartsWith("  1 thread  a "));
  EXPECT_THAT(lines[29], testing::StartsWith("64 threads  a "));
  EXPECT_THAT(lines[30], testing::StartsWith("            b "));
  EXPECT_EQ(lines.back(), "(30 of 192 bars)");
  EXPECT_EQ(bar_lines(chart, std::nullopt, kPlain).size(), 32U);
  const Headline skipped{"d", "lean", "e", "lean"};
  EXPECT_EQ(bar_lines(chart, skipped, kPlain), bar_lines(chart, std::nullopt, kPlain));
  chart.bars.resize(30);
  EXPECT_EQ(bar_lines(chart, headline, kPlain).size(), 31U);
  // More arms than lines: one count is left of each, and no more lines than allowed.
  SummaryBars wide{"h", {}};
  for (int i = 0; i < 80; ++i) {
    wide.bars.push_back(bar_at("arm" + std::to_string(i), 1 + i % 2, 1));
  }
  EXPECT_EQ(bar_lines(wide, std::nullopt, kPlain).size(), 32U);
  EXPECT_THAT(bar_lines({"h", {}}, std::nullopt, kPlain), IsEmpty());
}

class SummaryBarsTest : public testing::Test {
 protected:
  static Plan plan_of(const std::string& more) {
    return read_plan(R"({"architectures": ["shared_reactor", "reuseport_loops"], "threads": [1],
                         "ceiling": false)" + more + "}",
                     "plan.json", kTwoCpus);
  }
};

TEST_F(SummaryBarsTest, AreMediansOfWhatCountsAndIsValid) {
  const Plan plan = plan_of(R"(, "connections": [4, 64], "streams": 10, "handler_cpu": "5us",
      "headline": {"architecture": "reuseport_loops", "against": "shared_reactor", "threads": 1,
                   "connections": 64})");
  const std::vector<Cell> cells = cells_of(plan, kTwoCpus);
  std::vector<Outcome> outcomes;
  for (std::size_t cell = 0; cell < cells.size(); ++cell) {
    for (int block = 0; block < 3; ++block) {
      Outcome outcome{cell, block, 1000.0 * static_cast<double>(cell) + block, {}};
      if (cells[cell].architecture == "reuseport_loops") {
        outcome.verdicts = {"client_bound"};
      } else if (block == 2) {
        outcome.throughput_per_s = 1e9;  // superseded by the next
        outcomes.push_back(outcome);
        outcome.throughput_per_s = 5000;
        outcome.attempt = 2;
      }
      outcomes.push_back(outcome);
    }
  }
  const SummaryBars chart = bars_of_trials(plan, cells, outcomes);
  EXPECT_EQ(chart.heading, "requests/s by threads, median of the valid trials (64 connections x 10 "
                           "streams, cpu5us):");
  ASSERT_EQ(chart.bars.size(), 2U);
  EXPECT_EQ(chart.bars[0].name, "shared_reactor");
  EXPECT_EQ(chart.bars[0].value, 2001);
  EXPECT_EQ(chart.bars[0].label, "2,001");
  EXPECT_TRUE(chart.bars[0].is_drawn);
  EXPECT_EQ(chart.bars[1].label, "3,001 (not valid)");
  EXPECT_FALSE(chart.bars[1].is_drawn);
  EXPECT_EQ(bars_of_trials(plan, cells, {}).bars[1].label, "(not run)");
}

TEST_F(SummaryBarsTest, AreNoMediansThatTheHeadlineWouldRefuse) {
  const Plan plan = plan_of(R"(, "connections": 4, "streams": 1)");
  const std::vector<Cell> cells = cells_of(plan, kTwoCpus);
  const auto bar_with = [&](int spoilt, const char* verdict) {
    std::vector<Outcome> outcomes;
    for (int block = 0; block < 6; ++block) {
      Outcome outcome{0, block, 1000.0, {}};
      if (block < spoilt) {
        outcome.verdicts = {verdict};
      }
      outcomes.push_back(outcome);
    }
    return bars_of_trials(plan, cells, outcomes).bars[0];
  };
  EXPECT_EQ(bar_with(5, "noisy_host").label, "(1 of 6 valid)");
  EXPECT_EQ(bar_with(3, "noisy_host").label, "(3 of 6 valid)");
  EXPECT_EQ(bar_with(2, "noisy_host").label, "1,000");
  EXPECT_EQ(bar_with(1, "client_bound").label, "(5 of 6 valid)");
  EXPECT_FALSE(bar_with(1, "client_bound").is_drawn);
  EXPECT_EQ(bar_with(6, "client_bound").label, "1,000 (not valid)");
}

TEST_F(SummaryBarsTest, OfAnOpenLoopAreHowSoonItAnswers) {
  const Plan plan = plan_of(R"(, "connections": 4, "streams": 1, "mode": "poisson", "rate": 2000)");
  const std::vector<Cell> cells = cells_of(plan, kTwoCpus);
  Outcome outcome{0, 0, 2000.0, {}};
  outcome.latency.p99_ns = 1.5e6;
  const SummaryBars chart = bars_of_trials(plan, cells, {outcome});
  EXPECT_THAT(chart.heading, HasSubstr("p99 from due (shorter is sooner)"));
  EXPECT_EQ(chart.bars[0].label, "1.5 ms");
  EXPECT_EQ(chart.bars[1].label, "(not run)");
  Outcome few{0, 1, 2000.0, {}};  // valid, with too few above its p99
  EXPECT_EQ(bars_of_trials(plan, cells, {outcome, few}).bars[0].label, "(p99 not known)");
  EXPECT_EQ(bars_of_trials(plan, cells, {few}).bars[0].label, "(p99 not known)");
  few.verdicts = {"failed"};
  EXPECT_EQ(bars_of_trials(plan, cells, {few}).bars[0].label, "(not valid)");
}

// As `resume` takes them up: whatever a line became, it is refused or has a bar that ends.
TEST_F(SummaryBarsTest, OfAMutatedJournalEnd) {
  const Plan plan = plan_of(R"(, "connections": 4, "streams": 1)");
  const std::vector<Cell> cells = cells_of(plan, kTwoCpus);
  const std::string line =
      R"({"block": 0, "attempt": 1, "factors": {"mode": "closed"}, "verdict": [],)"
      R"( "throughput_per_s": 1000.5, "latency_from_sent_ns": {"p50": 10, "p99": 20},)"
      R"( "server": {"window_s": 1.0, "cpu_user_s": 0.5, "cpu_system_s": 0.25}})";
  std::mt19937 engine(9);
  int taken = 0;
  int negative = 0;
  for (int i = 0; i < 20'000; ++i) {
    const Json trial = Json::parse(coresweep::mutated(line, engine), nullptr, false);
    if (trial.is_discarded() || !trial.is_object()) {
      continue;
    }
    const Json throughput = trial.value("throughput_per_s", Json());
    const bool is_negative = throughput.is_number() && throughput.get<double>() < 0;
    negative += is_negative ? 1 : 0;
    try {
      const Outcome outcome = outcome_of(trial, 0);
      ASSERT_FALSE(is_negative) << trial;
      const SummaryBars chart = bars_of_trials(plan, cells, {outcome, {1, 0, 1.0, {}}});
      for (const std::string& text : bar_lines(chart, std::nullopt, kPlain)) {
        ASSERT_LT(width_of(text), kPlain.columns) << trial;
      }
      ++taken;
    } catch (const Json::exception&) {  // is told by its line
    } catch (const Failure&) {
    }
  }
  EXPECT_GT(taken, 100);
  EXPECT_GT(negative, 10);
}

TEST_F(SummaryBarsTest, OfSearchesAreWhatIsHeldOrThatItIsNotKnown) {
  const Plan plan = plan_of(R"(, "connections": 64, "streams": 10, "capacity_p99": "2ms")");
  std::vector<std::vector<CapacityPhase::Found>> blocks(3);
  for (const Cell& cell : cells_of(plan, kTwoCpus)) {
    const bool is_spoilt = cell.architecture == "reuseport_loops";
    for (std::int64_t block = 0; block < 3; ++block) {
      blocks[static_cast<std::size_t>(block)].push_back(
          {cell,
           {is_spoilt ? SearchEnd::kTooNoisy : SearchEnd::kConfirmed, 1000 + block, 2000, true, 8,
            0},
           {}});
    }
  }
  SummaryBars chart = bars_of_capacities(plan, blocks);
  EXPECT_EQ(chart.heading, "requests/s held with a p99 from due of at most 2ms, median of the "
                           "blocks (64 connections x 10 streams):");
  ASSERT_EQ(chart.bars.size(), 2U);
  EXPECT_EQ(chart.bars[0].label, "1,001");
  EXPECT_EQ(chart.bars[1].label, "(not known)");
  EXPECT_FALSE(chart.bars[1].is_drawn);
  blocks[2][0].capacity.end = SearchEnd::kUntold;
  EXPECT_EQ(bars_of_capacities(plan, blocks).bars[0].label, "1,001 or more");
  EXPECT_THAT(bars_of_capacities(plan, {}).bars, IsEmpty());
}

}  // namespace
}  // namespace coresweep
