#include "harness/explain.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "harness/difference.hpp"
#include "harness/statistics.hpp"
#include "harness/stored_ratio.hpp"
#include "harness/verdict.hpp"
#include "harness/wording.hpp"

namespace coresweep {
namespace {

TrialsOfCell trials_of(const StoredRun& run, const Arm& arm, int threads) {
  TrialsOfCell found;
  for (const StoredTrial& trial : run.trials) {
    if (trial.arm == arm && trial.threads == threads) {
      found.push_back(&trial);
    }
  }
  return found;
}

std::vector<Pair> valid_pairs(const TrialsOfCell& arm, const TrialsOfCell& against) {
  std::map<TrialPlace, Pair> places;
  for (const StoredTrial* trial : arm) {
    if (trial->is_valid()) {
      places[trial->place()].arm = trial;
    }
  }
  for (const StoredTrial* trial : against) {
    if (trial->is_valid()) {
      places[trial->place()].against = trial;
    }
  }
  std::vector<Pair> pairs;
  for (const auto& [place, pair] : places) {
    if (pair.arm != nullptr && pair.against != nullptr) {
      pairs.push_back(pair);
    }
  }
  return pairs;
}

// "reuseport_loops / shared_reactor", with what else the two have in common or differ in.
std::string names_of_both(const ComparedArms& arms) {
  const auto& [arm, against, threads, conditions_of_both] = arms;
  const bool alike = arm.http2 == against.http2 && arm.engine == against.engine;
  const auto details = [&conditions = conditions_of_both](const Arm& one) {
    const std::string own = one.is_peer()
                                ? std::string("a peer")
                                : fmt::format("http2 {}, engine {}", one.http2, one.engine);
    return conditions.empty() ? own : fmt::format("{}, conditions {}", own, conditions);
  };
  return alike ? fmt::format("{} / {} ({})", arm.architecture, against.architecture, details(arm))
               : fmt::format("{} ({}) / {} ({})", arm.architecture, details(arm),
                             against.architecture, details(against));
}

// Both arms are under one load, and so compared by one figure.
const Factors& factors_of(const StoredRun& run, const ComparedArms& arms, int threads) {
  return run.cells.at({kArmRole, trials_of(run, arms.arm, threads).front()->cell}).factors;
}

RatioOfBlocks ratio_of_arms(const StoredRun& run, const ComparedArms& arms, int threads,
                            ComparedFigure figure) {
  RatioOfBlocks ratio = ratio_of_trials(run, trials_of(run, arms.arm, threads),
                                        trials_of(run, arms.against, threads), figure);
  ratio.what = names_of_both(arms);
  return ratio;
}

std::string ratio_line(const StoredRun& run, const ComparedArms& arms, int threads,
                       ComparedFigure figure) {
  return fmt::format("{}{}{}: {}", run.load_text, run.load_text.empty() ? "" : ": ",
                     figure == ComparedFigure::kLatency ? kLatencyRatio : "throughput",
                     text_beside_noise(run, ratio_of_arms(run, arms, threads, figure),
                                       figure, names_of_both(arms) + ": no ratio"));
}

// What was seen, once for each verdict.
std::vector<std::string> reasons(const TrialsOfCell& arm, const TrialsOfCell& against) {
  std::map<std::string, std::string> details;
  for (const TrialsOfCell& trials : {arm, against}) {
    for (const StoredTrial* trial : trials) {
      for (const std::string& verdict : trial->verdicts) {
        const Json::json_pointer path("/verdict_details/" + verdict);
        if (trial->json.contains(path) && trial->json.at(path).is_string()) {
          details.emplace(verdict,
                          fmt::format("{} in block {}: {}", trial->arm.architecture, trial->block,
                                      trial->json.at(path).get<std::string>()));
        }
      }
    }
  }
  std::vector<std::string> lines;
  for (const auto& [verdict, detail] : details) {
    lines.push_back(fmt::format("{}: {}", verdict, detail));
  }
  return lines;
}

// Balance is no cost: beside it stands what chance alone would give.
std::string chance_line(const ComparedArms& arms, const std::vector<Pair>& pairs) {
  const int connections = pairs.front().arm->connections;
  const Band band = jain_of_random_hash(connections, arms.threads);
  return fmt::format(
      "for Jain's index: {} dealt by chance over {}, asking equally, give {:.3f} to {:.3f} in 90 "
      "of 100 cases",
      counted(connections, "connection"), counted(arms.threads, "thread"), band.low, band.high);
}

void add_missing(const ComparedArms& arms, const std::vector<Difference>& differences,
                      std::vector<std::string>& lines) {
  std::vector<std::string> not_comparable;
  std::vector<std::string> neither;
  std::vector<std::string> not_arm;
  std::vector<std::string> not_against;
  for (const Difference& difference : differences) {
    if (!difference.is_measured()) {
      auto& names = difference.arm_has ? not_against : difference.against_has ? not_arm : neither;
      names.emplace_back(difference.quantity->name);
    } else if (!difference.is_comparable) {
      not_comparable.emplace_back(difference.quantity->name);
    }
  }
  if (!not_comparable.empty()) {
    lines.push_back(fmt::format("not comparable: {} (of {} they are {}, of {} {})",
                                fmt::join(not_comparable, ", "), arms.arm.engine,
                                waiting_calls(arms.arm), arms.against.engine,
                                waiting_calls(arms.against)));
  }
  const auto add = [&lines](const std::vector<std::string>& names, const std::string& of) {
    if (!names.empty()) {
      lines.push_back(fmt::format("not measured{}: {} (no figure in these trials)", of,
                                  fmt::join(names, ", ")));
    }
  };
  add(neither, "");
  add(not_arm, " of " + arms.arm.architecture);
  add(not_against, " of " + arms.against.architecture);
}

// Of too few blocks for an interval the lines below it are no findings, however far apart.
std::string heading(const ComparedArms& arms, std::size_t blocks,
                    const std::vector<std::string>& told) {
  const std::string medians =
      fmt::format("{} against {}, medians of the {} in which both are valid",
                  arms.arm.architecture, arms.against.architecture, counted(blocks, "block"));
  if (blocks >= kFewestForInterval) {
    return medians + (told.empty() ? "" : "; the larger differences first:");
  }
  return fmt::format("{}: {}, so no difference is shown and no cause found{}", medians,
                     blocks == 1 ? "no spread is known of one"
                                 : "a ratio of fewer than six has a mere range",
                     told.empty() ? "" : "; in no order of size:");
}

void add_quantities(const ComparedArms& arms, const std::vector<Pair>& pairs,
                    std::vector<std::string>& lines) {
  std::vector<Difference> differences;
  for (const Quantity& quantity : quantities()) {
    if (arms.threads >= quantity.least_threads) {
      differences.push_back(difference_of(quantity, arms, pairs));
    }
  }
  for (const Quantity& trouble : troubles()) {
    Difference difference = difference_of(trouble, arms, pairs);
    const auto is_zero = [](double value) { return value == 0; };
    if (!difference.is_measured() ||
        !std::all_of(difference.arm.begin(), difference.arm.end(), is_zero) ||
        !std::all_of(difference.against.begin(), difference.against.end(), is_zero)) {
      differences.push_back(std::move(difference));
    }
  }
  const bool are_too_few = pairs.size() < kFewestForInterval;
  if (!are_too_few) {
    std::stable_sort(
        differences.begin(), differences.end(),
        [](const Difference& one, const Difference& other) { return one.size() > other.size(); });
  }
  std::vector<std::string> alike;
  std::vector<std::string> slight;
  std::vector<std::string> told;
  std::vector<std::string> without_interval;
  for (const Difference& difference : differences) {
    if (!difference.is_measured() || !difference.is_comparable) {
      continue;
    }
    if (are_too_few) {
      told.push_back(difference_line(arms, difference));
    } else if (!difference.ratio.is_interval()) {
      without_interval.push_back(alike_text(difference));
    } else if (!difference.is_shown()) {
      alike.push_back(alike_text(difference));
    } else if (difference.is_slight()) {
      slight.push_back(alike_text(difference));
    } else {
      told.push_back(difference_line(arms, difference));
    }
  }
  lines.push_back(heading(arms, pairs.size(), told));
  lines.insert(lines.end(), told.begin(), told.end());
  if (!slight.empty()) {
    lines.push_back(fmt::format("apart by less than 1 %: {}", fmt::join(slight, "; ")));
  }
  if (!alike.empty()) {
    lines.push_back(fmt::format("no difference shown: {}", fmt::join(alike, "; ")));
  }
  if (!without_interval.empty()) {
    lines.push_back(fmt::format("counted in fewer than six blocks, so no difference shown: {}",
                                fmt::join(without_interval, "; ")));
  }
  if (arms.threads > 1) {
    lines.push_back(chance_line(arms, pairs));
  }
  add_missing(arms, differences, lines);
}

}  // namespace

std::vector<std::string> explain_lines(const StoredRun& run, const ComparedArms& arms) {
  const ComparedFigure figure = figure_of(factors_of(run, arms, arms.threads));
  std::vector<std::string> lines{ratio_line(run, arms, arms.threads, figure)};
  // At a given rate both answer as much as they are asked, or they are no result.
  if (figure != ComparedFigure::kThroughput) {
    lines.push_back(ratio_line(run, arms, arms.threads, ComparedFigure::kThroughput));
  }
  const auto at = [&run](const Arm& arm, int threads) {
    return trials_of(run, arm, threads);
  };
  if (arms.threads == 1) {
    lines.emplace_back(
        "At 1 thread nothing contends between server threads (unless an arm starts more than it "
        "is asked for): what differs is each arm's own cost, not what its threads share.");
  } else if (!at(arms.arm, 1).empty() && !at(arms.against, 1).empty()) {
    lines.push_back(ratio_line(run, arms, 1, figure));
  }
  const auto pairs = valid_pairs(at(arms.arm, arms.threads), at(arms.against, arms.threads));
  if (pairs.empty()) {
    lines.emplace_back("nothing to compare: no block has both arms valid. What was seen:");
    for (const auto& line : reasons(at(arms.arm, arms.threads), at(arms.against, arms.threads))) {
      lines.push_back("  " + line);
    }
    return lines;
  }
  if (ratio_of_arms(run, arms, arms.threads, figure).is_refused()) {
    lines.push_back(fmt::format(
        "no ratio, so take none of these medians for the arms' own: they are of the {} in which "
        "both happened to be valid",
        counted(pairs.size(), "block")));
  }
  add_quantities(arms, pairs, lines);
  return lines;
}

}  // namespace coresweep
