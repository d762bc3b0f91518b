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

/// Whether some depend on what is to be answered. A block spoilt from outside may be left out. One
/// in which an arm failed, or outran the client, may not: the median of the others would be of
/// those in which it did worse, or better.
[[nodiscard]] bool selects(const VerdictCounts& verdicts);

/// Whether nothing may be said of the `left` of so many trials or blocks: for that, or because they
/// are half of them or fewer, those that happened to be valid.
[[nodiscard]] bool is_refused(const VerdictCounts& verdicts, std::size_t left, std::size_t of);

/// Such as "1.94x (1.90-1.98, 96.9 % interval)"; with too few values a range, which says of how
/// many `of` (such as "blocks") an interval would be.
[[nodiscard]] std::string interval_text(const MedianInterval& ratio, double wanted,
                                        const char* of);

/// One value a block in which both are valid.
struct RatioOfBlocks {
  std::string what;  ///< over what
  std::vector<double> ratios;
  std::vector<std::string> pairs;  ///< of hosts, beside them; empty: it is no fleet's
  VerdictCounts verdicts;  ///< of both cells' trials
  int threads = 0;
  int blocks = 0;  ///< as planned
  double coverage = kUsualCoverage;
  std::optional<NoiseFloor> noise = {};  ///< where the same arm beside itself was measured

  /// As many values as there is independent evidence. Blocks of one pair of hosts share its
  /// machines, so a pair counts once, with the median of its blocks.
  [[nodiscard]] std::vector<double> independent() const;
  [[nodiscard]] MedianInterval interval() const { return median_interval(independent(), coverage); }

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

/// A trial that counts, as a ratio takes it.
struct ComparedTrial {
  std::string pair;  ///< of hosts, of a fleet
  TrialPlace place;
  std::vector<std::string> verdicts;
  bool is_valid = false;
  std::optional<double> figure;  ///< above 0, where it is known
};

/// Of two cells' trials: of those that ran back to back, both valid and with a figure. Its
/// `what`, `threads` and `blocks` are left to the caller.
[[nodiscard]] RatioOfBlocks ratio_of_compared(const std::vector<ComparedTrial>& over,
                                              const std::vector<ComparedTrial>& under);

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
