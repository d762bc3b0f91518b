#include "harness/probe.hpp"

#include <gmock/gmock.h>

#include "harness/failure.hpp"
#include "harness/probe_rounds.hpp"
#include "support/cpu_set.hpp"

namespace coresweep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

ProbeCpus cpus_here() { return {allowed_cpus().front(), allowed_cpus().back()}; }

TEST(ProbeRound, EachTimesSomethingAndLeavesOurCpusAlone) {
  const auto before = allowed_cpus();
  const LoopbackPair pair = connect_over_loopback();
  for (const ProbeRound& round :
       {time_clock(cpus_here()), time_syscall(cpus_here()), time_eventfd_read(cpus_here()),
        time_context_switch(cpus_here()), time_epoll_wake_up(cpus_here()),
        time_loopback(pair, cpus_here()), time_loopback(pair, cpus_here())}) {
    EXPECT_GT(round.ns, 0);
    EXPECT_GE(round.thread_s, std::chrono::duration<double>(kProbeRound).count());
  }
  EXPECT_EQ(allowed_cpus(), before);
}

TEST(ProbeRound, ACpuThatIsNotOursIsOneLineAndNoThreadIsLeftWaiting) {
  const int here = cpus_here().first;
  const int nowhere = 4095;
  const auto complaint = [](const auto& round, ProbeCpus cpus) {
    try {
      (void)round(cpus);
    } catch (const Failure& failure) {
      return std::string(failure.what());
    }
    return std::string();
  };
  const std::string expected = "cannot probe on CPU 4095: Invalid argument";
  EXPECT_EQ(complaint(time_clock, {nowhere, here}), expected);
  EXPECT_EQ(complaint(time_context_switch, {nowhere, here}), expected);
  EXPECT_EQ(complaint(time_epoll_wake_up, {nowhere, here}), expected);
  EXPECT_EQ(complaint(time_epoll_wake_up, {here, nowhere}), expected);
}

ProbeReport made_up_report() {
  ProbeReport report;
  report.probes = {{"syscall", {3}, MedianInterval{90, 101.5, 120, 0.98828125, 11}, ""},
                   {"epoll_wake_up", {}, std::nullopt, "coresweep may run on one CPU only"}};
  report.window_s = 2.5;
  report.steal_share = 0.0123;
  return report;
}

Json made_up_machine() {
  return {{"cpu_model", "Some CPU"}, {"kernel", "6.1"}, {"cpus_allowed", "3"}};
}

TEST(ProbeReport, IsARecordWithNullsWhereNothingWasTimed) {
  EXPECT_EQ(probe_record(made_up_report(), made_up_machine()), Json::parse(R"({
      "schema_version": 1,
      "machine": {"cpu_model": "Some CPU", "kernel": "6.1", "cpus_allowed": "3"},
      "noise": {"window_s": 2.5, "steal_share": 0.0123, "run_delay_share": null},
      "probes": [
        {"name": "syscall", "unit": "ns", "median": 101.5, "low": 90.0, "high": 120.0,
         "coverage": 0.98828125, "rounds": 11, "cpus": [3], "why": null},
        {"name": "epoll_wake_up", "unit": "ns", "median": null, "low": null, "high": null,
         "coverage": null, "rounds": 0, "cpus": [],
         "why": "coresweep may run on one CPU only"}]})"));
}

TEST(ProbeReport, IsATable) {
  EXPECT_THAT(
      probe_lines(made_up_report(), made_up_machine()),
      ElementsAre("Some CPU, Linux 6.1, CPUs 3", HasSubstr("median  interval"),
                  "syscall                  3     102 ns  90 ns to 120 ns",
                  "epoll_wake_up            -          -  none: coresweep may run on one CPU only",
                  "11 rounds in turn; each interval covers the median with 98.8 %",
                  "stolen: 1.2 %; waited for a CPU of their own: not told by this kernel"));
}

}  // namespace
}  // namespace coresweep
