// A sweep from where it is to its answer: begun now, or taken up again.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

#include "harness/result_store.hpp"
#include "harness/schedule.hpp"
#include "harness/stop_signals.hpp"
#include "harness/sweep.hpp"

namespace coresweep {

/// What a sweep that has come to its end is drawn with.
struct RunDrawing {
  std::string python = "/usr/bin/python3";  ///< that has matplotlib
  bool is_wanted = true;
};

/// Those of every command that may bring a sweep to its end.
void add_drawing_flags(CLI::App& command, RunDrawing& drawing);

struct Session {
  std::uint64_t seed = 0;
  int number = 0;                   ///< how often the sweep was taken up again before this
  std::vector<std::string> traced;  ///< cells whose traces are there
  RunDrawing drawing;
  RunTrial run;  ///< each of its trials
  std::vector<std::string> remarks = {};  ///< for its answer, of what befell it
};

/// Runs what is left of `schedule`, prints the answer, draws the run and writes its report.
/// Whatever ends it, what was kept is said. The exit code.
[[nodiscard]] int run_session(const Sweep& sweep, const Session& session,
                              const StopSignals& signals, ResultStore& store, Schedule& schedule);

}  // namespace coresweep
