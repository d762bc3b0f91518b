#include "harness/summary.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/statistics.hpp"
#include "harness/wording.hpp"

namespace coresweep {
namespace {

struct Row {
  std::vector<double> valid;
  std::vector<double> hollow;
  int trials = 0;
  VerdictCounts verdicts;
};

Row row_of(std::size_t cell, const std::vector<Outcome>& outcomes) {
  Row row;
  for (const Outcome& outcome : outcomes) {
    if (outcome.cell != cell) {
      continue;
    }
    ++row.trials;
    if (outcome.throughput_per_s) {
      (outcome.is_valid() ? row.valid : row.hollow).push_back(*outcome.throughput_per_s);
    }
    for (const std::string& verdict : outcome.verdicts) {
      ++row.verdicts[verdict];
    }
  }
  return row;
}

std::string median_text(const Row& row) {
  if (!row.valid.empty()) {
    return with_thousands(median(row.valid)) + ' ';
  }
  return row.hollow.empty() ? "- " : fmt::format("({})", with_thousands(median(row.hollow)));
}

}  // namespace

std::vector<std::string> summary_table(const std::vector<Cell>& cells,
                                       const std::vector<Outcome>& outcomes) {
  std::vector<std::string> names;
  std::size_t width = 4;
  for (const Cell& cell : cells) {
    names.push_back(cell_name(cell) + (cell.role == Role::kCeiling ? " (ceiling)" : ""));
    width = std::max(width, names.back().size());
  }
  std::vector<std::string> lines{fmt::format("{:<{}}  {:>20}  {:>12}  {}", "cell", width,
                                             "median requests/s ", "valid trials", "verdicts")};
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const Row row = row_of(i, outcomes);
    lines.push_back(fmt::format("{:<{}}  {:>20}  {:>12}  {}", names[i], width, median_text(row),
                                fmt::format("{} of {}", row.valid.size(), row.trials),
                                row.verdicts.empty() ? "-" : format_counts(row.verdicts)));
  }
  return lines;
}

}  // namespace coresweep
