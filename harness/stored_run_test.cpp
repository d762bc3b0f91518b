#include "harness/stored_run.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "harness/compare.hpp"
#include "harness/failure.hpp"
#include "harness/run_export.hpp"
#include "harness/run_list.hpp"
#include "harness/stored_lines.hpp"

namespace coresweep {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class StoredRunTest : public ::testing::Test {
 protected:
  StoredRunTest()
      : results_(std::filesystem::temp_directory_path() /
                 fmt::format("coresweep-stored-{}", ::getpid())),
        folder_(results_ / "run") {
    std::filesystem::create_directories(folder_);
    write("run.json", R"({"schema_version":1,"plan":{"blocks":6,"http2":"lean"}})");
  }
  ~StoredRunTest() override { std::filesystem::remove_all(results_); }

  void write(const char* name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }
  void add(const Json& trial) const { add_line(trial.dump()); }
  void add_line(const std::string& line) const {
    std::ofstream(folder_ / "trials.jsonl", std::ios::app) << line << '\n';
  }

  [[nodiscard]] StoredRun read() const { return read_run_figures(folder_); }
  [[nodiscard]] std::string refusal() const {
    try {
      static_cast<void>(read());
    } catch (const WrongUsage& refused) {
      return refused.what();
    }
    return "nothing was refused";
  }

