// Verdicts on what the load generator saw: whether its answers came steadily, at the rate that was
// asked for, over connections without trouble, and by its own doing.
#pragma once

#include <string>

#include "harness/plan.hpp"
#include "harness/thresholds.hpp"
#include "harness/trial_readings.hpp"

namespace coresweep {

// Each returns what was seen, with its figures; empty when there is nothing to object to.

/// A time without any answer while requests waited. A server that stands still because it was asked
/// to is not unsteady.
[[nodiscard]] std::string unsteady_detail(const Cell& cell, const Json& report,
                                          const Thresholds& thresholds);

/// Requests in flight as the slots counted them, against throughput times latency.
[[nodiscard]] std::string little_violation_detail(const LoadReport& load,
                                                  const Thresholds& thresholds);

/// Connections refused, dropped or short of ports, full backlogs, segments sent again; without a
/// report, why there is none.
[[nodiscard]] std::string port_trouble_detail(const Cell& cell, const TrialReadings& readings,
                                              const Thresholds& thresholds);

/// Of an open loop: it was another load than the one that was asked for.
[[nodiscard]] std::string missed_rate_detail(const Cell& cell, const Json& report,
                                             const Thresholds& thresholds);

/// Of an open loop: a part of the latencies is the client's.
[[nodiscard]] std::string client_late_detail(const Json& report, const Thresholds& thresholds);

/// Answers in the second half of the window by those in the first: a note, no verdict.
[[nodiscard]] std::string halves_note(const Json& report, const Thresholds& thresholds);

}  // namespace coresweep
