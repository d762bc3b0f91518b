// GNU parallel, which shares jobs out, tries again those that failed, and keeps account of both.
#pragma once

#include <string>
#include <vector>

#include "harness/stop_signals.hpp"

namespace coresweep {

/// Throws Failure, which says how to get it, where there is none or another program of its name.
void require_gnu_parallel(const StopSignals& signals);

struct ParallelJobs {
  std::vector<std::string> command;  ///< "{}" in it stands for the job's name
  std::vector<std::string> names;
  std::size_t at_once = 1;
  std::string folder;  ///< in which they begin
  std::string joblog;  ///< there; new, for parallel reads what it finds
};

/// Runs each, once more where it ends ill: what it said last is then lost, so it should not for a
/// reason that it can see. What they say goes to stderr, a line at a
/// time, each with its job's name before it. How many have failed is for the caller to find out.
/// Throws Interrupted, with all jobs ended, and Failure when it could not be run.
void run_parallel(const ParallelJobs& jobs, const StopSignals& signals);

}  // namespace coresweep
