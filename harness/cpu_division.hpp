// Divides the machine once a sweep, by whole physical cores, into the server's CPUs and the load's.
#pragma once

#include <vector>

#include "support/cpu_topology.hpp"

namespace coresweep {

struct CpuDivision {
  std::vector<int> server;          ///< the server set, in the order its threads are pinned
  std::vector<int> load;            ///< the load set, one load thread a CPU
  std::vector<PhysicalCore> cores;  ///< what was divided
};

/// The first half of the cores (rounded down, at least one) serves, the rest loads. Within a set
/// each core's first hardware thread comes before any sibling. A machine of one core can only put
/// siblings apart, and one of one CPU nothing: both sets are then that CPU.
[[nodiscard]] CpuDivision divide_cpus(const CpuTopology& topology);

/// Every CPU a server thread can be pinned to: the server set, then the load set.
[[nodiscard]] std::vector<int> all_cpus(const CpuDivision& division);

/// Where `threads` server threads are pinned; beyond the server set they spill into the load set.
/// `threads` is at most all_cpus().size().
[[nodiscard]] std::vector<int> server_cpus(const CpuDivision& division, int threads);

/// Where the load threads are pinned: never more of them than connections.
[[nodiscard]] std::vector<int> load_cpus(const CpuDivision& division, int connections);

/// Those of `server` that are a CPU of `load` or share a physical core with one.
[[nodiscard]] std::vector<int> shared_cpus(const std::vector<PhysicalCore>& cores,
                                           const std::vector<int>& server,
                                           const std::vector<int>& load);

}  // namespace coresweep
