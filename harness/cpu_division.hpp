// Divides the machine once a sweep, by whole physical cores, into the server's CPUs and the load's.
#pragma once

#include <optional>
#include <vector>

#include "support/cpu_topology.hpp"

namespace coresweep {

struct CpuDivision {
  std::vector<int> server;          ///< the server set, in the order its threads are pinned
  std::vector<int> load;            ///< the load set, one load thread a CPU
  std::vector<PhysicalCore> cores;  ///< what was divided
};

/// The first `server_cores` of the cores serve, the rest loads; if not told, half of them (rounded
/// down, at least one). Within a set each core's first hardware thread comes before any sibling. A
/// machine of one core can only put siblings apart, which then count as cores, and one of one CPU
/// nothing: both sets are then that CPU. `server_cores` is at most server_set_sizes().size().
[[nodiscard]] CpuDivision divide_cpus(const CpuTopology& topology,
                                      std::optional<int> server_cores = std::nullopt);

/// How many CPUs serve when the first 1, 2, ... cores do, as long as one is left for the load.
[[nodiscard]] std::vector<int> server_set_sizes(const CpuTopology& topology);

/// Every CPU a server thread can be pinned to: the server set, then the load set.
[[nodiscard]] std::vector<int> all_cpus(const CpuDivision& division);

/// Where `threads` server threads are pinned; beyond the server set they spill into the load set.
/// `threads` is at most all_cpus().size().
[[nodiscard]] std::vector<int> server_cpus(const CpuDivision& division, int threads);

/// Where they roam when they are not pinned: over the whole server set, and over as many of the
/// load set as spill into it.
[[nodiscard]] std::vector<int> roamed_cpus(const CpuDivision& division, int threads);

/// Where the load threads are pinned: never more of them than connections.
[[nodiscard]] std::vector<int> load_cpus(const CpuDivision& division, int connections);

/// Those of `server` that are a CPU of `load` or share a physical core with one.
[[nodiscard]] std::vector<int> shared_cpus(const std::vector<PhysicalCore>& cores,
                                           const std::vector<int>& server,
                                           const std::vector<int>& load);

}  // namespace coresweep
