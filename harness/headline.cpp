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

// Where both arms of a ratio are.
struct Place {
  int threads = 1;
  Handler handler;
  LoadPoint load;
};

Place place_of(const Headline& headline) {
  return {headline.threads, headline.handler, headline.load};
}

bool is_of(const Cell& cell, const Arm& arm, const Place& place) {
  return cell.role == Role::kArm && cell.arm() == arm && cell.threads == place.threads &&
         cell.handler == place.handler && cell.load_point() == place.load;
}

bool compares_architectures(const Headline& headline) {
  return headline.architecture != headline.against;
}

// Whether any cell is of `arm` under the headline's handler and load, at whatever thread count.
bool runs(const std::vector<Cell>& cells, const Arm& arm, const Headline& headline) {
  return std::any_of(cells.begin(), cells.end(), [&](const Cell& cell) {
    return is_of(cell, arm, {cell.threads, headline.handler, headline.load});
  });
}

bool runs(const std::vector<Cell>& cells, const Headline& headline) {
  return runs(cells, headline.over(), headline) && runs(cells, headline.under(), headline);
}

// What tells `arm` from its plan's others but its name: " with http2 lean and engine epoll".
std::string qualifiers(const Plan& plan, const Arm& arm) {
  std::vector<std::string> parts;
  if (plan.http2.size() > 1 && !arm.is_peer()) {
    parts.push_back("http2 " + arm.http2);
  }
  if (plan.engines.size() > 1 && !arm.is_peer()) {
    parts.push_back("engine " + arm.engine);
  }
  return parts.empty() ? std::string() : fmt::format(" with {}", fmt::join(parts, " and "));
}

// ", handler_cpu 5us, connections 8": which of the plan's handlers and loads, where it has several.
std::string place_clause(const Plan& plan, const Headline& headline) {
  std::string clause;
  for (const std::string& text : {handler_text(plan.handlers, headline.handler),
                                  load_text(plan.load, headline.load)}) {
    clause += text.empty() ? text : ", " + text;
  }
  return clause;
}

// What is compared: at a given rate everyone answers as much, only not as soon.
std::optional<double> figure_of(const Outcome& outcome, const LoadPoint& load) {
  return load.shape.is_open() ? outcome.latency.p99_ns : outcome.throughput_per_s;
}

// The valid figure of each block.
std::map<int, double> valid_by_block(const std::vector<Cell>& cells,
                                     const std::vector<Outcome>& outcomes, const Arm& arm,
                                     const Place& place) {
  std::map<int, double> figures;
  for (const Outcome& outcome : last_attempts(outcomes)) {
    const auto figure = figure_of(outcome, place.load);
    if (is_of(cells[outcome.cell], arm, place) && outcome.is_valid() && figure.value_or(0) > 0) {
      figures[outcome.block] = *figure;
    }
  }
  return figures;
}

