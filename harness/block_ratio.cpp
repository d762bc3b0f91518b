#include "harness/block_ratio.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "harness/sequential_looks.hpp"
#include "harness/statistics.hpp"
#include "harness/verdict.hpp"
#include "harness/wording.hpp"

#include "harness/paired_figures.hpp"

namespace coresweep {
namespace {

// The figures of the valid ones; counts what makes the others of no use.
struct FigureOfPair {
  double figure;
  std::string pair;
};

std::map<TrialPlace, FigureOfPair> figures_by_place(const std::vector<ComparedTrial>& trials,
                                                    VerdictCounts& verdicts) {
  std::map<TrialPlace, FigureOfPair> figures;
  for (const ComparedTrial& trial : trials) {
    for (const std::string& verdict : trial.verdicts) {
      ++verdicts[verdict];
    }
    if (trial.is_valid && trial.figure) {
      figures[trial.place] = {*trial.figure, trial.pair};
    } else if (trial.is_valid) {
      // Too few above it: to leave such blocks out would select the answer too.
      ++verdicts[kP99NotKnown];
    }
  }
  return figures;
}

// Those of the cell that count.
std::vector<ComparedTrial> compared_trials(const std::vector<Cell>& cells,
                                           const std::vector<Outcome>& counting,
                                           std::size_t cell) {
  std::vector<ComparedTrial> trials;
  for (const Outcome& outcome : counting) {
    if (outcome.cell == cell) {
      const auto figure = compared_figure(outcome, cells[cell]);
      trials.push_back({outcome.pair, outcome.place(), outcome.verdicts, outcome.is_valid(),
                        figure.value_or(0) > 0 ? figure : std::nullopt});
    }
  }
  return trials;
}

}  // namespace

std::string interval_text(const MedianInterval& ratio, double wanted,
                          const char* of) {
  // Of one look among several the coverage is above what all of them together promise.
  const double promised = wanted > kUsualCoverage ? kCoverageWhenStopped : ratio.coverage;
  const std::string kind = ratio.is_interval()
                               ? fmt::format("{:.1f} % interval", 100 * promised)
                               : fmt::format("a range: fewer than {} {}",
                                             spelled(fewest_for_interval(wanted)), of);
  return fmt::format("{:.2f}x ({:.2f}-{:.2f}, {})", ratio.median, ratio.low, ratio.high, kind);
}

bool selects(const VerdictCounts& verdicts) {
  return std::any_of(verdicts.begin(), verdicts.end(),
                     [](const auto& each) { return !is_external(each.first); });
}

bool is_refused(const VerdictCounts& verdicts, std::size_t left, std::size_t of) {
  return selects(verdicts) || 2 * left <= of;
}

bool RatioOfBlocks::is_refused() const {
  return coresweep::is_refused(verdicts, ratios.size(), static_cast<std::size_t>(blocks));
}

std::string RatioOfBlocks::refusal() const {
  return fmt::format("{} of {} {} both arms valid at {}{}{}{}", ratios.size(),
                     counted(blocks, "block"), blocks == 1 ? "has" : "have",
                     counted(threads, "thread"), verdicts.empty() ? "" : "; verdicts: ",
                     format_counts(verdicts),
                     selects(verdicts) && !ratios.empty()
                         ? " (leaving these out would select the answer)"
                         : "");
}

std::vector<double> RatioOfBlocks::independent() const {
  PairedFigures figures(PairedFigures::Of::kRatios);
  for (std::size_t i = 0; i < ratios.size(); ++i) {
    figures.add(ratios[i], pairs.empty() ? "" : pairs[i]);
  }
  return figures.independent();
}

std::string RatioOfBlocks::text(const std::string& nothing) const {
  if (is_refused()) {
    return fmt::format("{}: {}", nothing, refusal());
  }
  const MedianInterval ratio = interval();
  const std::string where =
      pairs.empty() ? "" : fmt::format(" on {} of hosts", counted(ratio.values, "pair"));
  const bool all = ratios.size() == static_cast<std::size_t>(blocks);
  const std::string shown = shown_text(shown_by(ratio, noise), noise);
  return fmt::format("{}: {} at {}, {}{}{}{}{}", what,
                     interval_text(ratio, coverage, pairs.empty() ? "blocks" : "pairs"),
                     counted(threads, "thread"),
                     all ? std::string() : fmt::format("{} of ", ratios.size()),
                     counted(blocks, "block"), where, shown.empty() ? "" : ": ", shown);
}

std::optional<std::size_t> cell_at(const std::vector<Cell>& cells, Role role, const Arm& arm,
                                   const Headline& headline) {
  const auto found = std::find_if(cells.begin(), cells.end(), [&](const Cell& cell) {
    return cell.role == role && cell.arm() == arm && cell.threads == headline.threads &&
           cell.conditions == headline.conditions && cell.load_point() == headline.load;
  });
  return found == cells.end() ? std::nullopt
                              : std::optional(static_cast<std::size_t>(found - cells.begin()));
}

std::optional<double> compared_figure(const Outcome& outcome, const Cell& cell) {
  return cell.load.is_open() ? outcome.latency.p99_ns : outcome.throughput_per_s;
}

RatioOfBlocks ratio_of_compared(const std::vector<ComparedTrial>& over,
                                const std::vector<ComparedTrial>& under) {
  RatioOfBlocks ratio;
  const auto numerators = figures_by_place(over, ratio.verdicts);
  const auto denominators = figures_by_place(under, ratio.verdicts);
  for (const auto& [place, own] : numerators) {
    if (const auto beside = denominators.find(place); beside != denominators.end()) {
      ratio.ratios.push_back(own.figure / beside->second.figure);
      if (!own.pair.empty()) {
        ratio.pairs.push_back(own.pair);
      }
    }
  }
  return ratio;
}

RatioOfBlocks ratio_of_cells(const std::vector<Cell>& cells, const std::vector<Outcome>& outcomes,
                             std::size_t over, std::size_t under, int blocks) {
  const std::vector<Outcome> counting = last_attempts(outcomes);
  RatioOfBlocks ratio = ratio_of_compared(compared_trials(cells, counting, over),
                                          compared_trials(cells, counting, under));
  ratio.threads = cells[over].threads;
  ratio.blocks = blocks;
  return ratio;
}

std::vector<double> block_ratios(const std::vector<Cell>& cells,
                                 const std::vector<Outcome>& outcomes, const Headline& headline,
                                 int blocks) {
  const auto over = cell_at(cells, Role::kArm, headline.over(), headline);
  const auto under = cell_at(cells, Role::kArm, headline.under(), headline);
  if (!over || !under) {
    return {};
  }
  const RatioOfBlocks ratio = ratio_of_cells(cells, outcomes, *over, *under, blocks);
  return ratio.is_refused() ? std::vector<double>() : ratio.ratios;
}

}  // namespace coresweep
