// What coresweep can be told to do: one function a command, returning the exit code.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/explain.hpp"
#include "harness/stop_signals.hpp"

namespace coresweep {

struct RunOptions {
  std::string plan_file;
  std::vector<std::string> peers;  ///< folders beside those that the plan names
  std::string results = "results/local";
  std::string python = "/usr/bin/python3";
  std::optional<std::uint64_t> seed;  ///< instead of the plan's
  std::vector<std::string> command;   ///< the whole command line, for the record
};

/// Runs the sweep, stores it, draws it, and prints the answer.
[[nodiscard]] int run_plan(const RunOptions& options, const StopSignals& signals);

/// Prints what the sweep would do, and how long that takes.
[[nodiscard]] int print_plan(const std::string& plan_file, const std::vector<std::string>& peers,
                             const StopSignals& signals);

/// Prints how two arms of a stored run differ.
[[nodiscard]] int print_explanation(const ExplainOptions& options);

}  // namespace coresweep
