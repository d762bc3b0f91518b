// The machine as it is recorded before the first trial.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "support/cpu_topology.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

/// run.json's "machine". `whole` is all that is online, `allowed` the CPUs we may run on. `root` is
/// where /proc, /sys and /etc are looked for. What cannot be read is null, or "unknown".
[[nodiscard]] Json machine_record(const CpuTopology& whole, const std::vector<int>& allowed,
                                  const std::filesystem::path& root = "/");

/// Descriptors that a program of up to `cpus` threads has beside its connections: listeners, epoll
/// sets and event descriptors of every loop, pipes and standard streams.
[[nodiscard]] std::int64_t other_descriptors(int cpus);

/// Connections that each load thread opens at once, and then waits for (loadgen).
inline constexpr std::int64_t kOpenedAtOnce = 64;

/// How many connections a trial can have here: the ephemeral ports and each program's descriptors
/// must hold them all, one listener's backlog (net.core.somaxconn) those that are opened at once.
/// `cpus` is the most threads a program runs.
[[nodiscard]] std::int64_t most_connections(int cpus, const std::filesystem::path& root = "/");

}  // namespace coresweep
