// What on this machine will spoil a benchmark. It reads, and changes nothing.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/host_sample.hpp"
#include "harness/stop_signals.hpp"
#include "support/cpu_topology.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

enum class FindingState {
  kOk,
  kWarning,  ///< it will spoil trials, or end the sweep early
  kUnknown,  ///< cannot be read here: no reason to warn, and none to be sure
};

struct Finding {
  std::string name;
  FindingState state;
  std::string reading;  ///< or why there is none
  std::string why;      ///< why it matters, whatever it reads
  std::string mend;     ///< of a warning: a command to paste, or "nothing: " and what helps instead
};

/// What is examined.
struct Host {
  std::filesystem::path root = "/";  ///< where /proc and /sys are looked for
  std::vector<int> allowed;          ///< CPUs that coresweep may run on
  std::optional<CpuTopology> topology;  ///< all that is online; nothing where hwloc cannot read it
  HostSample before;                    ///< two readings, about a second apart
  HostSample after;
  long ticks_per_s = 100;
  int io_uring_error = 0;  ///< errno of trying to make a ring
};

/// This machine, read twice, `apart`. Read once (0), checks of who uses the CPUs meanwhile know
/// nothing, and it takes some milliseconds. Throws Interrupted.
[[nodiscard]] Host read_host(std::chrono::milliseconds apart, const StopSignals& signals);

/// Every check, in a fixed order.
[[nodiscard]] std::vector<Finding> examine(const Host& host);

[[nodiscard]] std::size_t count_warnings(const std::vector<Finding>& findings);

/// {"schema_version": 1, "ready": ..., "findings": [...]}
[[nodiscard]] Json findings_record(const std::vector<Finding>& findings);

/// Of the warnings alone, for run.json: [{"check": ..., "reading": ..., "why": ..., "mend": ...}]
[[nodiscard]] Json warnings_record(const std::vector<Finding>& findings);

/// For people: warnings, then what is unknown, then the rest, one line each; the verdict is last.
[[nodiscard]] std::vector<std::string> finding_lines(const std::vector<Finding>& findings);

/// "NAME=VALUE" of each variable of our environment that makes other programs of those that inherit
/// it, as check_environment() warns of them; in order. A long value is cut.
[[nodiscard]] std::vector<std::string> changing_environment();

/// 0 when the kernel gives us a ring, else its errno. The ring is closed again.
[[nodiscard]] int try_io_uring();

}  // namespace coresweep
