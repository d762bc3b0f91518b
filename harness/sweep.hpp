// A plan made ready for this machine, and the running of its trials.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "harness/commands.hpp"
#include "harness/cpu_division.hpp"
#include "harness/pair_hosts.hpp"
#include "harness/plan.hpp"
#include "harness/programs.hpp"
#include "harness/result_store.hpp"
#include "harness/schedule.hpp"
#include "harness/stop_signals.hpp"
#include "harness/trial.hpp"
#include "harness/verdict.hpp"

namespace coresweep {

struct Sweep {
  std::string plan_file;  ///< as given
  Json plan_document;     ///< what stood in it
  Programs programs;
  std::vector<int> allowed;  ///< CPUs that we may run on
  CpuTopology machine;       ///< all that is online
  CpuDivision division;      ///< of the allowed ones
  PlanContext context;
  Plan plan;
  std::vector<Skipped> skipped;  ///< what the plan names and cannot be run
  std::vector<Cell> cells;       ///< the plan's own
  Thresholds thresholds;
  /// Connected; none: all is on this machine. With them `allowed` and `machine` are empty,
  /// `division` has all of the server's CPUs and the first client's for the load.
  std::shared_ptr<PairHosts> hosts = {};
  std::string pair_of_fleet = {};  ///< that this is one block of; empty: it is no fleet's
};

/// What of a sweep does not depend on its plan. Throws Failure.
[[nodiscard]] Sweep prepare_machine(const StopSignals& signals);

/// Settles the plan whose `text` stands in `file`. `peers` are folders beside the plan's own.
/// Throws WrongUsage, also when nothing is left to run, and Failure.
void settle_plan(Sweep& sweep, const std::string& text, const std::string& file,
                 const std::vector<std::string>& peers);

/// What follows from a plan that was changed since. Throws WrongUsage.
void settle_cells(Sweep& sweep);

/// Both of the plan in `flags`, whose file may be a name: find_plan(). Over its hosts, if it has
/// some.
[[nodiscard]] Sweep prepare_sweep(const PlanFlags& flags, const StopSignals& signals);

/// What server and load have to share: over hosts there is no load beside the server.
[[nodiscard]] CpuDivision shared_division(const Sweep& sweep);

/// How many connections a trial of that cell can have here.
[[nodiscard]] std::int64_t most_connections_of(const Sweep& sweep, const Cell& cell);

/// What the sweep will run.
[[nodiscard]] Schedule schedule_of(const Sweep& sweep, std::uint64_t seed);

/// How long those trials take, starting and stopping the programs included.
[[nodiscard]] std::chrono::nanoseconds expected_time(const Plan& plan, const TrialsLeft& trials);

/// Where its server's threads run: one a thread, or all that they roam over.
[[nodiscard]] std::vector<int> cpus_of_server(const Sweep& sweep, const Cell& cell);

/// Why no trial of the cell can be valid, as far as that is known before any is run; else empty.
[[nodiscard]] std::string known_shared_cpus(const Sweep& sweep, const Cell& cell);

/// "skipped: WHAT: WHY" of each.
[[nodiscard]] std::vector<std::string> skipped_lines(const Sweep& sweep);

/// run.json's "machine": the server's.
[[nodiscard]] Json machine_record(const Sweep& sweep);

/// What run.json says of the sweep.
[[nodiscard]] Json run_record(const Sweep& sweep, std::uint64_t seed, const std::string& started_at,
                              const std::vector<std::string>& command, const StopSignals& signals);

/// The parts of it that a sweep may not go on without.
[[nodiscard]] Json identity_record(const Sweep& sweep, const StopSignals& signals);

/// Runs what is left of `schedule` by `run`, stores each trial as it ends and tells the schedule,
/// which therefore knows what was kept whichever way this ends. `session` is how often the sweep
/// was taken up again before. Throws Failure and Interrupted.
void run_trials(const Sweep& sweep, std::uint64_t seed, int session, const RunTrial& run,
                ResultStore& store, Schedule& schedule);

/// Those that run once more under a tracer, if the plan asks for it: every arm at each thread count
/// that leaves the load its CPUs.
[[nodiscard]] std::vector<Cell> traced_cells(const Sweep& sweep, const std::vector<Cell>& cells);

/// Traces those of `cells` but for those named in `traced`. What could not be traced is told, and
/// no failure. Throws Interrupted, and Failure when nothing can be stored.
void run_traces(const Sweep& sweep, const std::vector<Cell>& cells,
                const std::vector<std::string>& traced,
                const StopSignals& signals, ResultStore& store);

}  // namespace coresweep
