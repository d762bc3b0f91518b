// The answer in words: the ratio that the plan asked for, its interval, and what it cannot say.
#pragma once

#include <string>
#include <vector>

#include "harness/block_ratio.hpp"
#include "harness/cpu_division.hpp"
#include "harness/outcome.hpp"
#include "harness/plan.hpp"

namespace coresweep {

/// What is over what, such as "reuseport_loops / shared_reactor"; with its http2, engine and
/// conditions where the plan has several.
[[nodiscard]] std::string comparison_text(const Plan& plan, const Headline& headline);

/// Which arm of the plan's headline no cell is of: "X is skipped"; empty when both run.
[[nodiscard]] std::string skipped_headline(const Plan& plan, const std::vector<Cell>& cells);

/// Where a closed loop has no twins.
inline constexpr const char* kNoTwins =
    "no twins: whether the server limits these cells, or the load generator, or what is in flight, "
    "is not known";

/// The lines of the answer: the headline or why there is none, beside it the ratio at one thread
/// and the same ratio under the plan's other loads, conditions, http2 and engines, what the
/// controls say, and what this machine cannot show. Never empty.
[[nodiscard]] std::vector<std::string> headline_lines(const Plan& plan,
                                                      const std::vector<Cell>& cells,
                                                      const std::vector<Outcome>& outcomes,
                                                      const CpuDivision& division);

/// What a sweep on this machine cannot answer, however it comes out; empty when there is nothing.
[[nodiscard]] std::string machine_limitation(const Plan& plan, const CpuDivision& division);

}  // namespace coresweep
