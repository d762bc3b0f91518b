// What a fleet's answer says of its pairs of hosts: whether they agree, and how far others would.
#pragma once

#include <string>
#include <vector>

#include "harness/outcome.hpp"
#include "harness/plan.hpp"

namespace coresweep {

/// The headline's ratio on each pair, and over all of them with each pair counting once: blocks of
/// one pair share its machines, so that more of them say nothing of another pair. Empty where fewer
/// than two pairs ran both arms.
[[nodiscard]] std::vector<std::string> pair_lines(const Plan& plan, const std::vector<Cell>& cells,
                                                  const std::vector<Outcome>& outcomes);

}  // namespace coresweep
