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

struct Arm {
  std::string architecture;
  std::string http2;
  int threads;
};

Arm over(const Headline& headline) {
  return {headline.architecture, headline.http2, headline.threads};
}

Arm under(const Headline& headline) {
  return {headline.against, headline.against_http2, headline.threads};
}

bool is_of(const Cell& cell, const Arm& arm) {
  return cell.role == Role::kArm && cell.architecture == arm.architecture &&
         cell.http2 == arm.http2 && cell.threads == arm.threads;
}

bool compares_architectures(const Headline& headline) {
  return headline.architecture != headline.against;
}

// The valid figure of each block.
std::map<int, double> valid_by_block(const std::vector<Cell>& cells,
                                     const std::vector<Outcome>& outcomes, const Arm& arm) {
  std::map<int, double> figures;
  for (const Outcome& outcome : outcomes) {
    if (is_of(cells[outcome.cell], arm) && outcome.is_valid()) {
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
    if (is_of(cell, over(headline)) || is_of(cell, under(headline))) {
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
  RatioOfBlocks ratio{comparison_text(plan, headline), block_ratios(cells, outcomes, headline),
                      verdicts_of_both(cells, outcomes, headline), headline.threads, plan.blocks};
  return ratio.text(fmt::format(
      "{}{}", nothing, plan.http2.size() > 1 ? fmt::format(" ({})", ratio.what) : std::string()));
}

}  // namespace

std::string format_counts(const VerdictCounts& counts) {
  std::vector<std::string> parts;
  for (const auto& [name, count] : counts) {
    parts.push_back(fmt::format("{} {}", name, count));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string RatioOfBlocks::text(const std::string& nothing) const {
  const std::string where = counted(threads, "thread");
  // A block spoilt from outside may be left out. One in which an arm failed, or outran the client,
  // may not: the median of the others would be of those in which it did worse, or better.
  const bool selects = std::any_of(verdicts.begin(), verdicts.end(),
                                   [](const auto& each) { return !is_external(each.first); });
  if (selects || static_cast<double>(ratios.size()) <= kLeastShareOfBlocks * blocks) {
    return fmt::format(
        "{}: {} of {} {} both arms valid at {}{}{}{}", nothing, ratios.size(),
        counted(blocks, "block"), blocks == 1 ? "has" : "have", where,
        verdicts.empty() ? "" : "; verdicts: ", format_counts(verdicts),
        selects && !ratios.empty() ? " (leaving these out would select the answer)" : "");
  }
  const MedianInterval ratio = median_interval(ratios);
  const bool all = ratios.size() == static_cast<std::size_t>(blocks);
  return fmt::format("{}: {} at {}, {}{}{}", what, interval_text(ratio), where,
                     all ? std::string() : fmt::format("{} of ", ratios.size()),
                     counted(blocks, "block"),
                     ratio.low <= 1 && ratio.high >= 1 ? ": no difference shown" : "");
}

std::string comparison_text(const Plan& plan, const Headline& headline) {
  if (!compares_architectures(headline)) {
    return fmt::format("{} with http2 {} / {} with http2 {}", headline.architecture, headline.http2,
                       headline.against, headline.against_http2);
  }
  return fmt::format("{} / {}{}{}", headline.architecture, headline.against,
                     plan.http2.size() > 1 ? " with http2 " : "",
                     plan.http2.size() > 1 ? headline.http2 : "");
}

std::vector<double> block_ratios(const std::vector<Cell>& cells,
                                 const std::vector<Outcome>& outcomes, const Headline& headline) {
  const auto numerators = valid_by_block(cells, outcomes, over(headline));
  const auto denominators = valid_by_block(cells, outcomes, under(headline));
  std::vector<double> ratios;
  for (const auto& [block, figure] : numerators) {
    if (const auto other = denominators.find(block); other != denominators.end()) {
      ratios.push_back(figure / other->second);
    }
  }
  return ratios;
}

std::string machine_limitation(const Plan& plan, const CpuDivision& division) {
  if (!shared_cpus(division.cores, division.server, division.load).empty()) {
    return "1 physical core: server and load share it on this machine, where no trial can be valid";
  }
  if (division.server.size() == 1) {
    return plan.headline && !compares_architectures(*plan.headline)
               ? "1 server CPU: this machine cannot show scaling"
               : "1 server CPU: at one thread nothing is shared and nothing contends, so this "
                 "ratio is of runtimes and noise, not of architectures; this machine cannot show "
                 "scaling";
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
    const Headline& headline = *plan.headline;
    lines.push_back(ratio_text(plan, cells, outcomes, headline, "no headline"));
    // At one thread nothing contends: what shows there is the runtime's own cost, and noise.
    if (headline.threads != 1 && plan.threads.front() == 1) {
      Headline alone = headline;
      alone.threads = 1;
      lines.push_back(ratio_text(plan, cells, outcomes, alone, "no ratio at one thread"));
    } else if (headline.threads != 1 && compares_architectures(headline)) {
      lines.emplace_back(
          "no ratio at one thread: the plan leaves it out, so that the runtime's own cost cannot "
          "be told from the architecture's");
    }
    // What one protocol hides shows only beside the other.
    for (const std::string& http2 : plan.http2) {
      if (compares_architectures(headline) && http2 != headline.http2) {
        const Headline other{headline.architecture, http2, headline.against, http2,
                             headline.threads};
        lines.push_back(ratio_text(plan, cells, outcomes, other, "no ratio"));
      }
    }
  }
  if (const std::string limitation = machine_limitation(plan, division); !limitation.empty()) {
    lines.push_back(limitation);
  }
  return lines;
}

}  // namespace coresweep
