// What end.json says of a sweep that is complete, in the shape of results/schema.json.
#pragma once

#include <string>
#include <vector>

#include "harness/schedule.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

/// `answer` is what the sweep ended with. `capacities` stands there only where something was
/// searched for.
[[nodiscard]] Json end_record(const Schedule& schedule, const std::vector<std::string>& answer,
                              const std::string& ended_at);

/// What each search of each block found, one element a search.
[[nodiscard]] Json capacities_record(
    const std::vector<std::vector<CapacityPhase::Found>>& blocks);

}  // namespace coresweep
