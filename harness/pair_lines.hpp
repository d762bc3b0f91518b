// What a fleet's answer says of its pairs of hosts: whether they agree.
#pragma once

#include <string>
#include <vector>

#include "harness/outcome.hpp"
#include "harness/plan.hpp"

namespace coresweep {

/// The headline's ratio on each pair. Empty where it is no fleet's.
[[nodiscard]] std::vector<std::string> pair_lines(const Plan& plan, const std::vector<Cell>& cells,
                                                  const std::vector<Outcome>& outcomes);

}  // namespace coresweep
