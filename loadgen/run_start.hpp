// When a run begins: as soon as it can, or at an instant that several clients were given.
#pragma once

#include <cstdint>

#include "loadgen/load_options.hpp"
#include "loadgen/run_watch.hpp"

namespace coresweep {

struct RunStart {
  std::int64_t begin_ns = 0;        ///< CLOCK_MONOTONIC
  std::int64_t epoch_ahead_ns = 0;  ///< CLOCK_REALTIME less CLOCK_MONOTONIC, when that was decided
};

/// Waits for the word or nearly for the time that `options.start` names; the connections are open.
/// Where it is too late for that time, or the clock was set meanwhile, that is said and the program
/// ends, whatever its threads are waiting for.
[[nodiscard]] RunStart await_start(const LoadOptions& options, RunWatch& watch);

}  // namespace coresweep