  std::filesystem::path results_;
  std::filesystem::path folder_;
};

Json trial_line(int block, int attempt, double throughput_per_s, const char* role = "arm") {
  return {{"schema_version", 1},
          {"block", block},
          {"attempt", attempt},
          {"cell", "loops/lean/t1/c64/s10"},
          {"role", role},
          {"factors",
           {{"architecture", "loops"},
            {"http2", "lean"},
            {"threads", 1},
            {"connections", 64},
            {"streams", 10}}},
          {"verdict", Json::array()},
          {"throughput_per_s", throughput_per_s}};
}

// As the sweep's table has them: what the twins made known of a cell is in each of its trials.
TEST_F(StoredRunTest, AListCountsTheVerdictsOfWhatIsJudged) {
  const auto add_judged = [this](int block, int attempt, std::vector<std::string> verdicts,
                                 const char* role = "arm") {
    Json trial = trial_line(block, attempt, 1000, role);
    trial["verdict"] = std::move(verdicts);
    add(trial);
  };
  add_judged(0, 1, {});
  add_judged(1, 1, {"noisy_host"});  // run again
  add_judged(1, 2, {"client_bound"});
  add_judged(2, 1, {"client_bound", "unsaturated"});
  add_judged(2, 1, {"unsaturated"}, "in_flight");
  add_judged(0, 1, {"noisy_host"}, "ceiling");
  const auto runs = list_runs(results_);
  EXPECT_THAT(list_lines(runs).front(),
              HasSubstr("of arms and ceilings 1 of 4 valid (client_bound 2, noisy_host 1, "
                        "unsaturated 1)  "));
  EXPECT_EQ(to_json(runs)[0]["verdicts"],
            Json({{"client_bound", 2}, {"noisy_host", 1}, {"unsaturated", 1}}));
  add_judged(3, 1, {"a\x1b[2Jb" + std::string(1000, 'c')});
  EXPECT_THAT(list_lines(list_runs(results_)).front(),
              AllOf(HasSubstr("1 of 5 valid (a"), Not(HasSubstr("\x1b")),
                    Not(HasSubstr(std::string(200, 'c')))));
}

TEST_F(StoredRunTest, OfSeveralAttemptsTheLastCountsWhereverItStands) {
  add(trial_line(0, 2, 20));
  add(trial_line(0, 1, 10));
  add(trial_line(1, 1, 30));
  add(trial_line(1, 2, 40));
  add(trial_line(1, 3, 50));
  add(trial_line(1, 1, 60, "ceiling"));
  const StoredRun run = read();
  ASSERT_THAT(run.trials, SizeIs(2));
  EXPECT_EQ(run.trials[0].throughput_per_s, 20);
  EXPECT_EQ(run.trials[1].throughput_per_s, 50);
  EXPECT_EQ(run.trials[1].attempt, 3);
  ASSERT_THAT(run.others, SizeIs(4));
  EXPECT_TRUE(run.others[0].is_superseded);
  EXPECT_EQ(run.others[0].throughput_per_s, 10);
  EXPECT_EQ(run.others[3].role, "ceiling");
  EXPECT_FALSE(run.others[3].is_superseded);
}

TEST_F(StoredRunTest, NothingCountsTwice) {
  add(trial_line(0, 1, 10));
  add(trial_line(0, 1, 10));
  EXPECT_EQ(refusal(),
            fmt::format("{0}/trials.jsonl: line 2: is attempt 1 at arm loops/lean/t1/c64/s10 of "
                        "block 0, as is {0}/trials.jsonl: line 1",
                        folder_.string()));
}

TEST_F(StoredRunTest, ReadsTheVersionsItKnowsAndNoOther) {
  Json trial = trial_line(0, 1, 10);
  trial["schema_version"] = 2;
  add(trial);
  EXPECT_THAT(read().trials, SizeIs(1));
  trial["schema_version"] = 3;
  add(trial);
  EXPECT_THAT(refusal(),
              EndsWith("schema_version is 3: allowed is 1 or 2: a newer coresweep wrote it"));
  write("run.json", R"({"schema_version":"1"})");
  EXPECT_THAT(refusal(), EndsWith("run.json: schema_version is \"1\": allowed is 1 or 2"));
}

TEST_F(StoredRunTest, FactorsOfACellAreFoundToDisagreeWhateverTheirOrder) {
  add(trial_line(0, 1, 10));
  Json later = trial_line(1, 1, 10);
  later["factors"] = {{"streams", 10},        {"connections", 64}, {"threads", 1},
                      {"engine", "epoll"},    {"http2", "lean"},   {"architecture", "loops"},
                      {"handler_cpu", "0ns"}, {"mode", "closed"}};
  add(later);
  EXPECT_EQ(read().cells.at({"arm", "loops/lean/t1/c64/s10"}).contradiction, "");
  later["block"] = 2;
  later["factors"]["streams"] = 11;
  add(later);
  EXPECT_THAT(read().cells.at({"arm", "loops/lean/t1/c64/s10"}).contradiction,
              EndsWith("trials.jsonl: line 3"));
}

TEST_F(StoredRunTest, FiguresKeepNoLineAndTheSecondReadingHasAllButHistograms) {
  Json trial = trial_line(0, 1, 10);
  trial["latency_from_sent_ns"] = {{"p50", 5}, {"histogram", std::string(1 << 20, 'A')}};
  add(trial);
  add(trial_line(1, 1, 10));
  const StoredRun run = read();
  EXPECT_TRUE(run.trials[0].json.is_null());
  add(trial_line(2, 1, 10));  // by a sweep that is still running
  std::vector<Json> again;
  each_trial_again(run, [&again](const StoredTrial& each) { again.push_back(each.json); });
  ASSERT_THAT(again, SizeIs(2));
  EXPECT_EQ(again[0]["latency_from_sent_ns"], Json({{"p50", 5}}));
}

TEST_F(StoredRunTest, HostileLinesAreOneComplaintEach) {
  write("trials.jsonl", "");
  EXPECT_THAT(read().trials, SizeIs(0));
  std::filesystem::remove(folder_ / "trials.jsonl");
  add_line(R"({"schema_version":1,"x":)" + std::string(100'000, '['));
  EXPECT_THAT(refusal(), HasSubstr("nested deeper than the 16 levels that are allowed"));
  write("trials.jsonl", std::string(kLongestStoredLine + (1 << 17), ' '));
  EXPECT_THAT(refusal(), EndsWith("line 1: is longer than the 16777216 bytes that are allowed"));
  write("trials.jsonl", std::string("{}\0{}\n", 6));
  EXPECT_THAT(refusal(), HasSubstr("line 1: is not JSON: allowed is one JSON object a line ("));
  write("trials.jsonl", "[]\n");
  EXPECT_THAT(refusal(), HasSubstr("line 1: is no object"));
  Json trial = trial_line(0, 1, 1e300);
  write("trials.jsonl", trial.dump() + "\n");
  EXPECT_THAT(refusal(), EndsWith("throughput_per_s is 1e+300: allowed is at most 1e+18"));
  trial["throughput_per_s"] = 10;
  trial["attempt"] = 0;
  write("trials.jsonl", trial.dump() + "\n");
  EXPECT_THAT(refusal(), HasSubstr("line 1: attempt is 0: allowed is a whole number from 1"));
  write("run.json", std::string(17 << 20, ' '));
  EXPECT_THAT(refusal(), EndsWith("run.json: is larger than the 16777216 bytes that are allowed"));
}

TEST_F(StoredRunTest, ZeroesLeftByALostPowerAreATornLine) {
  add(trial_line(0, 1, 10));
  std::ofstream(folder_ / "trials.jsonl", std::ios::app) << std::string(4096, '\0');
  const StoredRun run = read();
  EXPECT_THAT(run.trials, SizeIs(1));
  EXPECT_THAT(run.dropped, ::testing::ElementsAre(folder_.string() + "/trials.jsonl: line 2"));
}

// Bytes changed, doubled, or gone; digits most of all, since these are still JSON.
std::string mutated(std::string text, std::mt19937_64& engine) {
  constexpr std::string_view kBytes = "0123456789-.eE\"{}[],:ntx\x01\xc3";
  const auto below = [&engine](std::size_t end) { return engine() % end; };
  for (std::size_t changes = 1 + below(2); changes > 0; --changes) {
    const std::size_t at = below(text.size());
    switch (below(4)) {
      case 0:
        text.erase(at, 1 + below(9));
        break;
      case 1:
        text.insert(at, text.substr(below(text.size()), 1 + below(40)));
        break;
      default:
        text[at] = kBytes[below(kBytes.size())];
    }
  }
  return text;
}

TEST_F(StoredRunTest, AMutatedRunIsReadOrRefusedAndNothingElse) {
  const Json record = {{"schema_version", 1},
                       {"started_at", "2026-01-31T12:00:00Z"},
                       {"seed", 7},
                       {"plan", {{"blocks", 2}, {"http2", "lean"}, {"question", "Which?"}}},
                       {"machine", {{"cpu_model", "x"}, {"cpus_online", 2}, {"memory_kb", 5}}},
                       {"headline",
                        {{"architecture", "loops"},
                         {"http2", "lean"},
                         {"against", "loops"},
                         {"threads", 1}}},
                       {"trials_planned", 4}};
  write("run.json", record.dump());
  std::string trials;
  for (int block = 0; block < 4; ++block) {
    trials += trial_line(block, 1, 1000 + block).dump() + "\n";
  }
  write("trials.jsonl", trials);
  const StoredRun whole = read();
  std::mt19937_64 engine(11);
  int read_well = 0;
  constexpr int kMutations = 600;
  for (int i = 0; i < kMutations; ++i) {
    const bool of_record = engine() % 3 == 0;
    write("run.json", of_record ? mutated(record.dump(), engine) : record.dump());
    write("trials.jsonl", of_record ? trials : mutated(trials, engine));
    EXPECT_THAT(list_runs(results_), SizeIs(1));
    try {
      const StoredRun run = read();
      ++read_well;
      static_cast<void>(comparison_lines(compare_runs(whole, run)));
      static_cast<void>(write_google_benchmark(run, [](std::string_view) {}));
      write_csv(run, [](std::string_view) {});
    } catch (const WrongUsage& refused) {
      EXPECT_THAT(std::string(refused.what()), Not(::testing::IsEmpty()));
    }
  }
  EXPECT_GT(read_well, kMutations / 20);
  EXPECT_LT(read_well, kMutations);
}

}  // namespace
}  // namespace coresweep
