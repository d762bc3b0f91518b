// What every CPU of the machine did meanwhile, from /proc/stat. On loopback the kernel charges a
// packet's receiving side to its sender, so that a process's own CPU time does not tell the whole
// cost.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/json_lines.hpp"

namespace coresweep {

/// One CPU since boot, in clock ticks as the kernel counts them.
struct CpuTicks {
  int cpu = 0;
  long long user = 0;  ///< niced too
  long long system = 0;
  long long softirq = 0;
  long long irq = 0;
  long long idle = 0;  ///< waiting for a disk too
  long long steal = 0;
  /// Nanoseconds, not ticks, of the thread to which the kernel leaves a CPU's softirqs where they
  /// come thick (ksoftirqd/CPU). Nothing where it cannot be seen, as in a container.
  std::optional<long long> softirq_thread_ns = {};
};

struct MachineCpu {
  std::chrono::steady_clock::time_point read_at;
  std::vector<CpuTicks> cpus;
};

[[nodiscard]] std::vector<CpuTicks> parse_proc_stat(std::string_view text);

/// No CPUs when /proc/stat cannot be read. `root`: where /proc is.
[[nodiscard]] MachineCpu read_machine_cpu(const std::filesystem::path& root = "/");

/// The record's "machine_cpu": what happened from `before` to `after`, in seconds, of each CPU that
/// was online both times.
[[nodiscard]] Json machine_cpu_between(const MachineCpu& before, const MachineCpu& after,
                                       long ticks_per_s);

}  // namespace coresweep
