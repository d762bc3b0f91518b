// What blocks of searches found, in lines: the highest rate that each arm holds within the bound.
#pragma once

#include <string>
#include <vector>

#include "harness/capacity_phase.hpp"
#include "harness/plan.hpp"

namespace coresweep {

/// A line a cell, with its median over the blocks and the interval of that; then the headline's
/// ratio, one value a block. `blocks` holds what each block's searches found, in one order.
[[nodiscard]] std::vector<std::string> capacity_lines(
    const Plan& plan, const std::vector<std::vector<CapacityPhase::Found>>& blocks);

}  // namespace coresweep
