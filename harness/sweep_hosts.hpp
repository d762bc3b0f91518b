// A sweep over the hosts of an inventory's pair: what they allow a plan, and what run.json says of
// them.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "harness/pair_trial.hpp"
#include "harness/sweep.hpp"

namespace coresweep {

/// Connects to the hosts. Throws WrongUsage and Failure.
[[nodiscard]] Sweep prepare_hosts(Inventory inventory, const std::optional<std::string>& pair,
                                  const StopSignals& signals);

/// A line a host on stderr: what it is, and its clock.
void print_hosts(const PairHosts& hosts);

/// What follows for a plan that was just read. Throws WrongUsage.
void settle_over_hosts(Sweep& sweep);

/// The flag of every command that runs trials over a pair.
CLI::Option* add_keep_going_flag(CLI::App& command, OnLoss& on_loss);

/// How a trial of the sweep is run: on this machine, or over its hosts. Refers to all three.
[[nodiscard]] RunTrial trial_runner(const Sweep& sweep, OnLoss on_loss, const StopSignals& signals);

/// `listen` of the plan in `file`, on `server`. Throws WrongUsage when it is an address that is
/// neither loopback's nor that host's.
[[nodiscard]] std::string listen_on_server(const std::string& listen, const InventoryHost& server,
                                           const std::string& file);

/// run.json's "hosts".
[[nodiscard]] Json hosts_record(const PairHosts& hosts);

/// The part of it that a sweep may not go on without: no clocks, and nothing that changes by
/// itself.
[[nodiscard]] Json hosts_identity(const Json& record);

/// Reads the inventory again that a stopped run's "hosts" names. Throws WrongUsage when it is
/// another than it was.
[[nodiscard]] Inventory same_inventory(const Json& record, const std::string& record_path);

}  // namespace coresweep
