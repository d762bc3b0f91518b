// Reports of clients that ran at the same time against one server, as the report that one client
// with all their threads would have written.
#pragma once

#include <chrono>
#include <optional>
#include <span>

#include "loadgen/load_report.hpp"

namespace coresweep {

/// How far apart two of their windows may begin; none: 10 ms, or a hundredth of the window if that
/// is more.
using MaxStartGap = std::optional<std::chrono::nanoseconds>;

/// Throws ReportError when they are no parts of one run: something other was asked of them, their
/// windows are apart, parts of a shared schedule are missing, or a client or its schedule is there
/// twice.
/// Requires at least one report.
[[nodiscard]] LoadReport merge_reports(std::span<const LoadReport> reports,
                                       MaxStartGap max_start_gap = std::nullopt);

/// `loadgen merge [--max-start-gap 1ms] A.json B.json ...`: each file holds a client's stdout, or
/// its report alone. Returns the program's exit code.
[[nodiscard]] int run_merge(int argc, const char* const* argv);

}  // namespace coresweep
