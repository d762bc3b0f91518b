// Which arms, under which conditions and at which thread count are explained, and what is refused.
#include <gmock/gmock.h>

#include <filesystem>

#include "harness/explain_test_runs.hpp"

namespace coresweep {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

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

TEST(Explain, TakesNoThreadCountAtWhichBothAreValidOnlyApart) {
  RunFolder folder;
  add_blocks(folder, 1, 6);
  // Run again for one of them alone, and stopped between the two: neither is a pair.
  Json again = trial_of("loops", 2, 0, 0.02);
  again["attempt"] = 2;
  folder.add(trial_of("loops", 2, 0, 0.02));
  folder.add(again);
  folder.add(trial_of("reactor", 2, 0, 2));
  Json later = trial_of("reactor", 2, 1, 2);
  later["session"] = 1;
  folder.add(trial_of("loops", 2, 1, 0.02));
  folder.add(later);
  EXPECT_THAT(explained(folder)[0], HasSubstr("at 1 thread, 6 blocks"));
  ExplainOptions options;
  options.threads = 2;
  EXPECT_EQ(refused(folder, options), "--threads is 2: this run has both arms at 1");
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
