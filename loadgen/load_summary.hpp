// A report as people read it. Scripts read the JSON.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "loadgen/load_report.hpp"

namespace coresweep {

/// Some lines: what was done, throughput, both latencies, failures, own CPU, and whether the client
/// may have been the limit.
[[nodiscard]] std::string summary_of(const LoadReport& report);

/// Latency against rate: a line for each of the reports, which differ in their rates.
[[nodiscard]] std::string rate_table(std::span<const LoadReport> reports);

/// summary_of() on stderr.
void print_summary(const LoadReport& report);

/// Three significant digits and a unit: "412 ns", "1.27 ms".
[[nodiscard]] std::string nanoseconds_text(double nanoseconds);

}  // namespace coresweep
