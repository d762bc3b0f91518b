// A ratio of two cells, one value a block: arms are compared only within a block.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/controls.hpp"
#include "harness/outcome.hpp"
#include "harness/plan.hpp"

namespace coresweep {

/// Counted like a verdict where a valid trial has too few answers to know that figure.
inline constexpr const char* kP99NotKnown = "p99 not known";

/// One value a block in which both are valid.
struct RatioOfBlocks {
  std::string what;  ///< over what
  std::vector<double> ratios;
  VerdictCounts verdicts;  ///< of both cells' trials
  int threads = 0;
  int blocks = 0;  ///< as planned
  double coverage = kUsualCoverage;
  std::optional<NoiseFloor> noise = {};  ///< where the same arm beside itself was measured

  /// Verdicts that depend on what is to be answered leave blocks out.
  [[nodiscard]] bool selects() const;
  /// For that, or because too few blocks are left.
  [[nodiscard]] bool is_refused() const;
  /// Why; only when it is.
  [[nodiscard]] std::string refusal() const;

  /// Its median and interval; or `nothing` and why there is none, where the blocks that are left
  /// are too few, or were selected by what is to be answered.
  [[nodiscard]] std::string text(const std::string& nothing) const;
};

/// The cell of `role` of that arm, at the place of `headline`; nothing where there is none.
[[nodiscard]] std::optional<std::size_t> cell_at(const std::vector<Cell>& cells, Role role,
                                                 const Arm& arm, const Headline& headline);

/// What is compared of a trial: requests answered a second, or at a given rate, which every arm
/// answers, how soon: the 99th percentile from when they were due.
[[nodiscard]] std::optional<double> compared_figure(const Outcome& outcome, const Cell& cell);

/// Cell `over` over cell `under`, of as many `blocks`: of those whose last trials ran back to back.
/// Where the sweep was stopped between them they did not, until it has gone on.
[[nodiscard]] RatioOfBlocks ratio_of_cells(const std::vector<Cell>& cells,
                                           const std::vector<Outcome>& outcomes, std::size_t over,
                                           std::size_t under, int blocks);

/// Of the headline's two arms in as many `blocks`; empty when either does not run, or when the
/// ratio is refused.
[[nodiscard]] std::vector<double> block_ratios(const std::vector<Cell>& cells,
                                               const std::vector<Outcome>& outcomes,
                                               const Headline& headline, int blocks);

}  // namespace coresweep
