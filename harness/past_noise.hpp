// What an earlier run of a plan on this machine says of the next: how much an arm differed from
// itself.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/sweep.hpp"

namespace coresweep {

struct PastNoise {
  std::string run;             ///< its folder
  std::vector<double> ratios;  ///< of the A/A arm over the arm that it repeats, one a block
};

/// Of the newest run in the folder `results` that was of the sweep's plan document and machine and
/// has such an arm whose ratio that sweep did not refuse; nothing where there is none. What is no
/// run is passed over.
[[nodiscard]] std::optional<PastNoise> past_noise(const std::string& results, const Sweep& sweep);

}  // namespace coresweep
