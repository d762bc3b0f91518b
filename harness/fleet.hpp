// A sweep whose blocks run apart, each on one pair of an inventory: jobs of GNU parallel.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "harness/new_run.hpp"
#include "harness/resumption.hpp"
#include "harness/run_session.hpp"
#include "harness/stop_signals.hpp"

namespace coresweep {

/// How many pairs run a block at the same time; none: all of them.
using PairsAtOnce = std::optional<std::size_t>;

/// Connects to every pair of the inventory, writes the run's record and runs it. The exit code.
/// Throws WrongUsage, Failure and Interrupted before the first block.
[[nodiscard]] int begin_fleet(const NewRun& run, PairsAtOnce at_once, const StopSignals& signals);

/// Goes on with a run that begin_fleet() began. The same.
[[nodiscard]] int resume_fleet(const std::string& folder, const StoppedRun& stopped,
                               const RunDrawing& drawing, PairsAtOnce at_once,
                               const StopSignals& signals);

/// Of every command that runs blocks of a fleet.
void add_at_once_flag(CLI::App& command, PairsAtOnce& at_once);

struct BlockJob {
  std::string run;  ///< the fleet's folder
  std::string job;
  int session = 0;                 ///< how often the sweep was taken up again before
  std::int64_t begun_unix_ms = 0;  ///< what was lost before is forgotten
};

/// Runs one block on the next free pair, unless it is there. A pair that is lost under it is noted
/// and left alone, and the block runs on another. Throws Failure when five were.
void run_block(const BlockJob& job, const StopSignals& signals);

}  // namespace coresweep
