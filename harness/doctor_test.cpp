#include "harness/doctor.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "harness/doctor_checks.hpp"
#include "harness/host_files.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;
using std::filesystem::path;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kCpus = "sys/devices/system/cpu/";

// A machine made of files, as the kernel would show it. It is ready; each test spoils one thing.
class DoctorTest : public testing::Test {
 protected:
  void SetUp() override {
    host_.root = testing::TempDir() + "doctor_" + std::to_string(::getpid());
    std::filesystem::remove_all(host_.root);
    host_.allowed = {0, 1, 2, 3};
    host_.topology = synthetic_cpu_topology("core:4 pu:1");
    for (const int cpu : host_.allowed) {
      write(kCpus + ("cpu" + std::to_string(cpu)) + "/cpufreq/scaling_governor", "performance\n");
    }
    write("sys/devices/system/cpu/intel_pstate/no_turbo", "1\n");
    write("sys/devices/system/cpu/online", "0-3\n");
    write("sys/devices/system/cpu/vulnerabilities/meltdown", "Not affected\n");
    write("sys/devices/system/cpu/vulnerabilities/spectre_v2", "Mitigation: Retpolines\n");
    write("sys/devices/system/cpu/vulnerabilities/mds", "Vulnerable: no microcode\n");
    write("sys/devices/system/node/has_memory", "0\n");
    write("sys/devices/system/node/node0/cpulist", "0-3\n");
    write(kClock + "current_clocksource", "tsc\n");
    write(kClock + "available_clocksource", "tsc hpet acpi_pm \n");
    write_open_files("1024", "1048576");
    write("proc/sys/net/core/somaxconn", "16384\n");
    write("proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n");
    write("proc/net/sockstat", "sockets: used 14\nTCP: inuse 1 orphan 0 tw 3 alloc 1 mem 75\n");
    write("proc/meminfo", "MemTotal: 8145012 kB\nSwapTotal:  2097152 kB\nSwapFree:  2097152 kB\n");
    write("proc/sys/vm/swappiness", "60\n");
    write("proc/self/cgroup", "0::/user.slice/bench.scope\n");
    write("proc/1/cgroup", "0::/init.scope\n");
    write("proc/self/status", "Name:\tcoresweep\nSeccomp:\t0\nSeccomp_filters:\t0\n");
    link("proc/self/ns/pid", "pid:[4026531836]");
    link("proc/self/ns/cgroup", "cgroup:[4026531835]");
    write("sys/fs/cgroup/cgroup.controllers", "cpuset cpu\n");
    write(kGroup + "cpu.max", "max 100000\n");
    write("sys/fs/cgroup/cpuset.cpus.effective", "0-3\n");
    write("proc/sys/kernel/io_uring_disabled", "0\n");
    sample({"cpu0 10 0 5 100 0 0 0 0 0 0", "cpu1 10 0 5 100 0 0 0 0 0 0"},
           {"cpu0 10 0 6 199 0 0 0 0 0 0", "cpu1 10 0 5 200 0 0 0 0 0 0"});
  }
  void TearDown() override { std::filesystem::remove_all(host_.root); }

  void write(const std::string& file, const std::string& content) {
    const path where = host_.root / file;
    std::filesystem::create_directories(where.parent_path());
    std::ofstream(where) << content;
  }
  void link(const std::string& file, const std::string& target) {
    const path where = host_.root / file;
    std::filesystem::create_directories(where.parent_path());
    std::filesystem::remove(where);
    std::filesystem::create_symlink(target, where);
  }
  void remove(const std::string& file) {
    ASSERT_GT(std::filesystem::remove_all(host_.root / file), 0U) << file;
  }
  void write_open_files(const std::string& soft, const std::string& hard) {
    write("proc/self/limits",
          "Limit                     Soft Limit           Hard Limit           Units     \n"
          "Max open files            " + soft + "      " + hard + "     files     \n");
  }

  // Two readings of /proc/stat a second apart, in ticks of 10 ms, beside one process of the kernel.
  void sample(const std::vector<std::string>& before, const std::vector<std::string>& after) {
    write_process(2, "kthreadd", 0, 0, "2129984");
    host_.before = reading(before, SampleSide::kBefore, 10s);
    host_.after = reading(after, SampleSide::kAfter, 11s);
  }
  HostSample reading(const std::vector<std::string>& lines, SampleSide side,
                     std::chrono::steady_clock::duration at) {
    std::string text;
    for (const std::string& line : lines) {
      text += line + "\n";
    }
    write("proc/stat", text);
    HostSample sample = read_host_sample(host_.root, side);
    sample.cpus.read_at = std::chrono::steady_clock::time_point(at);
    return sample;
  }
  void write_process(int id, const std::string& name, int parent, int ticks,
                     const std::string& flags = "4194304", int started = 500) {
    const std::string number = std::to_string(id);
    write("proc/" + number + "/stat",
          number + " (" + name + ") R " + std::to_string(parent) + " 1 1 0 -1 " + flags +
              " 9 0 0 0 " + std::to_string(ticks) + " 0 0 0 20 0 1 0 " +
              std::to_string(started) + " 4096 100\n");
  }

