// Stored trials of cells, held against each other as the sweep itself does it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/block_ratio.hpp"
#include "harness/paired_figures.hpp"
#include "harness/stored_run.hpp"

namespace coresweep {

/// What a cell is compared by.
enum class ComparedFigure {
  kThroughput,
  kLatency,  ///< p99 from due, where requests come at a rate: their throughput is that rate
};

[[nodiscard]] ComparedFigure figure_of(const Factors& factors);

/// As trials.jsonl has it: "throughput_per_s" or "latency_from_due_p99_ns".
[[nodiscard]] const char* stored_name(ComparedFigure figure);

/// Nothing where it is not known, or is none (0), which has no ratio.
[[nodiscard]] std::optional<double> compared_figure(const StoredTrial& trial,
                                                    ComparedFigure figure);

/// A cell's trials in one run, those that count.
struct CellTrials {
  std::size_t trials = 0;
  std::size_t valid = 0;
  PairedFigures figures;  ///< of the valid ones
  VerdictCounts verdicts;

  void add(const StoredTrial& trial, ComparedFigure figure);
  /// Of its valid trials nothing may be said.
  [[nodiscard]] bool is_refused() const;
};

using TrialsOfCell = std::vector<const StoredTrial*>;

/// One cell's trials over another's, a block each in which both are valid and have that figure.
/// `over` has at least one trial.
[[nodiscard]] RatioOfBlocks ratio_of_trials(const StoredRun& run, const TrialsOfCell& over,
                                            const TrialsOfCell& under, ComparedFigure figure);

/// The trials of a role and cell that count.
[[nodiscard]] TrialsOfCell trials_of_cell(const StoredRun& run, const std::string& role,
                                          const std::string& cell);

/// `ratio` in words, as RatioOfBlocks::text, held against the run's arm beside itself.
[[nodiscard]] std::string text_beside_noise(const StoredRun& run, RatioOfBlocks ratio,
                                            ComparedFigure figure, const std::string& nothing);

}  // namespace coresweep
