#include "harness/summary.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/paired_figures.hpp"
#include "harness/statistics.hpp"
#include "harness/wording.hpp"

namespace coresweep {
namespace {

// One figure of a cell's trials.
struct Column {
  PairedFigures valid;
  PairedFigures hollow;
};

struct Row {
  Column throughput;
  Column p50_ns;
  Column p99_ns;
  int trials = 0;
  int valid_trials = 0;
  VerdictCounts verdicts;
};

void add(Column& column, const std::optional<double>& figure, const Outcome& outcome) {
  if (figure) {
    (outcome.is_valid() ? column.valid : column.hollow).add(*figure, outcome.pair);
  }
}

Row row_of(std::size_t cell, const std::vector<Outcome>& outcomes) {
  Row row;
  for (const Outcome& outcome : outcomes) {
    if (outcome.cell != cell) {
      continue;
    }
    ++row.trials;
    row.valid_trials += outcome.is_valid() ? 1 : 0;
    add(row.throughput, outcome.throughput_per_s, outcome);
    add(row.p50_ns, outcome.latency.p50_ns, outcome);
    add(row.p99_ns, outcome.latency.p99_ns, outcome);
    for (const std::string& verdict : outcome.verdicts) {
      ++row.verdicts[verdict];
    }
  }
  return row;
}

// A column's hollow figures are not looked at once a trial of the row is valid, even where that one
// has no such figure.
std::string median_text(const Row& row, const Column& column,
                        std::string (*text)(double figure)) {
  if (row.valid_trials > 0) {
    return (column.valid.empty() ? "-" : text(column.valid.median())) + ' ';
  }
  return column.hollow.empty() ? "- " : fmt::format("({})", text(column.hollow.median()));
}

// Twins are told apart, as ratios, and of the search for a capacity only what it found.
bool has_row(const Cell& cell) {
  return cell.role == Role::kArm || cell.role == Role::kCeiling || cell.role == Role::kSame ||
         cell.role == Role::kSlower;
}

}  // namespace

std::string row_name(const Cell& cell) {
  switch (cell.role) {
    case Role::kCeiling:  // at a rate it is what the latency cannot fall below
      return cell_name(cell) + (cell.load.is_open() ? " (floor)" : " (ceiling)");
    case Role::kSame:
      return cell_name(cell) + " (again)";
    case Role::kSlower:
      return cell_name(cell) + " (slowed)";
    default:
      return cell_name(cell);
  }
}

std::vector<std::string> summary_table(const std::vector<Cell>& cells,
                                       const std::vector<Outcome>& outcomes) {
  const std::vector<Outcome> counting = last_attempts(outcomes);
  std::vector<std::string> names;
  std::size_t width = 4;
  for (const Cell& cell : cells) {
    names.push_back(row_name(cell));
    width = has_row(cell) ? std::max(width, names.back().size()) : width;
  }
  // In a closed loop no request is due before it is sent.
  const bool is_open = !cells.empty() && cells.front().load.is_open();
  const std::string since = is_open ? "due " : "sent ";
  std::vector<std::string> lines{
      fmt::format("{:<{}}  {:>20}  {:>10}  {:>10}  {:>12}  {}", "cell", width,
                  "median requests/s ", "p50 " + since, "p99 " + since, "valid trials",
                  "verdicts")};
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (!has_row(cells[i])) {
      continue;
    }
    const Row row = row_of(i, counting);
    lines.push_back(fmt::format("{:<{}}  {:>20}  {:>10}  {:>10}  {:>12}  {}", names[i], width,
                                median_text(row, row.throughput, with_thousands),
                                median_text(row, row.p50_ns, spoken_latency),
                                median_text(row, row.p99_ns, spoken_latency),
                                fmt::format("{} of {}", row.valid_trials, row.trials),
                                row.verdicts.empty() ? "-" : format_counts(row.verdicts)));
  }
  return lines;
}

}  // namespace coresweep
