// Whether a host is what the inventory says, and runs what this coresweep is part of.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/inventory.hpp"
#include "harness/programs.hpp"
#include "harness/stop_signals.hpp"
#include "support/cpu_topology.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

/// The programs that a host needs, by name: their checksums here. Throws Failure.
[[nodiscard]] std::map<std::string, std::string> checksums_of(const Programs& programs,
                                                              const StopSignals& signals);

/// All that is wrong with a host by its agent's `hello`, a line each, which begins with its name.
/// Of a host without complaints the parts of the hello that this coresweep reads are there.
[[nodiscard]] std::vector<std::string> hello_complaints(
    const InventoryHost& host, const Json& hello,
    const std::map<std::string, std::string>& checksums);

/// The CPUs of a host, by its hello.
[[nodiscard]] CpuTopology topology_of(const Json& hello);

/// Throws WrongUsage when the inventory says that a host of `pair` cannot run `programs`.
void require_same_architecture(const Inventory& inventory, const PairOfHosts& pair,
                               const Programs& programs);

}  // namespace coresweep
