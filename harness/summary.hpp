// The table that a sweep ends with.
#pragma once

#include <string>
#include <vector>

#include "harness/outcome.hpp"
#include "harness/plan.hpp"

namespace coresweep {

/// The cell's name, and what it is there for where it is no arm.
[[nodiscard]] std::string row_name(const Cell& cell);

/// A heading and one line a cell: medians of the valid trials' requests a second and of their 50th
/// and 99th percentile from sent (of an open loop from due) to answered, how many are valid, and
/// the verdicts of the others. Where none is valid, the medians of those others, in parentheses.
[[nodiscard]] std::vector<std::string> summary_table(const std::vector<Cell>& cells,
                                                     const std::vector<Outcome>& outcomes);

}  // namespace coresweep
