// A report as people read it. Scripts read the JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "loadgen/load_report.hpp"

namespace coresweep {

/// Some lines: what was done, throughput, both latencies, failures, own CPU, and whether the client
/// may have been the limit.
[[nodiscard]] std::string summary_of(const LoadReport& report);

/// Latency against rate: a line for each of the reports, which differ in their rates, and one for
/// the rate that could not begin, if one could not.
[[nodiscard]] std::string rate_table(std::span<const LoadReport> reports,
                                     std::optional<std::int64_t> not_begun);

/// summary_of() on stderr.
void print_summary(const LoadReport& report);

/// Three significant digits and a unit: "412 ns", "1.27 ms".
[[nodiscard]] std::string nanoseconds_text(double nanoseconds);

}  // namespace coresweep
