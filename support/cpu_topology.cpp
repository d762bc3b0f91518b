#include "support/cpu_topology.hpp"

#include <hwloc.h>

#include <algorithm>
#include <memory>

namespace coresweep {
namespace {

struct DestroyTopology {
  void operator()(hwloc_topology_t topology) const { hwloc_topology_destroy(topology); }
};
using Topology = std::unique_ptr<hwloc_topology, DestroyTopology>;

std::vector<int> cpus_of(hwloc_topology_t topology, hwloc_obj_t object) {
  std::vector<int> cpus;
  hwloc_obj_t thread = nullptr;
  while ((thread = hwloc_get_next_obj_inside_cpuset_by_type(topology, object->cpuset, HWLOC_OBJ_PU,
                                                            thread)) != nullptr) {
    cpus.push_back(static_cast<int>(thread->os_index));
  }
  return cpus;
}

// hwloc has a node for every machine, also where the kernel knows none.
std::vector<std::vector<int>> nodes_of(hwloc_topology_t topology) {
  std::vector<std::vector<int>> nodes;
  hwloc_obj_t node = nullptr;
  while ((node = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_NUMANODE, node)) != nullptr) {
    nodes.push_back(cpus_of(topology, node));
    std::sort(nodes.back().begin(), nodes.back().end());
  }
  return nodes;
}

CpuTopology cores_of(hwloc_topology_t topology) {
  CpuTopology result;
  // A machine that does not say what its cores are (some virtual ones) is taken to have no
  // siblings.
  const bool says_cores = hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_CORE) > 0;
  const hwloc_obj_type_t type = says_cores ? HWLOC_OBJ_CORE : HWLOC_OBJ_PU;
  hwloc_obj_t object = nullptr;
  while ((object = hwloc_get_next_obj_by_type(topology, type, object)) != nullptr) {
    result.cores.push_back({cpus_of(topology, object)});
  }
  result.numa_nodes = nodes_of(topology);
  return result;
}

Topology create() {
  hwloc_topology_t topology = nullptr;
  return Topology(hwloc_topology_init(&topology) == 0 ? topology : nullptr);
}

std::optional<CpuTopology> load(const Topology& topology) {
  // The whole machine, also from inside a container's cpuset: restricted_to() takes what we may
  // use.
  hwloc_topology_set_flags(topology.get(), HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
  if (hwloc_topology_load(topology.get()) != 0) {
    return std::nullopt;
  }
  CpuTopology result = cores_of(topology.get());
  return result.cores.empty() ? std::nullopt : std::optional(std::move(result));
}

}  // namespace

std::optional<CpuTopology> read_cpu_topology() {
  const Topology topology = create();
  return topology == nullptr ? std::nullopt : load(topology);
}

std::optional<CpuTopology> synthetic_cpu_topology(const std::string& description) {
  const Topology topology = create();
  if (topology == nullptr ||
      hwloc_topology_set_synthetic(topology.get(), description.c_str()) != 0) {
    return std::nullopt;
  }
  return load(topology);
}

CpuTopology restricted_to(const CpuTopology& topology, const std::vector<int>& cpus) {
  CpuTopology result{{}, topology.numa_nodes};
  for (const PhysicalCore& core : topology.cores) {
    PhysicalCore rest = core;
    std::erase_if(rest.cpus, [&cpus](int cpu) {
      return std::find(cpus.begin(), cpus.end(), cpu) == cpus.end();
    });
    if (!rest.cpus.empty()) {
      result.cores.push_back(std::move(rest));
    }
  }
  return result;
}

}  // namespace coresweep
