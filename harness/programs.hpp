// The programs that make up a sweep, and what they can do by their own account.
#pragma once

#include <string>

#include "harness/plan.hpp"
#include "harness/stop_signals.hpp"

namespace coresweep {

struct Programs {
  std::string coresweep;
  std::string greeter;
  std::string loadgen;
};

/// The others stand beside coresweep's own file. Throws Failure when one is missing.
[[nodiscard]] Programs find_programs();

/// Fills in the names that the greeter knows, as far as `greeter --list` tells. Throws Failure.
void add_known_names(const Programs& programs, const StopSignals& signals, PlanContext& context);

/// Checksum of the file at `path`: 64 hex digits. Throws Failure.
[[nodiscard]] std::string sha256_of_file(const std::string& path, const StopSignals& signals);

}  // namespace coresweep
