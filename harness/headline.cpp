#include "harness/headline.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "harness/control_lines.hpp"
#include "harness/sequential_looks.hpp"
#include "harness/wording.hpp"

namespace coresweep {
namespace {

// Of so many one or another may well look like a difference.
constexpr std::size_t kManyRatios = 3;

bool compares_architectures(const Headline& headline) {
  return headline.architecture != headline.against;
}

bool runs(const std::vector<Cell>& cells, const Arm& arm, const Headline& headline) {
  return cell_at(cells, Role::kArm, arm, headline).has_value();
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
  for (const std::string& text : {conditions_text(plan.conditions, headline.conditions),
                                  load_text(plan.load, headline.load)}) {
    clause += text.empty() ? text : ", " + text;
  }
  return clause;
}

// Of an open loop the ratio is none of throughputs.
std::string latency_prefix(const LoadShape& load) {
  return load.is_open() ? fmt::format("{}, ", kLatencyRatio) : std::string();
}

std::string ratio_text(const Plan& plan, const std::vector<Cell>& cells,
                       const std::vector<Outcome>& outcomes, const Headline& headline,
                       const char* nothing) {
  const auto over = cell_at(cells, Role::kArm, headline.over(), headline);
  const auto under = cell_at(cells, Role::kArm, headline.under(), headline);
  RatioOfBlocks ratio =
      over && under ? ratio_of_cells(cells, outcomes, *over, *under, plan.blocks) : RatioOfBlocks();
  ratio.what = latency_prefix(headline.load.shape) + comparison_text(plan, headline);
  ratio.threads = headline.threads;
  ratio.blocks = plan.blocks;
  ratio.coverage = plan.until_ci ? kLookCoverage : kUsualCoverage;
  // Measured beside the headline; nobody knows the machine to be quieter elsewhere.
  ratio.noise = noise_of(plan, cells, outcomes);
  const bool has_others = plan.http2.size() > 1 || plan.engines.size() > 1 ||
                          conditions_of(plan.conditions).size() > 1 ||
                          loads_of(plan.load).size() > 1;
  const std::string text = ratio.text(
      fmt::format("{}{}", nothing, has_others ? fmt::format(" ({})", ratio.what) : std::string()));
  // What is smaller than the noise may pass for a difference where nobody knows the noise.
  const auto is_same = [](const Cell& cell) { return cell.role == Role::kSame; };
  const bool lacks_noise = plan.headline == headline && !ratio.noise && !ratio.is_refused() &&
                           std::any_of(cells.begin(), cells.end(), is_same);
  return lacks_noise ? text + "; held against no A/A" : text;
}

// What one protocol, engine or set of conditions hides shows only beside the other.
std::vector<Headline> under_the_plans_others(const Plan& plan, const Headline& headline) {
  std::vector<Headline> others;
  for (const Conditions& conditions : conditions_of(plan.conditions)) {
    if (conditions != headline.conditions) {
      others.push_back(headline);
      others.back().conditions = conditions;
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

std::string comparison_text(const Plan& plan, const Headline& headline) {
  const std::string over = qualifiers(plan, headline.over());
  const std::string under = qualifiers(plan, headline.under());
  const std::string place = place_clause(plan, headline);
  return over == under && compares_architectures(headline)
             ? fmt::format("{} / {}{}{}", headline.architecture, headline.against, over, place)
             : fmt::format("{}{} / {}{}{}", headline.architecture, over, headline.against, under,
                           place);
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
      lines.push_back(runs(cells, alone)
                          ? ratio_text(plan, cells, outcomes, alone, "no ratio at one thread")
                          : fmt::format("no ratio at one thread: {} is skipped there",
                                        comparison_text(plan, alone)));
    } else if (headline.threads != 1 && compares_architectures(headline)) {
      lines.emplace_back(
          "no ratio at one thread: the plan leaves it out, so that the runtime's own cost cannot "
          "be told from the architecture's");
    }
    const std::size_t own = lines.size();
    for (const Headline& other : under_the_plans_others(plan, headline)) {
      if (runs(cells, other)) {
        lines.push_back(ratio_text(plan, cells, outcomes, other, "no ratio"));
      }
    }
    if (const std::size_t others = lines.size() - own; others >= kManyRatios) {
      lines.push_back(fmt::format("of these {} beside the headline, which was named before, one in "
                                  "twenty leaves 1 out by chance",
                                  others));
    }
    if (plan.twin_blocks == 0 && !plan.load.is_open()) {
      lines.emplace_back(kNoTwins);
    }
  }
  for (std::string& line : control_lines(plan, cells, outcomes)) {
    lines.push_back(std::move(line));
  }
  if (const std::string limitation = machine_limitation(plan, division); !limitation.empty()) {
    lines.push_back(limitation);
  }
  return lines;
}

}  // namespace coresweep
