// The answer in words: the ratio that the plan asked for, its interval, and what it cannot say.
#pragma once

#include <string>
#include <vector>

#include "harness/cpu_division.hpp"
#include "harness/outcome.hpp"
#include "harness/plan.hpp"

namespace coresweep {

/// A ratio of two arms' throughput, one value a block in which both are valid.
struct RatioOfBlocks {
  std::string what;  ///< over what
  std::vector<double> ratios;
  VerdictCounts verdicts;  ///< of both arms' trials
  int threads = 0;
  int blocks = 0;  ///< as planned

  /// Verdicts that depend on what is to be answered leave blocks out.
  [[nodiscard]] bool selects() const;
  /// For that, or because too few blocks are left.
  [[nodiscard]] bool is_refused() const;

  /// Its median and interval; or `nothing` and why there is none, where the blocks that are left
  /// are too few, or were selected by what is to be answered.
  [[nodiscard]] std::string text(const std::string& nothing) const;
};

/// What is over what, such as "reuseport_loops / shared_reactor"; with its http2, engine and
/// handler where the plan has several.
[[nodiscard]] std::string comparison_text(const Plan& plan, const Headline& headline);

/// One arm of `headline` over the other, one ratio a block in which both arms are valid; arms are
/// compared only within a block.
[[nodiscard]] std::vector<double> block_ratios(const std::vector<Cell>& cells,
                                               const std::vector<Outcome>& outcomes,
                                               const Headline& headline);

/// Which arm of the plan's headline no cell is of: "X is skipped"; empty when both run.
[[nodiscard]] std::string skipped_headline(const Plan& plan, const std::vector<Cell>& cells);

/// The lines of the answer: the headline or why there is none, beside it the ratio at one thread
/// and the same ratio under the plan's other handlers, http2 and engines, and what this machine
/// cannot show. Never empty.
[[nodiscard]] std::vector<std::string> headline_lines(const Plan& plan,
                                                      const std::vector<Cell>& cells,
                                                      const std::vector<Outcome>& outcomes,
                                                      const CpuDivision& division);

/// What a sweep on this machine cannot answer, however it comes out; empty when there is nothing.
[[nodiscard]] std::string machine_limitation(const Plan& plan, const CpuDivision& division);

}  // namespace coresweep
