// A trial as it is stored: one line of trials.jsonl, in the shape of results/schema.json.
#pragma once

#include <vector>

#include "harness/plan.hpp"
#include "harness/schedule.hpp"
#include "harness/trial_readings.hpp"
#include "harness/verdict.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

/// Of every file of a run.
inline constexpr int kSchemaVersion = 2;

/// What tells `cell` from the others, as a trial has it.
[[nodiscard]] Json factors_record(const Cell& cell);

/// null stands wherever nothing was measured. `thresholds` are those of the verdicts, `session` is
/// how often the sweep had been taken up again.
[[nodiscard]] Json trial_result(const PlannedTrial& planned, const Cell& cell,
                                const TrialReadings& readings, const std::vector<Verdict>& verdicts,
                                const Thresholds& thresholds, int session = 0);

}  // namespace coresweep
