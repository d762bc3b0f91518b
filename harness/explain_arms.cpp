// Which arms, under which conditions, at which thread count: what the command line means here.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>

#include "harness/explain.hpp"
#include "harness/failure.hpp"
#include "harness/stored_headline.hpp"
#include "harness/stored_lines.hpp"
#include "support/contains.hpp"

namespace coresweep {
namespace {

using Names = std::vector<std::string>;

void add(Names& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    names.push_back(name);
  }
}

// One value of a factor beside the architecture: what was asked for, where the arm has a choice;
// else the first of `preferred` that it has. A peer has one value, and nothing to choose.
std::string settled(const Names& there, const Names& preferred,
                    const std::optional<std::string>& asked, const char* flag,
                    const std::string& arm) {
  if (asked && !contains(there, *asked) && there.front() != kPeer) {
    throw WrongUsage(fmt::format("{} is '{}': this run has {} with {}", flag, *asked, arm,
                                 fmt::join(there, ", ")));
  }
  if (asked && contains(there, *asked)) {
    return *asked;
  }
  for (const std::string& name : preferred) {
    if (contains(there, name)) {
      return name;
    }
  }
  return there.front();
}

// The headline's `part` (http2 or engine), then the plan's in its order. The headline's two arms
// may differ in it; two others are held against each other with the same.
Names preferred(const StoredRun& run, const std::string& name, const ExplainOptions& options,
                std::string Arm::*part, const Names& planned) {
  Names names;
  if (const auto headline = stored_headline(run.record)) {
    const std::string& over = headline->over.architecture;
    const std::string& under = headline->under.architecture;
    const bool is_the_headlines = (options.arm == over && options.against == under) ||
                                  (options.arm == under && options.against == over);
    names = {headline->over.*part, headline->under.*part};
    if (is_the_headlines && name == under) {
      std::swap(names.front(), names.back());
    }
  }
  names.insert(names.end(), planned.begin(), planned.end());
  return names;
}

// As the command line has it: what the names of its cells end with.
std::string spoken_name(const Conditions& conditions) {
  const std::string name = conditions_name(conditions);
  return name.empty() ? "none" : name;
}

Arm arm_named(const StoredRun& run, const std::string& name, const char* place,
                    const ExplainOptions& options) {
  Names known;
  Names http2;
  for (const StoredTrial& trial : run.trials) {
    add(known, trial.arm.architecture);
    if (trial.arm.architecture == name) {
      add(http2, trial.arm.http2);
    }
  }
  std::sort(known.begin(), known.end());
  if (http2.empty()) {
    const bool has_others = conditions_of(run.conditions).size() > 1;
    throw WrongUsage(fmt::format(
        "{} is '{}': {} has {}{}", place, name, run.folder, fmt::join(known, ", "),
        has_others ? " with conditions " + spoken_name(run.trials.front().conditions) : ""));
  }
  const Names preferred_http2 = preferred(run, name, options, &Arm::http2, run.http2);
  Arm arm{name, {}, settled(http2, preferred_http2, options.http2, "--http2", name)};
  Names engines;
  for (const StoredTrial& trial : run.trials) {
    if (trial.arm.architecture == name && trial.arm.http2 == arm.http2) {
      add(engines, trial.arm.engine);
    }
  }
  arm.engine = settled(engines, preferred(run, name, options, &Arm::engine, run.engines),
                       options.engine, "--engine", name);
  return arm;
}

bool has_trial(const StoredRun& run, const std::string& architecture,
               const Conditions& conditions) {
  return std::any_of(run.trials.begin(), run.trials.end(), [&](const StoredTrial& trial) {
    return trial.arm.architecture == architecture && trial.conditions == conditions;
  });
}

bool are_the_headlines(const StoredRun& run, const Conditions& conditions) {
  const Json* headline = find_stored(run.record, "/headline");
  const Json own = to_json(conditions);
  return headline != nullptr && headline->is_object() &&
         std::all_of(own.items().begin(), own.items().end(), [headline](const auto& each) {
           return !headline->contains(each.key()) || headline->at(each.key()) == each.value();
         });
}

Conditions settled_conditions(const StoredRun& run, const ExplainOptions& options) {
  auto planned = conditions_of(run.conditions);
  if (options.conditions) {
    Names names;
    for (const Conditions& conditions : planned) {
      names.push_back(spoken_name(conditions));
      if (names.back() == *options.conditions) {
        return conditions;
      }
    }
    throw WrongUsage(fmt::format("--conditions is '{}': this run has {}", *options.conditions,
                                 fmt::join(names, ", ")));
  }
  // What was asked is answered first.
  std::stable_partition(planned.begin(), planned.end(), [&run](const Conditions& conditions) {
    return are_the_headlines(run, conditions);
  });
  for (const Conditions& conditions : planned) {
    if (has_trial(run, options.arm, conditions) && has_trial(run, options.against, conditions)) {
      return conditions;
    }
  }
  return planned.front();
}

enum class Counting { kEvery, kValid };

// At which both arms have a trial of one place: what did not run back to back is no pair.
std::set<int> thread_counts(const StoredRun& run, const ComparedArms& arms, Counting what) {
  const auto places = [&run, what](const Arm& arm) {
    std::set<std::pair<int, TrialPlace>> found;
    for (const StoredTrial& trial : run.trials) {  // without those that a later attempt superseded
      if (trial.arm == arm && (what == Counting::kEvery || trial.is_valid())) {
        found.emplace(trial.threads, trial.place());
      }
    }
    return found;
  };
  const auto theirs = places(arms.against);
  std::set<int> counts;
  for (const auto& [threads, place] : places(arms.arm)) {
    if (theirs.contains({threads, place})) {
      counts.insert(threads);
    }
  }
  return counts;
}

// As a plan writes it: a rate that was a share stands there as that.
Json load_factor(const Json& factors, const std::string& key) {
  if (key != "rate") {
    return factors.value(key, Json());
  }
  return rate_of(factors.value("rate_per_s", Json()), factors.value("rate_share", Json()));
}

}  // namespace

