// A run from its command line: its folder made, its record written, its trials run.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/commands.hpp"
#include "harness/pair_trial.hpp"
#include "harness/plan.hpp"
#include "harness/run_session.hpp"
#include "harness/stop_signals.hpp"

namespace coresweep {

struct NewRun {
  PlanFlags plan;
  std::string results = "results/local";
  RunDrawing drawing;
  std::optional<std::uint64_t> seed;   ///< instead of the plan's
  std::vector<std::string> command;    ///< the whole command line, for the record
  std::function<void(Plan&)> change;   ///< what the command has it otherwise; may throw WrongUsage
  OnLoss on_loss = OnLoss::kStop;      ///< of a host
  bool require_headline = false;       ///< whose arms both run here
};

/// The flags that every command has which begins a run.
void add_run_flags(CLI::App& command, NewRun& run);

/// Of the order of its trials: the one that was asked for, else the plan's, else a new one.
[[nodiscard]] std::uint64_t seed_of(const NewRun& run, const Plan& plan);

/// The exit code, as run_session(). Throws WrongUsage, Failure and Interrupted before the first
/// trial.
[[nodiscard]] int begin_run(const NewRun& run, const StopSignals& signals);

}  // namespace coresweep
