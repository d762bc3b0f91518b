#include "harness/cpu_division.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <span>

#include "support/contains.hpp"

namespace coresweep {
namespace {

// Siblings last: two threads on one core are the last resort, as they slow each other down.
std::vector<int> first_threads_first(std::span<const PhysicalCore> cores) {
  std::vector<int> cpus;
  for (std::size_t thread = 0;; ++thread) {
    const std::size_t before = cpus.size();
    for (const PhysicalCore& core : cores) {
      if (thread < core.cpus.size()) {
        cpus.push_back(core.cpus[thread]);
      }
    }
    if (cpus.size() == before) {
      return cpus;
    }
  }
}

// What is divided: the cores, or the siblings of the only one.
std::vector<PhysicalCore> parts_of(const CpuTopology& topology) {
  assert(!topology.cores.empty());
  if (topology.cores.size() > 1) {
    return topology.cores;
  }
  std::vector<PhysicalCore> parts;
  for (const int cpu : topology.cores.front().cpus) {
    parts.push_back({{cpu}});
  }
  return parts;
}

}  // namespace

CpuDivision divide_cpus(const CpuTopology& topology, std::optional<int> server_cores) {
  const std::vector<PhysicalCore> parts = parts_of(topology);
  const std::size_t serving = server_cores ? static_cast<std::size_t>(*server_cores)
                                           : std::max<std::size_t>(1, parts.size() / 2);
  assert(serving >= 1 && serving <= parts.size());
  const auto all = std::span<const PhysicalCore>(parts);
  CpuDivision division{first_threads_first(all.first(serving)),
                       first_threads_first(all.subspan(serving)), topology.cores};
  if (division.load.empty()) {
    division.load = division.server;
  }
  return division;
}

std::vector<int> server_set_sizes(const CpuTopology& topology) {
  const std::vector<PhysicalCore> parts = parts_of(topology);
  std::vector<int> sizes;
  int cpus = 0;
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    cpus += static_cast<int>(parts[i].cpus.size());
    sizes.push_back(cpus);
  }
  return sizes;
}

std::vector<int> all_cpus(const CpuDivision& division) {
  std::vector<int> cpus = division.server;
  std::copy_if(division.load.begin(), division.load.end(), std::back_inserter(cpus),
               [&division](int cpu) { return !contains(division.server, cpu); });
  return cpus;
}

std::vector<int> server_cpus(const CpuDivision& division, int threads) {
  std::vector<int> cpus = all_cpus(division);
  assert(threads >= 1 && static_cast<std::size_t>(threads) <= cpus.size());
  cpus.resize(static_cast<std::size_t>(threads));
  return cpus;
}

std::vector<int> roamed_cpus(const CpuDivision& division, int threads) {
  return server_cpus(division, std::max(threads, static_cast<int>(division.server.size())));
}

std::vector<int> load_cpus(const CpuDivision& division, int connections) {
  std::vector<int> cpus = division.load;
  cpus.resize(std::min(cpus.size(), static_cast<std::size_t>(connections)));
  return cpus;
}

std::vector<int> shared_cpus(const std::vector<PhysicalCore>& cores, const std::vector<int>& server,
                             const std::vector<int>& load) {
  std::vector<int> shared;
  for (const PhysicalCore& core : cores) {
    const auto of_load = [&load](int cpu) { return contains(load, cpu); };
    if (std::any_of(core.cpus.begin(), core.cpus.end(), of_load)) {
      std::copy_if(core.cpus.begin(), core.cpus.end(), std::back_inserter(shared),
                   [&server](int cpu) { return contains(server, cpu); });
    }
  }
  std::sort(shared.begin(), shared.end());
  return shared;
}

}  // namespace coresweep