  Finding found(const std::string& name) {
    for (const Finding& finding : examine(host_)) {
      if (finding.name == name) {
        EXPECT_FALSE(finding.why.empty());
        return finding;
      }
    }
    ADD_FAILURE() << "no finding " << name;
    return {};
  }
  void expect_ok(const std::string& name, const testing::Matcher<std::string>& reading) {
    const Finding finding = found(name);
    EXPECT_EQ(finding.state, FindingState::kOk) << finding.reading;
    EXPECT_THAT(finding.reading, reading);
    EXPECT_EQ(finding.mend, "");
  }
  void expect_warning(const std::string& name, const testing::Matcher<std::string>& reading,
                      const testing::Matcher<std::string>& mend) {
    const Finding finding = found(name);
    EXPECT_EQ(finding.state, FindingState::kWarning) << finding.reading;
    EXPECT_THAT(finding.reading, reading);
    EXPECT_THAT(finding.mend, mend);
  }
  void expect_unknown(const std::string& name, const testing::Matcher<std::string>& reason) {
    const Finding finding = found(name);
    EXPECT_EQ(finding.state, FindingState::kUnknown) << finding.reading;
    EXPECT_THAT(finding.reading, reason);
    EXPECT_EQ(finding.mend, "");
  }

  const std::string kClock = "sys/devices/system/clocksource/clocksource0/";
  const std::string kGroup = "sys/fs/cgroup/user.slice/bench.scope/";
  Host host_;
};

TEST_F(DoctorTest, AMachineWithNothingInTheWayIsReady) {
  const std::vector<Finding> findings = examine(host_);
  for (const Finding& finding : findings) {
    EXPECT_EQ(finding.state, FindingState::kOk) << finding.name << ": " << finding.reading;
  }
  EXPECT_EQ(findings.size(), 18U);
  EXPECT_EQ(count_warnings(findings), 0U);
  EXPECT_EQ(findings_record(findings).at("ready"), true);
  EXPECT_EQ(finding_lines(findings).back(), "ready");
}

TEST_F(DoctorTest, AMachineThatShowsNothingIsUnknownAndNoReasonToWarn) {
  std::filesystem::remove_all(host_.root);
  host_.topology.reset();
  host_.before = read_host_sample(host_.root, SampleSide::kBefore);
  host_.after = read_host_sample(host_.root, SampleSide::kAfter);
  for (const Finding& finding : examine(host_)) {
    // A ring was made: that needs no file.
    EXPECT_EQ(finding.state,
              finding.name == "io_uring" ? FindingState::kOk : FindingState::kUnknown)
        << finding.name << ": " << finding.reading;
  }
}

