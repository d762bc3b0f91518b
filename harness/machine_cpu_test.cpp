#include "harness/machine_cpu.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support/cpu_set.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;

constexpr const char* kBefore =
    "cpu  300 10 60 4000 20 3 9 1 0 0\n"
    "cpu0 100 5 20 2000 10 1 4 0 0 0\n"
    "cpu1 200 5 40 2000 10 2 5 1 0 0\n"
    "intr 12345 0 0\nctxt 99\n";
constexpr const char* kAfter =
    "cpu0 150 6 30 2099 9 2 8 0 0 0\n"
    "cpu1 200 5 40 2250 10 2 5 4 0 0\n"
    "cpu2 1 1 1 1 1 1 1 1 0 0\n";

TEST(MachineCpu, IsTheDifferenceOfEachCpuInSeconds) {
  const MachineCpu before{std::chrono::steady_clock::time_point(1s), parse_proc_stat(kBefore)};
  const MachineCpu after{std::chrono::steady_clock::time_point(3500ms), parse_proc_stat(kAfter)};
  EXPECT_EQ(machine_cpu_between(before, after, 100), Json::parse(R"({"window_s": 2.5, "per_cpu": [
      {"cpu": 0, "user_s": 0.51, "system_s": 0.1, "softirq_s": 0.04, "irq_s": 0.01, "idle_s": 0.98,
       "steal_s": 0.0, "softirq_thread_s": null},
      {"cpu": 1, "user_s": 0.0, "system_s": 0.0, "softirq_s": 0.0, "irq_s": 0.0, "idle_s": 2.5,
       "steal_s": 0.03, "softirq_thread_s": null}]})"));
}

TEST(MachineCpu, TellsWhatTheThreadsForSoftirqsRan) {
  const std::filesystem::path root =
      testing::TempDir() + "machine_cpu_" + std::to_string(::getpid());
  const auto write = [&root](const char* file, const char* text) {
    std::filesystem::create_directories((root / file).parent_path());
    std::ofstream(root / file) << text;
  };
  write("proc/stat", "cpu0 1 1 1 1 1 1 1 1 0 0\ncpu1 1 1 1 1 1 1 1 1 0 0\n");
  write("proc/14/comm", "ksoftirqd/0\n");
  write("proc/14/schedstat", "1500000000 7 8\n");
  write("proc/15/comm", "ksoftirqd/1x\n");
  write("proc/15/schedstat", "1 7 8\n");
  MachineCpu before = read_machine_cpu(root);
  write("proc/14/schedstat", "1750000000 7 8\n");
  const MachineCpu after = read_machine_cpu(root);
  std::filesystem::remove_all(root);
  EXPECT_EQ(after.cpus.at(0).softirq_thread_ns, 1'750'000'000);
  EXPECT_EQ(after.cpus.at(1).softirq_thread_ns, std::nullopt);
  const Json between = machine_cpu_between(before, after, 100);
  EXPECT_EQ(between.at("per_cpu").at(0).at("softirq_thread_s"), 0.25);
  EXPECT_EQ(between.at("per_cpu").at(1).at("softirq_thread_s"), Json());
  before.cpus.at(0).softirq_thread_ns.reset();
  EXPECT_EQ(machine_cpu_between(before, after, 100).at("per_cpu").at(0).at("softirq_thread_s"),
            Json());
}

TEST(MachineCpu, LinesThatAreNoCpuAreLeftOut) {
  EXPECT_TRUE(parse_proc_stat("cpu 1 2 3\ncpux 1 2 3\ncpu0 1 2\n\nbtime 5\n").empty());
}

TEST(MachineCpu, ThisMachineHasEveryCpuWeMayRunOn) {
  const MachineCpu now = read_machine_cpu();
  EXPECT_GE(now.cpus.size(), allowed_cpus().size());
}

}  // namespace
}  // namespace coresweep
