// The answer in words: the ratio that the plan asked for, its interval, and what it cannot say.
#pragma once

#include <string>
#include <vector>

#include "harness/cpu_division.hpp"
#include "harness/outcome.hpp"
#include "harness/plan.hpp"

namespace coresweep {

/// `architecture` over `against` at one thread count, one ratio a block in which both arms are
/// valid; arms are compared only within a block.
[[nodiscard]] std::vector<double> block_ratios(const std::vector<Cell>& cells,
                                               const std::vector<Outcome>& outcomes,
                                               const Headline& headline);

/// The lines of the answer: the headline or why there is none, the ratio at one thread beside it,
/// and what this machine cannot show. Never empty.
[[nodiscard]] std::vector<std::string> headline_lines(const Plan& plan,
                                                      const std::vector<Cell>& cells,
                                                      const std::vector<Outcome>& outcomes,
                                                      const CpuDivision& division);

/// What a sweep on this machine cannot answer, however it comes out; empty when there is nothing.
[[nodiscard]] std::string machine_limitation(const CpuDivision& division);

}  // namespace coresweep
