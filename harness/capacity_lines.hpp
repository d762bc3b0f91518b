// What blocks of searches found, in lines: the highest rate that each arm holds within the bound.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "harness/capacity_phase.hpp"
#include "harness/plan.hpp"
#include "harness/statistics.hpp"

namespace coresweep {

/// What one cell holds by its searches in all blocks.
struct HeldOverBlocks {
  std::optional<MedianInterval> held;  ///< none where it is not known
  /// Where the load generator, its ports or its window was the limit of a search: it holds as much
  /// or more.
  bool is_bound = false;
};

/// Of the `search`-th search of each block. To leave out what was not found would select the
/// answer; the median of bounds is a bound.
[[nodiscard]] HeldOverBlocks held_over_blocks(
    const std::vector<std::vector<CapacityPhase::Found>>& blocks, std::size_t search);

/// A line a cell, with its median over the blocks and the interval of that; then the headline's
/// ratio, one value a block. `blocks` holds what each block's searches found, in one order.
[[nodiscard]] std::vector<std::string> capacity_lines(
    const Plan& plan, const std::vector<std::vector<CapacityPhase::Found>>& blocks);

}  // namespace coresweep
