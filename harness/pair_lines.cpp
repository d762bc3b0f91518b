#include "harness/pair_lines.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "harness/block_ratio.hpp"
#include "harness/statistics.hpp"
#include "harness/wording.hpp"

namespace coresweep {
namespace {

constexpr std::size_t kFewestForFarthest = 3;

struct PairRatio {
  std::string pair;
  RatioOfBlocks ratio;

  [[nodiscard]] double middle() const { return ratio.independent().front(); }
};

std::vector<PairRatio> pair_ratios(const std::vector<Cell>& cells,
                                   const std::vector<Outcome>& outcomes, const Headline& headline) {
  const auto over = cell_at(cells, Role::kArm, headline.over(), headline);
  const auto under = cell_at(cells, Role::kArm, headline.under(), headline);
  std::map<std::string, std::vector<Outcome>> by_pair;
  std::map<std::string, std::set<int>> blocks;
  for (const Outcome& outcome : outcomes) {
    if (!outcome.pair.empty() && (outcome.cell == over || outcome.cell == under)) {
      by_pair[outcome.pair].push_back(outcome);
      blocks[outcome.pair].insert(outcome.block);
    }
  }
  std::vector<PairRatio> ratios;
  for (const auto& [pair, own] : by_pair) {
    if (over && under) {
      ratios.push_back({pair, ratio_of_cells(cells, own, *over, *under,
                                             static_cast<int>(blocks[pair].size()))});
    }
  }
  return ratios;
}

// "pair04 2.31x; the other 11 1.98x-2.10x", so that an odd one shows; of few each.
std::string spread_text(const std::vector<PairRatio>& told) {
  std::vector<double> middles;
  std::ranges::transform(told, std::back_inserter(middles), &PairRatio::middle);
  if (told.size() < kFewestForFarthest) {
    std::vector<std::string> each;
    for (const PairRatio& one : told) {
      each.push_back(fmt::format("{} {:.2f}x", one.pair, one.middle()));
    }
    return fmt::format("{}", fmt::join(each, "; "));
  }
  const double middle = median(middles);
  const auto distance = [middle](double value) { return std::abs(std::log(value / middle)); };
  const auto odd = std::ranges::max_element(middles, {}, distance);
  const PairRatio& farthest = told[static_cast<std::size_t>(odd - middles.begin())];
  middles.erase(odd);
  const auto [low, high] = std::ranges::minmax(middles);
  return fmt::format("{} {:.2f}x; the other {} {:.2f}x-{:.2f}x", farthest.pair, farthest.middle(),
                     middles.size(), low, high);
}

}  // namespace

std::vector<std::string> pair_lines(const Plan& plan, const std::vector<Cell>& cells,
                                    const std::vector<Outcome>& outcomes) {
  const auto ratios =
      plan.headline ? pair_ratios(cells, outcomes, *plan.headline) : std::vector<PairRatio>();
  if (ratios.size() == 1) {
    return {fmt::format("all blocks ran on {}: nothing is known of another pair",
                        ratios.front().pair)};
  }
  std::vector<PairRatio> told;
  std::vector<std::string> without;
  VerdictCounts verdicts;
  for (const PairRatio& one : ratios) {
    if (one.ratio.is_refused()) {
      without.push_back(one.pair);
      for (const auto& [name, count] : one.ratio.verdicts) {
        verdicts[name] += count;
      }
    } else {
      told.push_back(one);
    }
  }
  std::vector<std::string> lines;
  if (!told.empty()) {
    lines.push_back(fmt::format("by pair of hosts, each one's median: {}", spread_text(told)));
  }
  if (!without.empty()) {
    lines.push_back(fmt::format("no ratio on {}: verdicts: {}", named(without),
                                format_counts(verdicts)));
  }
  return lines;
}

}  // namespace coresweep
