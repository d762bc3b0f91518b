// The flags that a trial's load generator is started with.
#pragma once

#include <string>
#include <vector>

#include "harness/trial.hpp"

namespace coresweep {

/// One client's share of a trial's load.
struct LoadPart {
  int connections = 0;
  std::vector<int> cpus;  ///< one a load thread
  int phase = 1;          ///< which of the `phases` clients that keep one schedule, from 1
  int phases = 1;
};

[[nodiscard]] std::vector<std::string> load_command_flags(const TrialSetup& setup,
                                                          const LoadPart& part);

}  // namespace coresweep