StoredRun under_one_load(StoredRun run) {
  const Json* headline = find_stored(run.record, "/headline");
  const Json* plan = find_stored(run.record, "/plan");
  for (const std::string& key : kLoadKeys) {
    const Json several = plan == nullptr ? Json() : plan->value(key, Json());
    if (!several.is_array() || several.size() < 2) {
      continue;
    }
    const Json chosen = headline != nullptr && headline->is_object() && headline->contains(key)
                            ? headline->at(key)
                            : several.front();
    const auto is_another = [&chosen, &key](const StoredLine& line) {
      return load_factor(line.json.at("factors"), key) != chosen;
    };
    std::erase_if(run.trials, is_another);
    std::erase_if(run.traces, is_another);
    run.load_text += fmt::format("{}{} {}", run.load_text.empty() ? "" : ", ", key,
                                 chosen.is_string() ? chosen.get<std::string>() : chosen.dump());
  }
  if (run.trials.empty()) {
    throw WrongUsage(fmt::format("{}: holds no trial with {}", run.folder, run.load_text));
  }
  return run;
}

StoredRun under_one_condition(StoredRun run, const ExplainOptions& options) {
  const Conditions chosen = settled_conditions(run, options);
  const auto is_another = [&chosen](const StoredLine& line) { return line.conditions != chosen; };
  std::erase_if(run.trials, is_another);
  std::erase_if(run.traces, is_another);
  if (run.trials.empty()) {
    throw WrongUsage(
        fmt::format("{}: holds no trial with conditions {}", run.folder, spoken_name(chosen)));
  }
  return run;
}

ComparedArms arms_to_compare(const StoredRun& run, const ExplainOptions& options) {
  const Conditions& conditions = run.trials.front().conditions;
  const bool is_told = conditions_of(run.conditions).size() > 1 || conditions != Conditions();
  ComparedArms arms{arm_named(run, options.arm, "A", options),
                    arm_named(run, options.against, "B", options), 0,
                    is_told ? spoken_name(conditions) : std::string()};
  if (arms.arm == arms.against) {
    throw WrongUsage(
        fmt::format("A and B are both '{}': allowed are two different arms", options.arm));
  }
  const auto measured = thread_counts(run, arms, Counting::kEvery);
  if (measured.empty()) {
    throw WrongUsage(fmt::format("{}: no block has both {} and {} at one thread count", run.folder,
                                 options.arm, options.against));
  }
  if (options.threads && !measured.contains(*options.threads)) {
    throw WrongUsage(fmt::format("--threads is {}: this run has both arms at {}", *options.threads,
                                 fmt::join(measured, ", ")));
  }
  const auto valid = thread_counts(run, arms, Counting::kValid);
  arms.threads = options.threads.value_or(valid.empty() ? *measured.rbegin() : *valid.rbegin());
  return arms;
}

}  // namespace coresweep
