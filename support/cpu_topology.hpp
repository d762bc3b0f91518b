// Which CPUs share a physical core, as hwloc sees the machine.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace coresweep {

struct PhysicalCore {
  std::vector<int> cpus;  ///< its hardware threads, the kernel's numbers, the first thread first

  bool operator==(const PhysicalCore&) const = default;
};

struct CpuTopology {
  std::vector<PhysicalCore>
      cores;  ///< neighbours in the machine (package, cache) are neighbours here
  std::vector<std::vector<int>> numa_nodes{};  ///< the CPUs of each, ascending; some have none

  bool operator==(const CpuTopology&) const = default;
};

/// All online CPUs of this machine. Nothing when hwloc cannot read them.
[[nodiscard]] std::optional<CpuTopology> read_cpu_topology();

/// A machine that need not exist, in hwloc's synthetic notation: "core:8
/// pu:2(indexes=0,8,1,9,...)". Nothing when `description` is not in that notation.
[[nodiscard]] std::optional<CpuTopology> synthetic_cpu_topology(const std::string& description);

/// The part of `topology` that lies within `cpus`; cores of which nothing is left are dropped.
[[nodiscard]] CpuTopology restricted_to(const CpuTopology& topology, const std::vector<int>& cpus);

}  // namespace coresweep
