// All threads' recorders as one report.
#pragma once

#include <memory>
#include <span>

#include "loadgen/load_options.hpp"
#include "loadgen/worker.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

/// The `report` event. Figures of the window are null when the run ended before the window did.
[[nodiscard]] Json load_report(const LoadOptions& options,
                               std::span<const std::unique_ptr<Worker>> workers);

/// What speaks against this run, as a line for people; empty when nothing does: every request was
/// answered, no connection was lost, and the sums are right: due = sent + unsent, sent = answered +
/// failed + in flight.
[[nodiscard]] std::string what_failed(std::span<const std::unique_ptr<Worker>> workers);

/// Percentiles and mean in nanoseconds; a percentile with fewer than ten values above it is null.
/// With the whole histogram, as HdrHistogram encodes it.
[[nodiscard]] Json latency_json(const Histogram& histogram);

}  // namespace coresweep
