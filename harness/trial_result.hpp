// A trial as it is stored: one line of trials.jsonl, in the shape of results/schema.json.
#pragma once

#include <vector>

#include "harness/plan.hpp"
#include "harness/trial_readings.hpp"
#include "harness/verdict.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

inline constexpr int kSchemaVersion = 1;

/// null stands wherever nothing was measured.
[[nodiscard]] Json trial_result(const PlannedTrial& planned, const Cell& cell,
                                const TrialReadings& readings,
                                const std::vector<Verdict>& verdicts);

}  // namespace coresweep
