// The `report` event: what was asked of a run and what it counted, written as JSON and read back.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

#include "loadgen/load_figures.hpp"
#include "loadgen/load_options.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

struct LoadReport {
  /// The options that decide what the figures mean, flat, by the report's keys.
  Json asked;
  std::int64_t window_begin_epoch_ns = 0;  ///< CLOCK_REALTIME: other hosts have the same
  double window_s = 0;
  LoadFigures figures;
};

/// How many a window has, with the one that its end cuts short.
[[nodiscard]] std::size_t seconds_of(double window_s);

/// The part of a report that is known before the run.
[[nodiscard]] Json what_is_asked(const LoadOptions& options);

[[nodiscard]] Json to_json(const LoadReport& report);
/// Connections that could not be opened, by kind.
[[nodiscard]] Json failures_json(const ConnectionTally& tally);

class ReportError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The inverse, exactly. Throws ReportError, which names the key that is missing, wrong, or not
/// what the other figures make it.
[[nodiscard]] LoadReport read_report(const Json& json);

/// Percentiles and mean in nanoseconds; a percentile with fewer than ten values above it is null.
/// `unanswered` requests took longer than all in it, nobody knows how long: a percentile that is
/// one of theirs is null.
[[nodiscard]] Json percentiles_json(const Histogram& histogram, std::uint64_t unanswered = 0);
/// With the whole histogram, as HdrHistogram encodes it.
[[nodiscard]] Json latency_json(const Histogram& histogram, std::uint64_t unanswered = 0);

}  // namespace coresweep
