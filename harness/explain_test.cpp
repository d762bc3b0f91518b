// Explanations of runs made by hand: what is told, in which order, and what is never claimed.
#include "harness/explain.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "harness/failure.hpp"
#include "harness/quantities.hpp"

namespace coresweep {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// A run's folder in a temporary place, written line by line.
class RunFolder {
 public:
  RunFolder() {
    static int number = 0;
    path_ = std::filesystem::temp_directory_path() /
            fmt::format("coresweep-explain-{}-{}", ::getpid(), number++);
    std::filesystem::create_directories(path_);
    write("run.json", {{"schema_version", 1}, {"plan", {{"blocks", 6}, {"http2", "lean"}}}});
  }
  ~RunFolder() { std::filesystem::remove_all(path_); }
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  [[nodiscard]] std::string path() const { return path_; }

  void write(const char* name, const Json& json) const {
    std::ofstream(path_ / name) << json.dump() << '\n';
  }
  void append(const char* name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::app) << text << '\n';
  }
  // As stored, where tests do not say otherwise: named by its factors, the first attempt.
  void add(Json trial) const {
    trial.emplace("cell", trial.at("factors").dump());
    trial.emplace("attempt", 1);
    append("trials.jsonl", trial.dump());
  }

 private:
  std::filesystem::path path_;
};

