#include "harness/block_ratio.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/sequential_looks.hpp"
#include "harness/statistics.hpp"
#include "harness/verdict.hpp"
#include "harness/wording.hpp"

namespace coresweep {
namespace {

// Below this share of its blocks a ratio would be of the trials that happened to be valid.
constexpr double kLeastShareOfBlocks = 0.5;

struct ValidFigure {
  double figure = 0;
  int attempt = 1;
  int session = 0;

  // Back to back: not with an attempt that was not run again for both, nor across a stop.
  [[nodiscard]] bool ran_beside(const ValidFigure& other) const {
    return attempt == other.attempt && session == other.session;
  }
};

// The valid figure of each block.
std::map<int, ValidFigure> valid_by_block(const std::vector<Cell>& cells,
                                     const std::vector<Outcome>& outcomes, std::size_t cell) {
  std::map<int, ValidFigure> figures;
  for (const Outcome& outcome : outcomes) {
    if (outcome.cell == cell && outcome.is_valid()) {
      if (const auto figure = compared_figure(outcome, cells[cell]); figure.value_or(0) > 0) {
        figures[outcome.block] = {*figure, outcome.attempt, outcome.session};
      }
    }
  }
  return figures;
}

std::string interval_text(const MedianInterval& ratio, double wanted) {
  // Of one look among several the coverage is above what all of them together promise.
  const double promised = wanted > kUsualCoverage ? kCoverageWhenStopped : ratio.coverage;
  const std::string kind = ratio.is_interval()
                               ? fmt::format("{:.1f} % interval", 100 * promised)
                               : fmt::format("a range: fewer than {} blocks",
                                             spelled(fewest_for_interval(wanted)));
  return fmt::format("{:.2f}x ({:.2f}-{:.2f}, {})", ratio.median, ratio.low, ratio.high, kind);
}

}  // namespace

bool RatioOfBlocks::selects() const {
  // A block spoilt from outside may be left out. One in which an arm failed, or outran the client,
  // may not: the median of the others would be of those in which it did worse, or better.
  return std::any_of(verdicts.begin(), verdicts.end(),
                     [](const auto& each) { return !is_external(each.first); });
}

bool RatioOfBlocks::is_refused() const {
  return selects() || static_cast<double>(ratios.size()) <= kLeastShareOfBlocks * blocks;
}

std::string RatioOfBlocks::refusal() const {
  return fmt::format("{} of {} {} both arms valid at {}{}{}{}", ratios.size(),
                     counted(blocks, "block"), blocks == 1 ? "has" : "have",
                     counted(threads, "thread"), verdicts.empty() ? "" : "; verdicts: ",
                     format_counts(verdicts),
                     selects() && !ratios.empty() ? " (leaving these out would select the answer)"
                                                  : "");
}

std::string RatioOfBlocks::text(const std::string& nothing) const {
  if (is_refused()) {
    return fmt::format("{}: {}", nothing, refusal());
  }
  const MedianInterval ratio = median_interval(ratios, coverage);
  const bool all = ratios.size() == static_cast<std::size_t>(blocks);
  const std::string shown = shown_text(shown_by(ratio, noise), noise);
  return fmt::format("{}: {} at {}, {}{}{}{}", what, interval_text(ratio, coverage),
                     counted(threads, "thread"),
                     all ? std::string() : fmt::format("{} of ", ratios.size()),
                     counted(blocks, "block"), shown.empty() ? "" : ": ", shown);
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

RatioOfBlocks ratio_of_cells(const std::vector<Cell>& cells, const std::vector<Outcome>& outcomes,
                             std::size_t over, std::size_t under, int blocks) {
  const std::vector<Outcome> counting = last_attempts(outcomes);
  RatioOfBlocks ratio;
  ratio.threads = cells[over].threads;
  ratio.blocks = blocks;
  const auto denominators = valid_by_block(cells, counting, under);
  for (const auto& [block, figure] : valid_by_block(cells, counting, over)) {
    if (const auto other = denominators.find(block);
        other != denominators.end() && figure.ran_beside(other->second)) {
      ratio.ratios.push_back(figure.figure / other->second.figure);
    }
  }
  for (const Outcome& outcome : counting) {
    if (outcome.cell == over || outcome.cell == under) {
      for (const std::string& verdict : outcome.verdicts) {
        ++ratio.verdicts[verdict];
      }
      // Too few above it: to leave such blocks out would select the answer too.
      if (outcome.is_valid() && compared_figure(outcome, cells[outcome.cell]).value_or(0) <= 0) {
        ++ratio.verdicts[kP99NotKnown];
      }
    }
  }
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