VerdictCounts verdicts_of_both(const std::vector<Cell>& cells, const std::vector<Outcome>& outcomes,
                               const Headline& headline) {
  VerdictCounts counts;
  for (const Outcome& outcome : last_attempts(outcomes)) {
    const Cell& cell = cells[outcome.cell];
    if (is_of(cell, headline.over(), place_of(headline)) ||
        is_of(cell, headline.under(), place_of(headline))) {
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
  const RatioOfBlocks ratio{
      (headline.load.shape.is_open() ? "p99 from due, " : "") + comparison_text(plan, headline),
      block_ratios(cells, outcomes, headline), verdicts_of_both(cells, outcomes, headline),
      headline.threads, plan.blocks};
  const bool has_others = plan.http2.size() > 1 || plan.engines.size() > 1 ||
                          handlers_of(plan.handlers).size() > 1 || loads_of(plan.load).size() > 1;
  return ratio.text(
      fmt::format("{}{}", nothing, has_others ? fmt::format(" ({})", ratio.what) : std::string()));
}

// What one protocol, engine or handler hides shows only beside the other.
std::vector<Headline> under_the_plans_others(const Plan& plan, const Headline& headline) {
  std::vector<Headline> others;
  for (const Handler& handler : handlers_of(plan.handlers)) {
    if (handler != headline.handler) {
      others.push_back(headline);
      others.back().handler = handler;
    }
  }
  for (const LoadPoint& load : loads_of(plan.load)) {
    if (load != headline.load) {
      others.push_back(headline);
      others.back().load = load;
    }
  }
  if (!compares_architectures(headline)) {
    return others;
  }
  const auto add = [&others, &headline](const std::vector<std::string>& names,
                                        std::string Headline::*over, std::string Headline::*under) {
    const std::string& own = headline.*over == kPeer ? headline.*under : headline.*over;
    for (const std::string& name : names) {
      Headline other = headline;
      for (const auto side : {over, under}) {
        if (headline.*side != kPeer) {
          other.*side = name;
        }
      }
      if (own != kPeer && own != name) {
        others.push_back(other);
      }
    }
  };
  add(plan.http2, &Headline::http2, &Headline::against_http2);
  add(plan.engines, &Headline::engine, &Headline::against_engine);
  return others;
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

std::string RatioOfBlocks::text(const std::string& nothing) const {
  const std::string where = counted(threads, "thread");
  if (is_refused()) {
    return fmt::format(
        "{}: {} of {} {} both arms valid at {}{}{}{}", nothing, ratios.size(),
        counted(blocks, "block"), blocks == 1 ? "has" : "have", where,
        verdicts.empty() ? "" : "; verdicts: ", format_counts(verdicts),
        selects() && !ratios.empty() ? " (leaving these out would select the answer)" : "");
  }
  const MedianInterval ratio = median_interval(ratios);
  const bool all = ratios.size() == static_cast<std::size_t>(blocks);
  return fmt::format("{}: {} at {}, {}{}{}", what, interval_text(ratio), where,
                     all ? std::string() : fmt::format("{} of ", ratios.size()),
                     counted(blocks, "block"),
                     ratio.low <= 1 && ratio.high >= 1 ? ": no difference shown" : "");
}

std::string comparison_text(const Plan& plan, const Headline& headline) {
  const std::string over = qualifiers(plan, headline.over());
  const std::string under = qualifiers(plan, headline.under());
  const std::string place = place_clause(plan, headline);
  return over == under && compares_architectures(headline)
             ? fmt::format("{} / {}{}{}", headline.architecture, headline.against, over, place)
             : fmt::format("{}{} / {}{}{}", headline.architecture, over, headline.against, under,
                           place);
}

std::vector<double> block_ratios(const std::vector<Cell>& cells,
                                 const std::vector<Outcome>& outcomes, const Headline& headline) {
  const auto numerators = valid_by_block(cells, outcomes, headline.over(), place_of(headline));
  const auto denominators = valid_by_block(cells, outcomes, headline.under(), place_of(headline));
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

std::string skipped_headline(const Plan& plan, const std::vector<Cell>& cells) {
  for (const Arm& arm : {plan.headline->over(), plan.headline->under()}) {
    if (!runs(cells, arm, *plan.headline)) {
      return fmt::format("{}{}{} is skipped", arm.architecture, qualifiers(plan, arm),
                         place_clause(plan, *plan.headline));
    }
  }
  return {};
}

std::vector<std::string> headline_lines(const Plan& plan, const std::vector<Cell>& cells,
                                        const std::vector<Outcome>& outcomes,
                                        const CpuDivision& division) {
  std::vector<std::string> lines;
  if (!plan.headline) {
    lines.emplace_back("no headline: the plan compares nothing");
  } else if (const std::string skipped = skipped_headline(plan, cells); !skipped.empty()) {
    lines.push_back("no headline: " + skipped);
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
    for (const Headline& other : under_the_plans_others(plan, headline)) {
      if (runs(cells, other)) {
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
