// The doctor on limits, ports and memory, on containers, and on the kernel's rings.
#include <gmock/gmock.h>

#include <cerrno>

#include "harness/doctor_test_machine.hpp"

namespace coresweep {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

TEST_F(DoctorTest, OnlyTheHardLimitOfOpenFilesBinds) {
  expect_ok("open_files", "hard limit 1,048,576, soft limit 1,024");
  write_limits("1024", "4096");
  expect_warning("open_files",
                 "hard limit 4,096, soft limit 1,024; the largest plan takes 12,080 a program",
                 "sudo prlimit --pid $$ --nofile=65536:65536");
  write_limits("unlimited", "unlimited");
  expect_ok("open_files", "hard limit unlimited, soft limit unlimited");
  write_limits("many", "few");
  expect_unknown("open_files", "/proc/self/limits: holds no limit of open files");
}

TEST_F(DoctorTest, TheSoftLimitOfLockedMemoryBindsWhatIsOnGlommio) {
  const std::string to_stay =
      "  # to stay: memlock in /etc/security/limits.conf, or LimitMEMLOCK= of a systemd unit";
  expect_ok("locked_memory", "soft limit 8,192 KiB, hard limit 8,192 KiB");
  write_limits("1024", "1024", "524288", "unlimited");
  expect_ok("locked_memory", "soft limit 512 KiB, hard limit unlimited");
  write_limits("1024", "1024", "unlimited", "unlimited");
  expect_ok("locked_memory", "soft limit unlimited, hard limit unlimited");
  write_limits("1024", "1024", "524287", "524288");
  expect_warning("locked_memory", "soft limit 511 KiB, hard limit 512 KiB",
                 "ulimit -S -l 512" + to_stay);
  write_limits("1024", "1024", "65536", "65536");
  expect_warning("locked_memory", "soft limit 64 KiB, hard limit 64 KiB",
                 "sudo prlimit --pid $$ --memlock=unlimited:unlimited" + to_stay);
  write_limits("1024", "1024", "much", "more");
  expect_unknown("locked_memory", "/proc/self/limits: holds no limit of locked memory");
}

TEST_F(DoctorTest, WhatChangesAProgramThatInheritsItIsNamed) {
  const std::string none = "nothing is set of what changes a program that inherits it";
  expect_ok("environment", none);
  write("proc/self/environ", "");
  expect_ok("environment", none);
  using namespace std::string_literals;
  write("proc/self/environ",
        "LD_PRELOAD=libjemalloc.so.2\0GOGCC=1\0MALLOC_ARENA_MAX=2\0GOGC=off"s);
  expect_warning("environment",
                 "GOGC=off, LD_PRELOAD=libjemalloc.so.2, MALLOC_ARENA_MAX=2",
                 "unset GOGC LD_PRELOAD MALLOC_ARENA_MAX");
  write("proc/self/environ", "GODEBUG=" + std::string(300, '\n') + "\0"s);
  expect_warning("environment", "GODEBUG=" + std::string(192, '?') + "...", "unset GODEBUG");
  remove("proc/self/environ");
  expect_unknown("environment", "/proc/self/environ: No such file or directory");
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

TEST(ThisKernel, SaysTheSameOfARingTwice) { EXPECT_EQ(try_io_uring(), try_io_uring()); }

}  // namespace
}  // namespace coresweep
