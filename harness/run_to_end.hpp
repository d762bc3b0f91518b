// A program that is asked something and answers: its lines, and how it ended.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "harness/stop_signals.hpp"

namespace coresweep {

struct CommandResult {
  std::vector<std::string> lines;  ///< of its stdout; the last one need not have been ended
  std::string ending;              ///< empty when it exited with 0
  bool has_exited = false;         ///< by itself: no signal and no limit of ours ended it
  std::string last_error_line;
};

struct CommandOptions {
  std::string folder = {};  ///< where it begins; empty: where we are
  /// Gets each line of its stdout as it comes, instead of the result. There may be any number, and
  /// too long a one comes in pieces.
  std::function<void(const std::string&)> on_line = {};
  /// Gets each line of its stderr as it comes.
  std::function<void(const std::string&)> on_error_line = {};
};

/// Runs `command` to its end, with an empty stdin. Stops it after `most`, and when we end.
[[nodiscard]] CommandResult run_to_end(const std::vector<std::string>& command,
                                       const StopSignals& signals, std::chrono::seconds most,
                                       const CommandOptions& options = {});

}  // namespace coresweep
