// A run, or several after one another at rising rates: workers started together, the events on
// stdout at their times, one report.
#pragma once

#include "loadgen/load_options.hpp"

namespace coresweep {

/// Returns the program's exit code.
[[nodiscard]] int run_load(LoadOptions options);

}  // namespace coresweep
