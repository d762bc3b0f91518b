#include "harness/capacity_lines.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/controls.hpp"
#include "harness/headline.hpp"
#include "harness/wording.hpp"

namespace coresweep {
namespace {

// Where this many blocks or fewer are left, what is found is of those that happened to be valid.
bool is_half_or_less(std::size_t values, std::size_t blocks) { return 2 * values <= blocks; }

std::string blocks_words(std::size_t values, std::size_t blocks) {
  return fmt::format("{}{}", values == blocks ? std::string() : fmt::format("{} of ", values),
                     counted(blocks, "block"));
}

std::string interval_words(const MedianInterval& found, const std::string& unit,
                           std::string (*text)(double), std::size_t blocks) {
  const std::string kind =
      found.is_interval() ? fmt::format("{:.1f} % interval", 100 * found.coverage)
                          : fmt::format("a range: fewer than {} blocks",
                                        spelled(fewest_for_interval(kUsualCoverage)));
  return fmt::format("{}{} ({}-{}, {}), {}", text(found.median), unit, text(found.low),
                     text(found.high), kind, blocks_words(found.values, blocks));
}

std::string two_decimals(double ratio) { return fmt::format("{:.2f}", ratio); }

// What the searches of one cell came to that is no confirmed rate, and what kept them from one.
std::string doubts(const std::vector<CapacityPhase::Found>& searches) {
  const auto count = [&searches](SearchEnd end) {
    return std::count_if(searches.begin(), searches.end(), [end](const auto& found) {
      return found.capacity.end == end;
    });
  };
  VerdictCounts verdicts;
  for (const CapacityPhase::Found& found : searches) {
    for (const auto& [name, trials] : found.said_nothing) {
      verdicts[name] += trials;
    }
  }
  std::string text;
  for (const auto& [end, words] :
       {std::pair(SearchEnd::kTooNoisy, "were spoilt by the host"),
        std::pair(SearchEnd::kUntold,
                  "ended where the load generator, its ports or its window was the limit"),
        std::pair(SearchEnd::kOutOfTrials, "ended before it was sure"),
        std::pair(SearchEnd::kNothingHeld, "held nothing")}) {
    if (const auto times = count(end); times > 0) {
      text += fmt::format("; {} of {} searches {}", times, searches.size(), words);
    }
  }
  std::erase_if(verdicts, [](const auto& each) { return each.second == 0; });
  return verdicts.empty()
             ? text
             : fmt::format("{}; trials that said nothing: {}", text, format_counts(verdicts));
}

std::vector<CapacityPhase::Found> searches_of(
    const std::vector<std::vector<CapacityPhase::Found>>& blocks, std::size_t search) {
  std::vector<CapacityPhase::Found> searches;
  for (const auto& block : blocks) {
    searches.push_back(block[search]);
  }
  return searches;
}

std::string cell_line(const std::string& name, const HeldOverBlocks& over,
                      const std::vector<CapacityPhase::Found>& searches,
                      std::chrono::nanoseconds p99) {
  const std::string within =
      fmt::format("with a p99 from due of at most {}", format_duration(p99));
  if (!over.held) {
    return fmt::format("{}: not known what it holds {}{}", name, within, doubts(searches));
  }
  const std::string held =
      over.is_bound ? fmt::format("at least {}/s, {}", with_thousands(over.held->median),
                                  blocks_words(over.held->values, searches.size()))
                    : interval_words(*over.held, "/s", with_thousands, searches.size());
  return fmt::format("{} holds {} {}{}", name, held, within, doubts(searches));
}

std::optional<std::size_t> index_of(const std::vector<CapacityPhase::Found>& searches,
                                    const Arm& arm, const Headline& headline) {
  for (std::size_t i = 0; i < searches.size(); ++i) {
    if (cell_at({searches[i].cell}, Role::kArm, arm, headline)) {
      return i;
    }
  }
  return std::nullopt;
}

std::string headline_line(const Plan& plan,
                          const std::vector<std::vector<CapacityPhase::Found>>& blocks) {
  const Headline& headline = *plan.headline;
  const auto over = index_of(blocks.front(), headline.over(), headline);
  const auto under = index_of(blocks.front(), headline.under(), headline);
  std::vector<double> ratios;
  std::size_t unheld = 0;
  std::size_t untold = 0;
  for (const auto& block : blocks) {
    if (!over || !under) {
      continue;
    }
    const FoundCapacity& one = block[*over].capacity;
    const FoundCapacity& other = block[*under].capacity;
    if (one.end == SearchEnd::kTooNoisy || other.end == SearchEnd::kTooNoisy) {
      continue;  // spoilt, whatever it would have said
    }
    if (!is_answer(one.end) || !is_answer(other.end)) {
      ++untold;
      continue;
    }
    if (one.held_per_s == 0 || other.held_per_s == 0) {
      ++unheld;
      continue;
    }
    ratios.push_back(static_cast<double>(one.held_per_s) / static_cast<double>(other.held_per_s));
  }
  const std::string what = comparison_text(plan, headline);
  if (untold + unheld > 0) {
    const std::string why =
        untold > 0
            ? "the load generator, its ports or its window was the limit of an arm of " + what
            : fmt::format("an arm of {} held no rate for sure", what);
    return fmt::format("no headline: in {} of {} {} (leaving these out would select the answer)",
                       untold > 0 ? untold : unheld, counted(blocks.size(), "block"), why);
  }
  if (is_half_or_less(ratios.size(), blocks.size())) {
    return fmt::format("no headline: {} of {} found what both arms of {} hold", ratios.size(),
                       counted(blocks.size(), "block"), what);
  }
  const MedianInterval ratio = median_interval(ratios);
  const std::string shown = shown_text(shown_by(ratio, std::nullopt), std::nullopt);
  return fmt::format("capacity, {}: {} at {}{}{}", what,
                     interval_words(ratio, "x", two_decimals, blocks.size()),
                     counted(headline.threads, "thread"), shown.empty() ? "" : ": ",
                     shown);
}

}  // namespace

HeldOverBlocks held_over_blocks(const std::vector<std::vector<CapacityPhase::Found>>& blocks,
                                std::size_t search) {
  std::vector<FoundCapacity> capacities;
  HeldOverBlocks over;
  for (const CapacityPhase::Found& one : searches_of(blocks, search)) {
    capacities.push_back(one.capacity);
    over.is_bound = over.is_bound || one.capacity.end == SearchEnd::kUntold;
  }
  const auto found = capacity_of_blocks(capacities);
  if (found && !is_half_or_less(found->values, blocks.size()) &&
      !(over.is_bound && found->median <= 0)) {
    over.held = found;
  }
  return over;
}

std::vector<std::string> capacity_lines(
    const Plan& plan, const std::vector<std::vector<CapacityPhase::Found>>& blocks) {
  std::vector<std::string> lines;
  if (blocks.empty() || blocks.front().empty()) {
    lines.emplace_back("nothing was searched for: no trial can be valid here");
    return lines;
  }
  for (std::size_t i = 0; i < blocks.front().size(); ++i) {
    Cell cell = blocks.front()[i].cell;
    cell.share_percent = 0;
    cell.load = {};
    lines.push_back(cell_line(cell_name(cell), held_over_blocks(blocks, i), searches_of(blocks, i),
                              *plan.capacity_p99));
  }
  if (plan.headline) {
    lines.push_back(headline_line(plan, blocks));
  }
  return lines;
}

}  // namespace coresweep