TEST_F(DoctorTest, GarbageInEveryFileIsNoReadingAndNoCrash) {
  std::vector<path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(host_.root)) {
    if (entry.is_regular_file()) {
      files.push_back(entry.path());
    }
  }
  ASSERT_GT(files.size(), 20U);
  for (const std::string& garbage :
       {std::string(), std::string("\n\n"), std::string("\xff\0\x1b[2J:,-(\n", 11),
        std::string("-9223372036854775808 99999999999999999999 kB\n"), std::string(100'000, '9'),
        std::string(100'000, 'x')}) {
    for (const path& file : files) {
      std::ofstream(file) << garbage;
    }
    host_.before = read_host_sample(host_.root, SampleSide::kBefore);
    host_.after = read_host_sample(host_.root, SampleSide::kAfter);
    const std::vector<Finding> findings = examine(host_);
    EXPECT_EQ(findings.size(), 18U);
    for (const Finding& finding : findings) {
      EXPECT_NE(finding.state, FindingState::kWarning) << finding.name;
      EXPECT_LT(finding.reading.size(), 400U) << finding.name;
    }
  }
}

TEST_F(DoctorTest, AFileWithoutEndIsReadInPart) {
  write("proc/meminfo", "SwapTotal: 0 kB\nSwapFree: 0 kB\n");
  std::filesystem::resize_file(host_.root / "proc/meminfo", 64 << 20);
  expect_ok("swap", "none");
  const HostText read = read_host_text(host_.root, "/proc/meminfo");
  ASSERT_TRUE(read.text);
  EXPECT_LT(read.text->size(), std::size_t{5} << 20);
}

TEST_F(DoctorTest, WhatIsNoFileIsNotWaitedFor) {
  remove("proc/sys/net/core/somaxconn");
  ASSERT_EQ(::mkfifo((host_.root / "proc/sys/net/core/somaxconn").c_str(), 0600), 0);
  expect_unknown("somaxconn", "/proc/sys/net/core/somaxconn: is empty");
  remove("proc/meminfo");
  std::filesystem::create_directory(host_.root / "proc/meminfo");
  expect_unknown("swap", "/proc/meminfo: Is a directory");
}

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

TEST_F(DoctorTest, OnlyTheHardLimitOfOpenFilesBinds) {
  expect_ok("open_files", "hard limit 1,048,576, soft limit 1,024");
  write_open_files("1024", "4096");
  expect_warning("open_files",
                 "hard limit 4,096, soft limit 1,024; the largest plan takes 12,080 a program",
                 "sudo prlimit --pid $$ --nofile=65536:65536");
  write_open_files("unlimited", "unlimited");
  expect_ok("open_files", "hard limit unlimited, soft limit unlimited");
  write_open_files("many", "few");
  expect_unknown("open_files", "/proc/self/limits: holds no limit of open files");
}

TEST_F(DoctorTest, TheBacklogMustHoldWhatIsOpenedAtOnce) {
  expect_ok("somaxconn", "16,384");
  write("proc/sys/net/core/somaxconn", "4096\n");
  expect_ok("somaxconn", "4,096");  // Debian's, which holds what is opened at once
  write("proc/sys/net/core/somaxconn", "127\n");
  expect_warning("somaxconn", StartsWith("127: the load generator may open "),
                 "sudo sysctl -w net.core.somaxconn=16384");
  write("proc/sys/net/core/somaxconn", "4096 or so\n");
  expect_unknown("somaxconn", "/proc/sys/net/core/somaxconn: holds no number");
}

TEST_F(DoctorTest, ThePortsMustSufficeAndLeaveTheServersAlone) {
  const std::string mend = "sudo sysctl -w net.ipv4.ip_local_port_range=\"16384 65535\"";
  expect_ok("port_range", "32768-60999, 28,232 ports");
  write("proc/sys/net/ipv4/ip_local_port_range", "50000 60999\n");
  expect_warning("port_range",
                 "50000-60999, 11,000 ports; the largest plan has 12,000 connections", mend);
  write("proc/sys/net/ipv4/ip_local_port_range", "1024 65535\n");
  expect_warning("port_range", "1024-65535, 64,512 ports; the server's port 10051 lies in it",
                 mend);
  for (const char* reserved : {"10051\n", "8080,10000-10100\n"}) {
    write("proc/sys/net/ipv4/ip_local_reserved_ports", reserved);
    expect_ok("port_range", "1024-65535, 64,512 ports");
  }
  write("proc/sys/net/ipv4/ip_local_reserved_ports", "8080,10052-10100\n");
  expect_warning("port_range", HasSubstr("10051 lies in it"), mend);
  write("proc/sys/net/ipv4/ip_local_port_range", "60999 32768\n");
  expect_unknown("port_range",
                 "/proc/sys/net/ipv4/ip_local_port_range: holds no range of ports");
}

TEST_F(DoctorTest, ConnectionsInTimeWaitMustLeavePortsEnough) {
  const auto write_waiting = [this](int count) {
    write("proc/net/sockstat", "TCP: inuse 1 orphan 0 tw " + std::to_string(count) + " alloc 1\n");
  };
  write_waiting(16'232);
  expect_ok("time_wait", "16,232 of 28,232 ports");
  write_waiting(16'233);
  expect_warning("time_wait", "16,233 of 28,232 ports", "sleep 60");
  // A short range alone is no fault of theirs.
  write("proc/sys/net/ipv4/ip_local_port_range", "60000 60999\n");
  write_waiting(0);
  expect_ok("time_wait", "0 of 1,000 ports");
  write_waiting(101);
  expect_warning("time_wait", "101 of 1,000 ports", "sleep 60");
  write("proc/net/sockstat", "TCP: inuse 1 orphan 0\n");
  expect_unknown("time_wait", "/proc/net/sockstat: holds no count of TIME_WAIT");
}

TEST_F(DoctorTest, SwapInUseIsAWarning) {
  expect_ok("swap", "0 MB of 2,048 MB in use, swappiness 60");
  write("proc/meminfo", "SwapTotal: 2097152 kB\nSwapFree:  1048576 kB\n");
  expect_warning("swap", "1,024 MB of 2,048 MB in use, swappiness 60", "sudo swapoff -a");
  write("proc/meminfo", "SwapTotal: 0 kB\nSwapFree: 0 kB\n");
  expect_ok("swap", "none");
  write("proc/meminfo", "SwapTotal: 5 kB\nSwapFree: 6 kB\n");
  expect_unknown("swap", "/proc/meminfo: holds no SwapTotal and SwapFree");
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

TEST_F(DoctorTest, AContainerIsToldByWhatOnlyContainersHave) {
  const auto inside = StartsWith("nothing: run coresweep on the machine itself");
  expect_ok("container", "no; no seccomp filter");
  write(".dockerenv", "");
  expect_ok("container",
            "no (/.dockerenv is there, but the namespaces are the machine's); no seccomp filter");
  link("proc/self/ns/pid", "pid:[4026532999]");
  expect_warning("container", "yes: the pid namespace is not the machine's; no seccomp filter",
                 inside);
  link("proc/self/ns/pid", "pid:[4026531836]");
  write("run/.containerenv", "");
  write("run/systemd/container", "podman\n");
  write("proc/1/cgroup", "3:cpu:/docker/0123\n");
  write("proc/self/status", "Seccomp:\t2\n");
  expect_warning("container",
                 "yes: /run/.containerenv is there, /run/systemd/container says podman, "
                 "/proc/1/cgroup names docker; every system call passes a seccomp filter",
                 inside);
}

TEST_F(DoctorTest, AFilterOutsideOfAContainerIsAWarningToo) {
  write("proc/self/status", "Seccomp:\t2\n");
  expect_warning("container", "no; every system call passes a seccomp filter",
                 StartsWith("nothing: start coresweep outside"));
}

TEST_F(DoctorTest, WhyThereIsNoRingDecidesWhatMendsIt) {
  expect_ok("io_uring", "a ring can be made; kernel.io_uring_disabled is 0");
  host_.io_uring_error = EPERM;
  expect_warning("io_uring", HasSubstr("Operation not permitted"), HasSubstr("seccomp"));
  write("proc/sys/kernel/io_uring_disabled", "2\n");
  expect_warning("io_uring", EndsWith("kernel.io_uring_disabled is 2"),
                 "sudo sysctl -w kernel.io_uring_disabled=0");
  host_.io_uring_error = ENOSYS;
  remove("proc/sys/kernel/io_uring_disabled");
  expect_warning("io_uring", EndsWith("no kernel.io_uring_disabled"),
                 StartsWith("nothing: this kernel has none"));
  host_.io_uring_error = ENOMEM;
  expect_warning("io_uring", HasSubstr("Cannot allocate memory"),
                 "sudo prlimit --pid $$ --memlock=unlimited:unlimited");
}

TEST_F(DoctorTest, OtherLoadIsNamedByCpuAndProcess) {
  write_process(77, "bu) 1 (rner", 50, 1000);
  write_process(78, "idler", 50, 500);
  const std::vector<std::string> before = {"cpu0 100 0 0 0 0 0 0 0 0 0", "cpu1 0 0 0 50 0 0 0 0",
                                           "cpu9 0 0 0 0 0 0 0 0"};
  host_.before = reading(before, SampleSide::kBefore, 10s);
  write_process(77, "bu) 1 (rner", 50, 1095);
  write_process(78, "idler", 50, 40, "4194304", 900);  // another process of the same number
  const std::vector<std::string> after = {"cpu0 190 0 5 0 0 0 0 0 0 0", "cpu1 0 0 2 148 0 0 0 0",
                                          "cpu9 100 0 0 0 0 0 0 0"};
  host_.after = reading(after, SampleSide::kAfter, 11s);
  expect_warning("other_load", "CPU 0 95 %: bu) 1 (rner (77) 95 %, idler (78) 40 %",
                 "sudo sh -c 'trap : INT; kill -STOP 77 78; sleep 600; kill -CONT 77 78'");
}

TEST_F(DoctorTest, NoPauseIsProposedOfOurselvesOrTheKernel) {
  const std::vector<std::string> idle = {"cpu0 0 0 0 0 0 0 0 0"};
  const std::vector<std::string> busy = {"cpu0 0 0 50 50 0 0 0 0"};
  host_.before = reading(idle, SampleSide::kBefore, 10s);
  write_process(::getpid(), "coresweep", 900, 50);
  write_process(900, "terminal", 1, 50);
  write_process(2, "kthreadd", 0, 50, "2129984");
  host_.after = reading(busy, SampleSide::kAfter, 11s);
  expect_warning("other_load",
                 AllOf(StartsWith("CPU 0 50 %: "), HasSubstr("terminal (900) 50 %"),
                       HasSubstr("kthreadd (2) 50 %"), testing::Not(HasSubstr("coresweep"))),
                 "nothing: wait until it is over");
}

TEST_F(DoctorTest, LoadOfNobodyIsToldAsThat) {
  sample({"cpu0 0 0 0 0 0 0 0 0"}, {"cpu0 0 0 0 90 0 4 6 0"});
  expect_warning("other_load",
                 "CPU 0 10 %: by no process that was there all the time: short ones, or interrupts",
                 StartsWith("nothing"));
  link("proc/self/ns/pid", "pid:[4026532999]");
  expect_warning("other_load", "CPU 0 10 %: by no process that can be seen from here",
                 StartsWith("nothing"));
}

// Steal cannot be provoked: two recorded readings of a guest whose neighbour woke up.
TEST_F(DoctorTest, StealIsReadFromTwoReadings) {
  expect_ok("steal", "at most 0 % of a CPU");
  sample({"cpu0 4705 356 584 3699 23 23 0 10 0 0", "cpu1 4705 356 584 3699 23 23 0 0 0 0"},
         {"cpu0 4705 356 584 3787 23 23 0 22 0 0", "cpu1 4705 356 584 3798 23 23 0 1 0 0"});
  expect_warning("steal", "CPU 0 12 %", StartsWith("nothing: choose a machine of your own"));
  expect_ok("other_load", "no CPU busier than 0 %");
}

TEST_F(DoctorTest, ReadingsThatRunBackwardsAreNoLoad) {
  sample({"cpu0 100 0 50 900 0 0 0 9", "cpu1 100 0 50 900 0 0 0 9"},
         {"cpu0 90 0 40 899 0 0 0 8", "cpu1 90 0 40 899 0 0 0 8"});
  expect_ok("other_load", "no CPU busier than 0 %");
  expect_ok("steal", "at most 0 % of a CPU");
  host_.after.cpus.read_at = host_.before.cpus.read_at;
  expect_unknown("other_load", "/proc/stat: has no two readings of coresweep's CPUs");
}

TEST_F(DoctorTest, IrqbalanceIsFoundByItsName) {
  expect_ok("irqbalance", "does not run");
  write_process(321, "irqbalance", 1, 5);
  host_.after = read_host_sample(host_.root, SampleSide::kAfter);
  expect_warning("irqbalance", "runs, as process 321", "sudo systemctl stop irqbalance");
  remove("proc/321");
  link("proc/self/ns/pid", "pid:[4026532999]");
  host_.after = read_host_sample(host_.root, SampleSide::kAfter);
  expect_unknown("irqbalance", "the machine's processes cannot be seen from this container");
}

TEST_F(DoctorTest, WhatAProcessIsCalledMovesNoCursor) {
  write_process(77, "x\x1b[2J\ny", 50, 0);
  host_.before = reading({"cpu0 0 0 0 0 0 0 0 0"}, SampleSide::kBefore, 10s);
  write_process(77, "x\x1b[2J\ny", 50, 90);
  host_.after = reading({"cpu0 90 0 0 10 0 0 0 0"}, SampleSide::kAfter, 11s);
  expect_warning("other_load", "CPU 0 90 %: x?[2J?y (77) 90 %", HasSubstr("kill -STOP 77;"));
}

TEST(Findings, AreListedWarningsFirstAndTheVerdictLast) {
  const Check check("swap", "it is slow");
  const std::vector<Finding> findings = {check.ok("fine"), check.unknown("no file"),
                                         check.warning("full", "sudo swapoff -a"),
                                         check.ok("good")};
  EXPECT_THAT(finding_lines(findings),
              testing::ElementsAre("warning  swap  full", "         why:  it is slow",
                                   "         mend: sudo swapoff -a", "unknown  swap  no file",
                                   "         why:  it is slow", "ok       swap  fine",
                                   "ok       swap  good", "1 warning"));
  EXPECT_EQ(findings_record({findings[2], findings[0]}), Json::parse(R"({"schema_version": 1,
      "ready": false, "findings": [
      {"name": "swap", "state": "warning", "reading": "full", "why": "it is slow",
       "mend": "sudo swapoff -a"},
      {"name": "swap", "state": "ok", "reading": "fine", "why": "it is slow", "mend": null}]})"));
}

TEST(ThisKernel, SaysTheSameOfARingTwice) { EXPECT_EQ(try_io_uring(), try_io_uring()); }

}  // namespace
}  // namespace coresweep
