#include "harness/headline.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "harness/statistics.hpp"
#include "harness/verdict.hpp"
#include "harness/wording.hpp"

namespace coresweep {
namespace {

// Below this share of its blocks a ratio would be of the trials that happened to be valid.
constexpr double kLeastShareOfBlocks = 0.5;

bool is_arm(const Cell& cell, const std::string& architecture, int threads) {
  return cell.role == Role::kArm && cell.architecture == architecture && cell.threads == threads;
}

// The valid figure of each block.
std::map<int, double> valid_by_block(const std::vector<Cell>& cells,
                                     const std::vector<Outcome>& outcomes,
                                     const std::string& architecture, int threads) {
  std::map<int, double> figures;
  for (const Outcome& outcome : outcomes) {
    if (is_arm(cells[outcome.cell], architecture, threads) && outcome.is_valid()) {
      figures[outcome.block] = *outcome.throughput_per_s;
    }
  }
  return figures;
}

VerdictCounts verdicts_of_both(const std::vector<Cell>& cells, const std::vector<Outcome>& outcomes,
                               const Headline& headline) {
  VerdictCounts counts;
  for (const Outcome& outcome : outcomes) {
    const Cell& cell = cells[outcome.cell];
    if (is_arm(cell, headline.architecture, headline.threads) ||
        is_arm(cell, headline.against, headline.threads)) {
      for (const std::string& verdict : outcome.verdicts) {
        ++counts[verdict];
      }
    }
  }
  return counts;
}

std::string interval_text(const MedianInterval& ratio) {
  const std::string kind = ratio.coverage > 0
                               ? fmt::format("{:.1f} % interval", 100 * ratio.coverage)
                               : std::string("a range: fewer than six blocks");
  return fmt::format("{:.2f}x ({:.2f}-{:.2f}, {})", ratio.median, ratio.low, ratio.high, kind);
}

std::string ratio_text(const Plan& plan, const std::vector<Cell>& cells,
                       const std::vector<Outcome>& outcomes, const Headline& headline,
                       const char* nothing) {
  const auto ratios = block_ratios(cells, outcomes, headline);
  const std::string where = counted(headline.threads, "thread");
  const auto counts = verdicts_of_both(cells, outcomes, headline);
  // A block spoilt from outside may be left out. One in which an arm failed, or outran the client,
  // may not: the median of the others would be of those in which it did worse, or better.
  const bool selects = std::any_of(counts.begin(), counts.end(),
                                   [](const auto& each) { return !is_external(each.first); });
  if (selects || static_cast<double>(ratios.size()) <= kLeastShareOfBlocks * plan.blocks) {
    return fmt::format(
        "{}: {} of {} {} both arms valid at {}{}{}{}", nothing, ratios.size(),
        counted(plan.blocks, "block"), plan.blocks == 1 ? "has" : "have", where,
        counts.empty() ? "" : "; verdicts: ", format_counts(counts),
        selects && !ratios.empty() ? " (leaving these out would select the answer)" : "");
  }
  const MedianInterval ratio = median_interval(ratios);
  const bool all = ratios.size() == static_cast<std::size_t>(plan.blocks);
  return fmt::format("{} / {}: {} at {}, {}{}{}", headline.architecture, headline.against,
                     interval_text(ratio), where,
                     all ? std::string() : fmt::format("{} of ", ratios.size()),
                     counted(plan.blocks, "block"),
                     ratio.low <= 1 && ratio.high >= 1 ? ": no difference shown" : "");
}

}  // namespace

std::string format_counts(const VerdictCounts& counts) {
  std::vector<std::string> parts;
  for (const auto& [name, count] : counts) {
    parts.push_back(fmt::format("{} {}", name, count));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::vector<double> block_ratios(const std::vector<Cell>& cells,
                                 const std::vector<Outcome>& outcomes, const Headline& headline) {
  const auto over = valid_by_block(cells, outcomes, headline.architecture, headline.threads);
  const auto under = valid_by_block(cells, outcomes, headline.against, headline.threads);
  std::vector<double> ratios;
  for (const auto& [block, figure] : over) {
    if (const auto other = under.find(block); other != under.end()) {
      ratios.push_back(figure / other->second);
    }
  }
  return ratios;
}

std::string machine_limitation(const CpuDivision& division) {
  if (!shared_cpus(division.cores, division.server, division.load).empty()) {
    return "1 physical core: server and load share it on this machine, where no trial can be valid";
  }
  if (division.server.size() == 1) {
    return "1 server CPU: at one thread nothing is shared and nothing contends, so this ratio is "
           "of "
           "runtimes and noise, not of architectures; this machine cannot show scaling";
  }
  return {};
}

std::vector<std::string> headline_lines(const Plan& plan, const std::vector<Cell>& cells,
                                        const std::vector<Outcome>& outcomes,
                                        const CpuDivision& division) {
  std::vector<std::string> lines;
  if (!plan.headline) {
    lines.emplace_back("no headline: the plan compares nothing");
  } else {
    lines.push_back(ratio_text(plan, cells, outcomes, *plan.headline, "no headline"));
    // At one thread nothing contends: what shows there is the runtime's own cost, and noise.
    if (plan.headline->threads != 1 && plan.threads.front() == 1) {
      Headline alone = *plan.headline;
      alone.threads = 1;
      lines.push_back(ratio_text(plan, cells, outcomes, alone, "no ratio at one thread"));
    } else if (plan.headline->threads != 1) {
      lines.emplace_back(
          "no ratio at one thread: the plan leaves it out, so that the runtime's own cost cannot "
          "be told from the architecture's");
    }
  }
  if (const std::string limitation = machine_limitation(division); !limitation.empty()) {
    lines.push_back(limitation);
  }
  return lines;
}

}  // namespace coresweep
