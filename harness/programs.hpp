// The programs that make up a sweep, and what they can do by their own account.
#pragma once

#include <string>
#include <vector>

#include "harness/plan.hpp"
#include "harness/stop_signals.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

struct Programs {
  std::string coresweep;
  std::string greeter;
  std::string loadgen;
  std::string greeter_io_uring = {};  ///< empty when it is not built
};

/// The others stand beside coresweep's own file. Throws Failure when one is missing that there must
/// be.
[[nodiscard]] Programs find_programs();

/// The lines of a greeter's `--list`. Throws Failure.
[[nodiscard]] std::vector<Json> lines_of_list(const std::string& greeter,
                                              const StopSignals& signals);

/// Fills in what the greeters know and have, as far as their `--list` tells. Throws Failure.
void add_known_names(const Programs& programs, const StopSignals& signals, PlanContext& context);

/// The same of what one of them has listed already, wherever: its lines.
void add_greeter_names(const std::vector<Json>& lines, PlanContext& context);
void add_io_uring_names(const std::vector<Json>& lines, PlanContext& context);

/// Checksum of the file at `path`: 64 hex digits. Throws Failure.
[[nodiscard]] std::string sha256_of_file(const std::string& path, const StopSignals& signals);

}  // namespace coresweep