// In the shape of a stored trial: what the kernel tells of the whole process stands in "process".
Json trial_of(const char* architecture, int threads, int block, double switches) {
  Json each = Json::array();
  for (int i = 0; i < threads; ++i) {
    each.push_back({{"requests", 1000},
                    {"cpu_user_s", 0.25},
                    {"cpu_system_s", 0.5},
                    {"context_switches_voluntary", switches * 1000},
                    {"context_switches_involuntary", 0},
                    {"bytes_sent", 48'000},
                    {"migrations", 2},
                    {"run_delay_s", 0.0}});
  }
  return {{"schema_version", 1},
          {"role", "arm"},
          {"block", block},
          {"factors",
           {{"architecture", architecture},
            {"http2", "lean"},
            {"threads", threads},
            {"connections", 64},
            {"streams", 10}}},
          {"verdict", Json::array()},
          {"verdict_details", Json::object()},
          {"throughput_per_s", 1000.0 * threads},
          {"server",
           {{"window_s", 1.0},
            {"cpu_user_s", 0.25 * threads},
            {"cpu_system_s", 0.5 * threads},
            {"process",
             {{"context_switches_voluntary", switches * 1000 * threads},
              {"context_switches_involuntary", 0},
              {"page_faults_minor", 20 * threads},
              {"page_faults_major", nullptr},
              {"migrations", 2 * threads},
              {"resident_kb", 9000}}},
            {"threads", each}}}};
}

void add_blocks(const RunFolder& folder, int threads, int blocks) {
  for (int block = 0; block < blocks; ++block) {
    folder.add(trial_of("loops", threads, block, 0.02 + 0.001 * block));
    folder.add(trial_of("reactor", threads, block, 1.9 + 0.01 * block));
  }
}

std::vector<std::string> explained(const RunFolder& folder, ExplainOptions options = {}) {
  options.run = folder.path();
  options.arm = options.arm.empty() ? "loops" : options.arm;
  options.against = options.against.empty() ? "reactor" : options.against;
  const StoredRun run = under_one_condition(read_stored_run(options.run), options);
  const ComparedArms arms = arms_to_compare(run, options);
  auto lines = explain_lines(run, arms);
  const auto traces = explain_traces(run, arms);
  lines.insert(lines.end(), traces.begin(), traces.end());
  return lines;
}

std::string refused(const RunFolder& folder, const ExplainOptions& options = {}) {
  try {
    static_cast<void>(explained(folder, options));
  } catch (const WrongUsage& error) {
    return error.what();
  }
  return "not refused";
}

TEST(Explain, LeadsWithThroughputThenTheLargestDifference) {
  RunFolder folder;
  add_blocks(folder, 2, 6);
  const auto lines = explained(folder);
  EXPECT_EQ(lines[0],
            "throughput: loops / reactor (http2 lean, engine epoll): 1.00x (1.00-1.00, 96.9 % "
            "interval) at 2 threads, 6 blocks: no difference shown");
  EXPECT_EQ(lines[1],
            "loops against reactor, medians of the 6 blocks in which both are valid; the larger "
            "differences first:");
  EXPECT_EQ(lines[2],
            "  loops: 0.0225 voluntary context switches a request against 1.92 (0.0117x, "
            "0.0105-0.0128); a thread waited");
}

TEST(Explain, SaysWhatIsAlikeAndWhatWasNotMeasured) {
  RunFolder folder;
  add_blocks(folder, 2, 6);
  const auto lines = explained(folder);
  EXPECT_THAT(lines,
              Contains(AllOf(StartsWith("no difference shown: "),
                             HasSubstr("server CPU a request, user mode (250 us against 250 us)"),
                             HasSubstr("involuntary context switches a request (0 against 0)"))));
  EXPECT_THAT(lines, Contains(AllOf(StartsWith("not measured: "), HasSubstr("major page faults"),
                                    HasSubstr("machine CPU a request"), HasSubstr("loop waits"))));
  EXPECT_THAT(lines, Contains("not measured: syscalls and futex calls (no traced trial: the plan "
                              "has no \"trace\")"));
  EXPECT_THAT(lines, Contains(StartsWith("for Jain's index: 64 connections dealt by chance over 2 "
                                         "threads")));
}

TEST(Explain, TakesOnlyBlocksInWhichBothAreValid) {
  RunFolder folder;
  add_blocks(folder, 1, 5);
  Json spoilt = trial_of("loops", 1, 5, 700);
  spoilt["verdict"] = {"noisy_host"};
  folder.add(spoilt);
  folder.add(trial_of("reactor", 1, 5, 900));
  const auto lines = explained(folder);
  EXPECT_THAT(lines[0], HasSubstr("a range: fewer than six blocks) at 1 thread, 5 of 6 blocks"));
  EXPECT_THAT(lines[1], StartsWith("At 1 thread nothing contends between server threads"));
  EXPECT_THAT(lines,
              Contains(HasSubstr("0.022 voluntary context switches a request against 1.92")));
}

TEST(Explain, TakesTheLargestThreadCountAtWhichBothAreValidUnlessTold) {
  RunFolder folder;
  add_blocks(folder, 1, 6);
  add_blocks(folder, 2, 6);
  Json hollow = trial_of("loops", 4, 0, 0.02);
  hollow["verdict"] = {"shared_cpus"};
  hollow["verdict_details"] = {{"shared_cpus", "CPU 1 may run both"}};
  folder.add(hollow);
  folder.add(trial_of("reactor", 4, 0, 2));
  auto lines = explained(folder);
  EXPECT_THAT(lines[0], HasSubstr("at 2 threads"));
  EXPECT_THAT(lines[1], AllOf(StartsWith("throughput: "), HasSubstr("at 1 thread")));
  ExplainOptions options;
  options.threads = 4;
  lines = explained(folder, options);
  EXPECT_THAT(lines[0], HasSubstr("no ratio: 0 of 6 blocks have both arms valid at 4 threads"));
  EXPECT_THAT(lines, Contains("  shared_cpus: loops in block 0: CPU 1 may run both"));
  EXPECT_THAT(lines, Each(Not(HasSubstr("context switches"))));
  options.threads = 3;
  EXPECT_EQ(refused(folder, options), "--threads is 3: this run has both arms at 1, 2, 4");
}

TEST(Explain, APeerWithoutCountersIsComparedByWhatTheKernelTells) {
  RunFolder folder;
  for (int block = 0; block < 6; ++block) {
    folder.add(trial_of("loops", 1, block, 0.02));
    Json peer = trial_of("somebodys", 1, block, 0);
    peer["factors"]["http2"] = "peer";
    peer["factors"]["engine"] = "peer";
    peer["server"]["threads"] = nullptr;
    peer["server"]["cpu_user_s"] = 0.5;
    peer["server"]["process"]["context_switches_voluntary"] = 3000;
    peer["server"]["process"]["migrations"] = 50;
    folder.add(peer);
  }
  ExplainOptions options;
  options.against = "somebodys";
  options.http2 = "lean";  // which a peer does not have, and need not
  const auto lines = explained(folder, options);
  EXPECT_THAT(lines, Contains("  loops: 250 us of server CPU a request, user mode against 500 us "
                              "(0.5x, 0.5-0.5)"));
  EXPECT_THAT(lines, Contains(StartsWith("  loops: 0.02 voluntary context switches a request "
                                         "against 3 (")));
  EXPECT_THAT(lines, Contains(StartsWith("  loops: 0.002 migrations a request against 0.05 (")));
  EXPECT_THAT(lines, Contains(AllOf(StartsWith("no difference shown: "),
                                    HasSubstr("minor page faults a request (0.02 against 0.02)"))));
  EXPECT_THAT(lines, Contains(AllOf(StartsWith("not measured of somebodys: "),
                                    HasSubstr("bytes sent a request"))));
}

// As thread_per_connection has it: one entry, of which the kernel tells nothing.
TEST(Explain, AnEntryOfManyThreadsLeavesWhatTheKernelTellsOfTheProcess) {
  RunFolder folder;
  for (int block = 0; block < 6; ++block) {
    Json loops = trial_of("loops", 1, block, 0.02);
    for (const char* key : {"tid", "cpu_user_s", "cpu_system_s", "context_switches_voluntary",
                            "context_switches_involuntary", "migrations", "run_delay_s"}) {
      loops["server"]["threads"][0][key] = nullptr;
    }
    loops["server"]["process"]["migrations"] = nullptr;
    folder.add(loops);
    folder.add(trial_of("reactor", 1, block, 2));
  }
  const auto lines = explained(folder);
  EXPECT_THAT(lines, Contains(StartsWith("  loops: 0.02 voluntary context switches a request "
                                         "against 2 (")));
  EXPECT_THAT(lines, Contains(AllOf(StartsWith("not measured of loops: "),
                                    HasSubstr("migrations a request"), HasSubstr("busy share"))));
}

TEST(Explain, CallsOfTwoEnginesAreNoMoreOfOneKind) {
  RunFolder folder;
  for (int block = 0; block < 6; ++block) {
    for (const char* engine : {"epoll", "io_uring"}) {
      Json trial = trial_of("loops", 1, block, 0.02);
      trial["factors"]["engine"] = engine;
      Json& thread = trial["server"]["threads"][0];
      thread["loop_waits"] = engine == std::string("epoll") ? 100 : 300;
      thread["loop_polls"] = 5;
      thread["loop_events"] = 800;
      folder.add(trial);
      trial["factors"]["architecture"] = "reactor";
      thread["loop_waits"] = 900;
      folder.add(trial);
    }
  }
  ExplainOptions options;
  options.engine = "io_uring";
  const auto lines = explained(folder, options);
  EXPECT_THAT(lines, Contains("  loops: 0.3 loop waits a request against 0.9 (0.333x, "
                              "0.333-0.333); returns from liburing's get_cqe that may have slept"));
  EXPECT_THAT(lines, Each(Not(HasSubstr("epoll_wait"))));
  const StoredRun run = read_stored_run(folder.path());
  const ComparedArms arms{{"loops", "epoll", "lean"}, {"reactor", "io_uring", "lean"}, 1};
  const auto across = explain_lines(run, arms);
  EXPECT_THAT(across, Contains("not comparable: loop waits a request, loop polls a request (of "
                               "epoll they are returns from epoll_wait, of io_uring returns from "
                               "liburing's get_cqe)"));
  EXPECT_THAT(across, Each(Not(HasSubstr("loop polls a request (0.005"))));
}

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

// Two http2 and two engines, of which the headline has the second: it is what was asked.
TEST(Explain, TakesTheHeadlinesHttp2AndEngineUnlessTold) {
  RunFolder folder;
  Json record = {
      {"schema_version", 1},
      {"plan",
       {{"blocks", 6},
        {"http2", Json({"lean", "nghttp2"})},
        {"engine", Json({"epoll", "io_uring"})}}},
      {"headline",
       {{"architecture", "loops"}, {"http2", "nghttp2"}, {"engine", "io_uring"},
        {"against", "reactor"}, {"against_http2", "nghttp2"}, {"against_engine", "io_uring"}}}};
  folder.write("run.json", record);
  for (const char* http2 : {"lean", "nghttp2"}) {
    for (const char* engine : {"epoll", "io_uring"}) {
      for (const char* architecture : {"loops", "reactor", "others"}) {
        Json trial = trial_of(architecture, 1, 0, 0.02);
        trial["factors"]["http2"] = http2;
        trial["factors"]["engine"] = engine;
        folder.add(trial);
      }
    }
  }
  ExplainOptions options;
  EXPECT_THAT(explained(folder)[0],
              StartsWith("throughput: loops / reactor (http2 nghttp2, engine io_uring): "));
  options.http2 = "lean";
  EXPECT_THAT(explained(folder, options)[0], HasSubstr("(http2 lean, engine io_uring): "));
  // Its two arms may differ: each has its own, whichever is named first; others have the same.
  record["headline"]["against_http2"] = "lean";
  folder.write("run.json", record);
  EXPECT_THAT(explained(folder)[0], HasSubstr("loops (http2 nghttp2, engine io_uring) / reactor "
                                              "(http2 lean, engine io_uring): "));
  ExplainOptions swapped;
  swapped.arm = "reactor";
  swapped.against = "loops";
  EXPECT_THAT(explained(folder, swapped)[0], HasSubstr("reactor (http2 lean, engine io_uring) / "
                                                       "loops (http2 nghttp2, engine io_uring): "));
  swapped.against = "others";
  EXPECT_THAT(explained(folder, swapped)[0],
              HasSubstr("reactor / others (http2 nghttp2, engine io_uring): "));
}

TEST(Explain, ASearchForCapacityIsNamedAndRefused) {
  RunFolder folder;
  folder.write("run.json", {{"schema_version", 2},
                            {"plan", {{"blocks", 6}, {"capacity_p99", "5ms"}}}});
  EXPECT_EQ(refused(folder), folder.path() +
                                 ": is a search for capacity (p99 from due of at most 5ms), which "
                                 "has no trials of arms at one load: coresweep resume " +
                                 folder.path() + " tells its answer again");
}

TEST(Explain, TroublesAreToldOnlyWhereThereWereAny) {
  RunFolder folder;
  for (int block = 0; block < 6; ++block) {
    Json loops = trial_of("loops", 1, block, 0.02);
    loops["network"] = {
        {"listen_overflows", 0}, {"listen_drops", 0}, {"segments_retransmitted", 40}};
    Json reactor = trial_of("reactor", 1, block, 0.02);
    reactor["network"] = {
        {"listen_overflows", 0}, {"listen_drops", 0}, {"segments_retransmitted", 0}};
    folder.add(loops);
    folder.add(reactor);
  }
  const auto lines = explained(folder);
  EXPECT_THAT(lines, Contains("  loops: 40 retransmits in the window against 0 (over 40x); whole "
                              "machine"));
  EXPECT_THAT(lines, Each(Not(HasSubstr("ListenOverflows"))));
}

Json trace_of(const char* architecture, int total, int futex) {
  Json line = trial_of(architecture, 1, 0, 0);
  line["syscalls"] = {{"tool", "strace -f -c"},
                      {"requests", 1000},
                      {"throughput_per_s", 250.0},
                      {"by_name", {{"recvmsg", total - futex}, {"futex", futex}}},
                      {"total_per_request", total / 1000.0},
                      {"futex_per_request", futex / 1000.0}};
  line["locks"] = {{"tool", nullptr}, {"why", "perf is not installed"}};
  return line;
}

TEST(Explain, OneEntryForManyThreadsHasNoIndexOfThem) {
  RunFolder folder;
  for (int block = 0; block < 6; ++block) {
    Json loops = trial_of("loops", 2, block, 0.02);
    loops["server"]["threads"].erase(1);
    folder.add(loops);
    folder.add(trial_of("reactor", 2, block, 0.02));
  }
  EXPECT_THAT(explained(folder),
              Contains(AllOf(StartsWith("not measured of loops: "), HasSubstr("Jain's index"))));
}

TEST(Explain, EventsAreOfEveryReturnFromTheLoopsWait) {
  RunFolder folder;
  for (int block = 0; block < 6; ++block) {
    for (const char* name : {"loops", "reactor"}) {
      Json trial = trial_of(name, 1, block, 0.02);
      Json& thread = trial["server"]["threads"][0];
      thread["loop_waits"] = 100;
      thread["loop_polls"] = name == std::string("loops") ? 0 : 300;
      thread["loop_events"] = 800;
      folder.add(trial);
    }
  }
  const auto lines = explained(folder);
  EXPECT_THAT(lines, Contains("  loops: 8 events a loop's wait or poll against 2 (4x, 4-4); "
                              "brought by one of the returns from epoll_wait"));
  EXPECT_THAT(lines, Contains("  loops: 0 loop polls a request against 0.3 (under 0.00333x); "
                              "returns from epoll_wait that only looked"));
}

TEST(Explain, WhatIsApartByLessThanAHundredthIsNoLineOfItsOwn) {
  RunFolder folder;
  for (int block = 0; block < 6; ++block) {
    folder.add(trial_of("loops", 1, block, 0.02));
    Json reactor = trial_of("reactor", 1, block, 0.02);
    reactor["server"]["threads"][0]["bytes_sent"] = 48'200;
    folder.add(reactor);
  }
  const auto lines = explained(folder);
  EXPECT_THAT(lines, Contains("apart by less than 1 %: bytes sent a request (48 against 48.2)"));
}

TEST(Explain, TracedTrialsStandApartWithTheirTool) {
  RunFolder folder;
  add_blocks(folder, 1, 6);
  folder.append("traces.jsonl", trace_of("loops", 2000, 0).dump());
  folder.append("traces.jsonl", trace_of("reactor", 2500, 400).dump());
  const auto lines = explained(folder);
  EXPECT_THAT(lines, Contains("traced with strace -f -c in one trial each, so without an interval, "
                              "at 25 % and 25 % of the untraced throughput:"));
  EXPECT_THAT(lines, Contains("  loops: 0 futex calls a request against 0.4 (under 0.0025x)"));
  EXPECT_THAT(lines, Contains("  loops: 2 syscalls a request against 2.5 (0.8x)"));
  EXPECT_THAT(lines, Contains("  syscalls a request by name: recvmsg 2 against 2.1, futex 0 "
                              "against 0.4"));
  EXPECT_THAT(lines,
              Contains("not measured: waits for the kernel's locks (perf is not installed)"));
}

TEST(Explain, FutexCallsThatNobodyCountedAreNotNone) {
  RunFolder folder;
  add_blocks(folder, 1, 6);
  Json loops = trace_of("loops", 2000, 0);
  loops["syscalls"]["tool"] = "perf stat";
  loops["syscalls"]["by_name"].erase("futex");
  loops["syscalls"]["futex_per_request"] = nullptr;
  folder.append("traces.jsonl", loops.dump());
  folder.append("traces.jsonl", trace_of("reactor", 2500, 400).dump());
  const auto lines = explained(folder);
  EXPECT_THAT(lines, Contains("not measured of loops: futex calls a request (the tracer does not "
                              "know them here)"));
  EXPECT_THAT(lines, Contains(HasSubstr("futex an unknown number against 0.4")));
  EXPECT_THAT(lines, Each(Not(HasSubstr("0 futex calls"))));
}

TEST(Explain, BadInputIsOneLineThatNamesWhatIsThere) {
  RunFolder folder;
  EXPECT_EQ(refused(folder), folder.path() + "/trials.jsonl: No such file or directory");
  Json ceiling = trial_of("loops", 1, 0, 0);
  ceiling["role"] = "ceiling";
  folder.add(ceiling);
  EXPECT_EQ(refused(folder),
            folder.path() + "/trials.jsonl: holds no trial of an arm: nothing was measured");
  add_blocks(folder, 1, 1);
  ExplainOptions options;
  options.against = "loops";
  EXPECT_EQ(refused(folder, options), "A and B are both 'loops': allowed are two different arms");
  options.against = "loop";
  EXPECT_EQ(refused(folder, options), "B is 'loop': " + folder.path() + " has loops, reactor");
  options.against = "reactor";
  options.http2 = "null";
  EXPECT_EQ(refused(folder, options), "--http2 is 'null': this run has loops with lean");
  Json wrong = trial_of("loops", 1, 1, 0);
  wrong["server"]["window_s"] = "long";
  folder.add(wrong);
  folder.add(trial_of("reactor", 1, 1, 0));
  EXPECT_EQ(refused(folder),
            folder.path() +
                "/trials.jsonl: line 4: server.window_s is \"long\": allowed is null "
                "or a number that is not negative");
  folder.append("trials.jsonl", "{\"schema_version\": 1,");
  EXPECT_THAT(refused(folder), StartsWith(folder.path() + "/trials.jsonl: line 6: is not JSON: "
                                                          "allowed is one JSON object a line "
                                                          "(column "));
  ExplainOptions nowhere;
  EXPECT_THROW(static_cast<void>(read_stored_run(folder.path() + "/nowhere")), WrongUsage);
}

TEST(Explain, ATornLastLineIsDroppedAndNoOther) {
  RunFolder folder;
  add_blocks(folder, 1, 1);
  folder.append("traces.jsonl", trace_of("loops", 2000, 0).dump());
  const std::string torn = "{\"schema_version\": 1, \"tri\xc3";
  for (const char* name : {"trials.jsonl", "traces.jsonl"}) {
    std::ofstream(folder.path() + "/" + name, std::ios::app) << torn;
  }
  const StoredRun run = read_stored_run(folder.path());
  EXPECT_EQ(run.trials.size(), 2U);
  EXPECT_EQ(run.traces.size(), 1U);
  EXPECT_THAT(run.dropped, ElementsAre(folder.path() + "/trials.jsonl: line 3",
                                       folder.path() + "/traces.jsonl: line 2"));
  folder.append("trials.jsonl", "");
  EXPECT_THAT(refused(folder), StartsWith(folder.path() + "/trials.jsonl: line 3: is not JSON: "
                                                          "allowed is one JSON object a line "
                                                          "(column "));
}

TEST(Explain, AValidTrialWithoutThroughputIsRefused) {
  RunFolder folder;
  Json nothing = trial_of("loops", 1, 0, 0);
  nothing["throughput_per_s"] = 0;
  folder.add(trial_of("reactor", 1, 0, 0));
  folder.add(nothing);
  EXPECT_EQ(refused(folder), folder.path() +
                                 "/trials.jsonl: line 2: throughput_per_s is 0: allowed is more "
                                 "than 0 in a valid trial");
}

TEST(JainIndex, IsOneWhenAllAreAlikeAndTheShareOfOneWhenOneHasAll) {
  EXPECT_DOUBLE_EQ(jain_index({5, 5, 5, 5}), 1);
  EXPECT_DOUBLE_EQ(jain_index({8, 0, 0, 0}), 0.25);
}

// E[sum of squares] = C + C(C-1)/N: the index of the mean is C / (1 + (C-1)/N) / N.
TEST(JainIndex, ChanceIsAsUnevenAsTheBinomialSays) {
  const Band few = jain_of_random_hash(64, 8);
  const double middle = 64.0 / (1 + 63.0 / 8) / 8;
  EXPECT_LT(few.low, middle);
  EXPECT_GT(few.high, middle);
  EXPECT_NEAR((few.low + few.high) / 2, middle, 0.02);
  const Band many = jain_of_random_hash(12'000, 8);
  EXPECT_GT(many.low, 0.998);
  EXPECT_LE(many.high, 1);
}

void add_conditions(const RunFolder& folder) {
  folder.write("run.json",
               {{"schema_version", 1},
                {"plan",
                 {{"blocks", 6}, {"http2", "lean"}, {"handler_cpu", Json({"0ns", "5us"})}}}});
  for (int block = 0; block < 6; ++block) {
    for (const char* cpu : {"5us", "0ns"}) {
      for (const char* architecture : {"loops", "reactor"}) {
        Json trial = trial_of(architecture, 2, block, cpu == std::string("0ns") ? 1.0 : 9.0);
        trial["factors"]["handler_cpu"] = cpu;
        const bool ahead = architecture == std::string("loops") && cpu == std::string("0ns");
        trial["throughput_per_s"] = ahead ? 3000.0 : 1000.0;
        folder.add(trial);
      }
    }
  }
}

TEST(Explain, OfSeveralHandlersSaysWhichAndTakesAnother) {
  RunFolder folder;
  add_conditions(folder);
  EXPECT_THAT(explained(folder)[0],
              StartsWith("throughput: loops / reactor (http2 lean, engine epoll, conditions none): "
                         "3.00x"));
  ExplainOptions options;
  options.conditions = "cpu5us";
  const auto lines = explained(folder, options);
  EXPECT_THAT(lines[0], StartsWith("throughput: loops / reactor (http2 lean, engine epoll, "
                                   "conditions cpu5us): 1.00x"));
  EXPECT_THAT(lines, Contains(HasSubstr("voluntary context switches a request (9 against 9)")));
  options.conditions = "cpu6us";
  EXPECT_EQ(refused(folder, options), "--conditions is 'cpu6us': this run has none, cpu5us");
}

TEST(Explain, TakesTheHeadlinesHandlerFirst) {
  RunFolder folder;
  add_conditions(folder);
  folder.write("run.json",
               {{"schema_version", 1},
                {"plan",
                 {{"blocks", 6}, {"http2", "lean"}, {"handler_cpu", Json({"0ns", "5us"})}}},
                {"headline",
                 {{"architecture", "loops"}, {"against", "reactor"}, {"handler_cpu", "5us"}}}});
  EXPECT_THAT(explained(folder)[0], HasSubstr("conditions cpu5us): 1.00x"));
  Json free = trial_of("free_loops", 2, 0, 1.0);
  free["factors"]["handler_cpu"] = "0ns";
  folder.add(free);
  ExplainOptions options;
  options.arm = "free_loops";  // which did not run there
  EXPECT_THAT(explained(folder, options)[0], HasSubstr("conditions none"));
}

TEST(Explain, TakesTheHandlerUnderWhichBothArmsRan) {
  RunFolder folder;
  add_conditions(folder);
  Json dear = trial_of("dear_loops", 2, 0, 1.0);
  dear["factors"]["handler_cpu"] = "5us";
  folder.add(dear);
  ExplainOptions options;
  options.arm = "dear_loops";
  EXPECT_THAT(explained(folder, options)[0], HasSubstr("conditions cpu5us"));
  options.conditions = "none";
  EXPECT_EQ(refused(folder, options),
            "A is 'dear_loops': " + folder.path() + " has loops, reactor with conditions none");
}

TEST(Explain, AStoredHandlerIsWhatAPlanMaySayOfOne) {
  RunFolder folder;
  Json trial = trial_of("loops", 2, 0, 1.0);
  trial["factors"]["handler_cpu"] = "5";
  folder.add(trial);
  EXPECT_THAT(refused(folder),
              HasSubstr("trials.jsonl: line 1: factors.handler_cpu is the text \"5\": allowed is"));
  RunFolder several;
  trial["factors"]["handler_cpu"] = Json({"0ns", "5us"});
  several.add(trial);
  EXPECT_THAT(refused(several), HasSubstr("allowed is one value a trial of each condition"));
}

}  // namespace
}  // namespace coresweep
