// A sweep from where it is to its answer: begun now, or taken up again.
#pragma once

#include <cstdint>
#include <string>

#include "harness/result_store.hpp"
#include "harness/schedule.hpp"
#include "harness/stop_signals.hpp"
#include "harness/sweep.hpp"

namespace coresweep {

struct Session {
  std::uint64_t seed = 0;
  int number = 0;                   ///< how often the sweep was taken up again before this
  std::vector<std::string> traced;  ///< cells whose traces are there
  std::string python;               ///< that has matplotlib, to draw the run
};

/// Runs what is left of `schedule`, prints the answer, draws the run and writes its report.
/// Whatever ends it, what was kept is said. The exit code.
[[nodiscard]] int run_session(const Sweep& sweep, const Session& session,
                              const StopSignals& signals, ResultStore& store, Schedule& schedule);

}  // namespace coresweep
