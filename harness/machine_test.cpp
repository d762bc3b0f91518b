#include "harness/machine.hpp"

#include <gmock/gmock.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "support/cpu_set.hpp"
#include "support/open_files.hpp"

namespace coresweep {
namespace {

// A machine made of files, as the kernel would show it.
class MachineTest : public testing::Test {
 protected:
  void SetUp() override {
    root_ = testing::TempDir() + "machine_" + std::to_string(::getpid());
    std::filesystem::create_directories(root_);
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void write(const std::string& file, const std::string& content) {
    const auto path = root_ / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << content;
  }

  Json record() {
    return machine_record(synthetic_cpu_topology("numa:2 core:4 pu:2").value(), {0, 1, 2, 3, 8},
                          root_);
  }

  std::filesystem::path root_;
};

TEST_F(MachineTest, IsRecordedFromTheKernelsFiles) {
  write("proc/cpuinfo",
        "processor\t: 0\nmodel name\t: AMD EPYC 9R14\nflags\t\t: fpu hypervisor sse\n");
  write("proc/meminfo", "MemTotal:        8145012 kB\nMemFree: 1 kB\n");
  write("etc/os-release", "NAME=\"Debian\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n");
  write("sys/class/dmi/id/sys_vendor", "Amazon EC2\n");
  write("sys/class/dmi/id/product_name", "c7a.4xlarge\n");
  write("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n");
  write("sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
  write("proc/sys/net/core/somaxconn", "4096\n");
  write("proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n");
  const Json machine = record();
  EXPECT_EQ(machine.at("cpu_model"), "AMD EPYC 9R14");
  EXPECT_EQ(machine.at("cpus_allowed"), "0-3,8");
  EXPECT_EQ(machine.at("cpus_online"), 16);
  EXPECT_EQ(machine.at("physical_cores"), 8);
  EXPECT_EQ(machine.at("threads_per_core"), 2);
  EXPECT_EQ(machine.at("numa_nodes"), 2);
  EXPECT_EQ(machine.at("numa_cpus"), Json::parse(R"(["0-7", "8-15"])"));
  EXPECT_EQ(machine.at("memory_kb"), 8145012);
  EXPECT_EQ(machine.at("os"), "Debian GNU/Linux 12 (bookworm)");
  EXPECT_EQ(machine.at("virtualization"), "Amazon EC2 c7a.4xlarge");
  EXPECT_EQ(machine.at("governor"), "performance");
  EXPECT_EQ(machine.at("clocksource"), "tsc");
  EXPECT_EQ(machine.at("limits").at("somaxconn"), 4096);
  EXPECT_EQ(machine.at("limits").at("port_range"), Json::array({32768, 60999}));
}

TEST_F(MachineTest, WhatCannotBeReadIsNullOrUnknown) {
  const Json machine = record();
  EXPECT_EQ(machine.at("cpu_model"), "unknown");
  EXPECT_EQ(machine.at("memory_kb"), 0);
  EXPECT_EQ(machine.at("os"), "unknown");
  EXPECT_TRUE(machine.at("virtualization").is_null());
  EXPECT_TRUE(machine.at("governor").is_null());
  EXPECT_TRUE(machine.at("clocksource").is_null());
  EXPECT_TRUE(machine.at("limits").at("somaxconn").is_null());
  EXPECT_TRUE(machine.at("limits").at("port_range").is_null());
}

TEST_F(MachineTest, AnArmKernelNamesImplementerAndPart) {
  write("proc/cpuinfo", "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd40\n");
  EXPECT_EQ(record().at("cpu_model"), "implementer 0x41 part 0xd40");
}

TEST_F(MachineTest, ABacklogHoldsWhatIsOpenedAtOnce) {
  write("proc/sys/net/ipv4/ip_local_port_range", "20000\t20999\n");
  write("proc/sys/net/core/somaxconn", "100\n");
  EXPECT_EQ(most_connections(2, root_), 100);
  EXPECT_EQ(most_connections(1, root_), std::min<std::int64_t>(1000, raise_open_files() - 68));
}

TEST(ThisMachine, IsKnown) {
  const Json machine = machine_record(read_cpu_topology().value(), allowed_cpus());
  utsname kernel{};
  ASSERT_EQ(::uname(&kernel), 0);
  EXPECT_EQ(machine.at("kernel"), kernel.release);
  EXPECT_GT(machine.at("memory_kb").get<long>(), 0);
  EXPECT_EQ(machine.at("cpus_allowed"), format_cpu_list(allowed_cpus()));
}

}  // namespace
}  // namespace coresweep
