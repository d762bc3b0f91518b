// Two runs, cell by cell: by which factor they differ, as far as its trials can tell.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/fingerprint.hpp"
#include "harness/stored_ratio.hpp"
#include "harness/stored_run.hpp"
#include "harness/two_sample.hpp"

namespace coresweep {

/// A cell that both runs have, by role and name.
struct CellComparison {
  std::string role;
  std::string cell;
  ComparedFigure figure = ComparedFigure::kThroughput;
  CellTrials a;
  CellTrials b;
  std::optional<RatioInterval> ratio;  ///< of B over A
  std::string why_none;                ///< why there is no ratio; empty where there is one
};

struct RunComparison {
  std::string folder_a;
  std::string folder_b;
  std::vector<FieldDifference> differences;
  std::vector<CellComparison> cells;  ///< by threads, then by name
  std::vector<std::string> only_a;    ///< cells that the other run does not have
  std::vector<std::string> only_b;
  std::vector<std::string> unended = {};  ///< "B did not end: ...", of a run that says so
  bool are_known = false;                 ///< both have recorded machine and programs

  /// Fields that differ and make machine and code one cause.
  [[nodiscard]] std::vector<FieldDifference> confounding() const;
};

/// Throws WrongUsage where one has no trial or is a search for capacity, they have no cell in
/// common, or only one ran over hosts.
[[nodiscard]] RunComparison compare_runs(const StoredRun& a, const StoredRun& b);

/// Its name, with its role unless that is the arms'.
[[nodiscard]] std::string spoken_cell(const std::string& role, const std::string& cell);

/// "machine.kernel: 6.1 against 6.18": what is to be said of each of `differences`.
[[nodiscard]] std::string difference_text(const FieldDifference& difference);

/// The answer for people, a line an element.
[[nodiscard]] std::vector<std::string> comparison_lines(const RunComparison& comparison);

[[nodiscard]] Json to_json(const RunComparison& comparison);

}  // namespace coresweep
