// The doctor on CPUs, nodes and clocks, and on what a control group leaves of them.
#include <gmock/gmock.h>

#include "harness/doctor_test_machine.hpp"

namespace coresweep {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

TEST_F(DoctorTest, TheGovernorOfEachOfOurCpusCounts) {
  expect_ok("governor", "performance on CPUs 0-3");
  write("sys/devices/system/cpu/cpu2/cpufreq/scaling_governor", "powersave\n");
  expect_warning("governor", "performance on CPUs 0-1,3, powersave on CPUs 2",
                 "echo performance | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/"
                 "scaling_governor");
  host_.allowed = {0, 1};
  expect_ok("governor", "performance on CPUs 0-1");
  remove("sys/devices/system/cpu/cpu1/cpufreq");
  expect_unknown("governor",
                 "/sys/devices/system/cpu/cpu1/cpufreq/scaling_governor: No such file or "
                 "directory");
}

TEST_F(DoctorTest, BoostIsReadWhereTheDriverHasIt) {
  write("sys/devices/system/cpu/intel_pstate/no_turbo", "0\n");
  expect_warning("boost", "on: /sys/devices/system/cpu/intel_pstate/no_turbo is 0",
                 "echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo");
  write("sys/devices/system/cpu/intel_pstate/no_turbo", "7\n");
  expect_unknown("boost", EndsWith("no_turbo: neither 0 nor 1"));
  remove("sys/devices/system/cpu/intel_pstate");
  expect_unknown("boost", HasSubstr("cpufreq/boost is there"));
  write("sys/devices/system/cpu/cpufreq/boost", "1\n");
  expect_warning("boost", "on: /sys/devices/system/cpu/cpufreq/boost is 1",
                 "echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost");
  write("sys/devices/system/cpu/cpufreq/boost", "0\n");
  expect_ok("boost", "off: /sys/devices/system/cpu/cpufreq/boost is 0");
}

TEST_F(DoctorTest, SiblingsAreToldWithWhatTheyDoToASweep) {
  host_.topology = synthetic_cpu_topology("core:4 pu:2");
  host_.allowed = {0, 1, 2, 3, 4, 5, 6, 7};
  write("sys/devices/system/cpu/smt/control", "on\n");
  expect_warning("smt",
                 "CPUs 0-1 share a core, 4 cores are so; server threads have a core each up to 2, "
                 "siblings from 3 on",
                 "echo off | sudo tee /sys/devices/system/cpu/smt/control");
  // Our own CPUs are a core each, but their siblings are somebody else's.
  host_.allowed = {0, 2};
  write("sys/devices/system/cpu/smt/control", "notsupported\n");
  expect_warning("smt",
                 "CPUs 0-1 share a core, 2 cores are so; others may run on the siblings 1,3, which "
                 "are not coresweep's",
                 "nothing: choose a machine or an instance with one thread a core");
  host_.allowed = {6, 7};
  expect_warning("smt", AllOf(StartsWith("CPUs 6-7 share a core; server and load share the only "),
                              EndsWith("every trial is shared_cpus")),
                 StartsWith("nothing"));
}

TEST_F(DoctorTest, SeveralNodesAreAWarningWhereOurCpusSpanThem) {
  write("sys/devices/system/node/has_memory", "0-1\n");
  write("sys/devices/system/node/node1/cpulist", "4-7\n");
  expect_ok("numa", "2 nodes with memory, coresweep's CPUs are on 0");
  host_.allowed = {3, 4};
  expect_warning("numa", "2 nodes with memory, coresweep's CPUs are on 0-1",
                 "numactl --cpunodebind=0 --membind=0 $SHELL");
  write("sys/devices/system/node/node1/cpulist", "\n");  // a node of memory alone
  expect_ok("numa", "2 nodes with memory, coresweep's CPUs are on 0");
}

TEST_F(DoctorTest, ASlowClockIsAWarning) {
  write(kClock + "current_clocksource", "hpet\n");
  expect_warning("clock_source", "hpet",
                 "echo tsc | sudo tee "
                 "/sys/devices/system/clocksource/clocksource0/current_clocksource");
  write(kClock + "available_clocksource", "hpet acpi_pm\n");
  expect_warning("clock_source", "hpet", StartsWith("nothing: "));
  write(kClock + "current_clocksource", "arch_sys_counter\n");
  expect_ok("clock_source", "arch_sys_counter");
  write(kClock + "current_clocksource", "sundial\n");
  expect_unknown("clock_source", "sundial: not known to be fast or slow");
}

TEST_F(DoctorTest, MitigationsAreAReading) {
  expect_ok("mitigations", "mitigated: spectre_v2; 1 not affected; vulnerable: mds");
}

TEST_F(DoctorTest, TheTightestQuotaOfOurGroupsCounts) {
  expect_ok("cpu_quota", "none (cgroup v2)");
  write(kGroup + "cpu.max", "350000 100000\n");
  write("sys/fs/cgroup/user.slice/cpu.max", "150000 100000\n");
  write("sys/fs/cgroup/user.slice/cpu.stat", "usage_usec 5\nnr_periods 9\nnr_throttled 7\n");
  expect_warning("cpu_quota",
                 "1.5 CPUs of 4 that coresweep may run on, held back in 7 periods so far",
                 "echo max | sudo tee /sys/fs/cgroup/user.slice/cpu.max");
  write("sys/fs/cgroup/user.slice/cpu.max", "400000 100000\n");
  write(kGroup + "cpu.max", "max 100000\n");
  expect_ok("cpu_quota", "4 CPUs of 4 that coresweep may run on, held back in 7 periods so far");
  write(kGroup + "cpu.max", "lots 100000\n");
  expect_unknown("cpu_quota", "/sys/fs/cgroup/user.slice/bench.scope/cpu.max: holds no quota");
}

TEST_F(DoctorTest, AGroupsNameIsOneWordOfTheShellThatMendsIt) {
  write("proc/self/cgroup", "0::/a b$(reboot)'c\n");
  write("sys/fs/cgroup/a b$(reboot)'c/cpu.max", "50000 100000\n");
  expect_warning("cpu_quota", StartsWith("0.5 CPUs of 4"),
                 "echo max | sudo tee '/sys/fs/cgroup/a b$(reboot)'\\''c/cpu.max'");
}

TEST_F(DoctorTest, TheFirstVersionOfControlGroupsIsReadToo) {
  remove("sys/fs/cgroup");
  write("proc/self/cgroup", "4:cpuset:/\n3:cpu,cpuacct:/docker/abc\n0::/\n");
  write("sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us", "200000\n");
  write("sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us", "100000\n");
  write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
  write("sys/fs/cgroup/cpuset/cpuset.effective_cpus", "0-3\n");
  expect_warning("cpu_quota", StartsWith("2 CPUs of 4"),
                 "echo -1 | sudo tee /sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us");
  expect_ok("cpuset", "CPUs 0-3 of 0-3 online");
  // A container may see its own group as the outermost one.
  write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "100000\n");
  write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  write("proc/self/cgroup", "3:cpu,cpuacct:/../../elsewhere\n");
  expect_warning("cpu_quota", StartsWith("1 CPUs of 4"), HasSubstr("cpuacct/cpu.cfs_quota_us"));
  remove("sys/fs/cgroup");
  expect_unknown("cpu_quota", "no hierarchy of control groups is mounted at /sys/fs/cgroup");
}

TEST_F(DoctorTest, ACpusetThatIsNarrowerThanTheMachineIsAWarning) {
  host_.allowed = {1};
  expect_ok("cpuset", "CPUs 0-3 of 0-3 online; coresweep was started on 1 alone");
  write(kGroup + "cpuset.cpus.effective", "0-1\n");
  host_.allowed = {0, 1};
  expect_warning("cpuset", "CPUs 0-1 of 0-3 online",
                 "echo 0-3 | sudo tee /sys/fs/cgroup/user.slice/bench.scope/cpuset.cpus");
  write(kGroup + "cpuset.cpus.effective", "none\n");
  expect_unknown("cpuset", EndsWith("cpuset.cpus.effective: holds no list of CPUs"));
}

}  // namespace
}  // namespace coresweep
