// What traced trials add to an explanation.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "harness/explain_test_runs.hpp"

namespace coresweep {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

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

TEST(Explain, TracedTrialsStandApartWithTheirTool) {
  RunFolder folder;
  add_blocks(folder, 1, 6);
  folder.append("traces.jsonl", trace_of("loops", 2000, 0).dump());
  folder.append("traces.jsonl", trace_of("reactor", 2500, 400).dump());
  const auto lines = explained(folder);
  EXPECT_THAT(lines, Contains("traced with strace -f -c in one trial each, so without an interval, "
                              "at 25 % and 25 % of the untraced throughput:"));
  // One trial ranks nothing: the part comes after the whole, however much more it differs.
  EXPECT_THAT(std::vector(lines.end() - 4, lines.end() - 2),
              ElementsAre("  loops: 2 syscalls a request against 2.5 (0.8x)",
                          "  loops: 0 futex calls a request against 0.4 (under 0.0025x)"));
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

}  // namespace
}  // namespace coresweep
