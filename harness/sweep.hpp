// A plan made ready for this machine, and the running of its trials.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/cpu_division.hpp"
#include "harness/outcome.hpp"
#include "harness/plan.hpp"
#include "harness/programs.hpp"
#include "harness/result_store.hpp"
#include "harness/stop_signals.hpp"
#include "harness/verdict.hpp"

namespace coresweep {

struct Sweep {
  std::string plan_file;
  Programs programs;
  std::vector<int> allowed;  ///< CPUs that we may run on
  CpuTopology machine;       ///< all that is online
  CpuDivision division;      ///< of the allowed ones
  Plan plan;
  std::vector<Skipped> skipped;  ///< what the plan names and cannot be run
  std::vector<Cell> cells;
  Thresholds thresholds;
};

/// Reads the plan, a file or a name, and settles everything that needs no trial. `peers` are
/// folders beside the plan's own. Throws WrongUsage, also when nothing is left to run, and Failure.
[[nodiscard]] Sweep prepare_sweep(const std::string& plan_file,
                                  const std::vector<std::string>& peers,
                                  const StopSignals& signals);

/// "skipped: WHAT: WHY" of each.
[[nodiscard]] std::vector<std::string> skipped_lines(const Sweep& sweep);

[[nodiscard]] std::size_t trial_count(const Sweep& sweep);

/// What run.json says of the sweep.
[[nodiscard]] Json run_record(const Sweep& sweep, std::uint64_t seed, const std::string& started_at,
                              const std::vector<std::string>& command, const StopSignals& signals);

/// Runs every trial in the order of `seed`, stores each as it ends and adds it to `outcomes`, which
/// therefore tells what was kept whichever way this ends. Throws Failure and Interrupted.
void run_trials(const Sweep& sweep, std::uint64_t seed, const StopSignals& signals,
                ResultStore& store, std::vector<Outcome>& outcomes);

/// Those that run once more under a tracer, if the plan asks for it: every arm at each thread count
/// that leaves the load its CPUs.
[[nodiscard]] std::vector<Cell> traced_cells(const Sweep& sweep);

/// Traces them. What could not be traced is told, and no failure. Throws Interrupted, and Failure
/// when nothing can be stored.
void run_traces(const Sweep& sweep, const StopSignals& signals, ResultStore& store);

}  // namespace coresweep
