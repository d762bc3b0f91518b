// For tests of the doctor: a machine made of files.
#pragma once

#include <gmock/gmock.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "harness/doctor.hpp"
#include "harness/host_files.hpp"

namespace coresweep {

/// A machine made of files, as the kernel would show it. It is ready; each test spoils one thing.
class DoctorTest : public testing::Test {
 protected:
  void SetUp() override {
    host_.root = testing::TempDir() + "doctor_" + std::to_string(::getpid());
    std::filesystem::remove_all(host_.root);
    host_.allowed = {0, 1, 2, 3};
    host_.topology = synthetic_cpu_topology("core:4 pu:1");
    for (const int cpu : host_.allowed) {
      write("sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/cpufreq/scaling_governor",
            "performance\n");
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
    write_limits("1024", "1048576");
    write("proc/self/environ", std::string("HOME=/root\0PATH=/bin\0", 21));
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
    const std::filesystem::path where = host_.root / file;
    std::filesystem::create_directories(where.parent_path());
    std::ofstream(where) << content;
  }
  void link(const std::string& file, const std::string& target) {
    const std::filesystem::path where = host_.root / file;
    std::filesystem::create_directories(where.parent_path());
    std::filesystem::remove(where);
    std::filesystem::create_symlink(target, where);
  }
  void remove(const std::string& file) {
    ASSERT_GT(std::filesystem::remove_all(host_.root / file), 0U) << file;
  }
  void write_limits(const std::string& open_files_soft, const std::string& open_files_hard,
                    const std::string& locked_soft = "8388608",
                    const std::string& locked_hard = "8388608") {
    write("proc/self/limits",
          "Limit                     Soft Limit           Hard Limit           Units     \n"
          "Max open files            " + open_files_soft + "      " + open_files_hard +
              "     files     \n"
              "Max locked memory         " + locked_soft + "      " + locked_hard +
              "     bytes     \n");
  }

  // Two readings of /proc/stat a second apart, in ticks of 10 ms, beside one process of the kernel.
  void sample(const std::vector<std::string>& before, const std::vector<std::string>& after) {
    write_process(2, "kthreadd", 0, 0, "2129984");
    host_.before = reading(before, SampleSide::kBefore, std::chrono::seconds(10));
    host_.after = reading(after, SampleSide::kAfter, std::chrono::seconds(11));
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

}  // namespace coresweep
