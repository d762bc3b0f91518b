// Who used the CPUs: what they and every process had used at one moment.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/machine_cpu.hpp"

namespace coresweep {

/// One process, as /proc/PID/stat has it.
struct ProcessTicks {
  pid_t id = 0;
  pid_t parent = 0;
  std::string name;  ///< up to 15 bytes, any
  bool of_kernel = false;
  long long ticks = 0;    ///< of CPU time, user and system
  long long started = 0;  ///< after boot, in ticks: tells a process from a later one of its number

  bool operator==(const ProcessTicks&) const = default;
};

/// Nothing when `text` is no such line.
[[nodiscard]] std::optional<ProcessTicks> parse_process_stat(std::string_view text);

struct HostSample {
  MachineCpu cpus;  ///< no CPUs where /proc/stat cannot be read
  std::vector<ProcessTicks> processes;
};

/// Which reading goes first: the CPUs' lie within the processes', so that what reading the many
/// processes costs is in neither difference of the CPUs.
enum class SampleSide { kBefore, kAfter };

[[nodiscard]] HostSample read_host_sample(const std::filesystem::path& root, SampleSide side);

}  // namespace coresweep
