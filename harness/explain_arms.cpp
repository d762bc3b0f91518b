// Which arms, and at which thread count: what the names on the command line mean in this run.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "harness/explain.hpp"
#include "harness/failure.hpp"

namespace coresweep {
namespace {

using Names = std::vector<std::string>;

void add(Names& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    names.push_back(name);
  }
}

bool contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// One value of a factor beside the architecture: what was asked for, where the arm has a choice;
// else the plan's first that it has. A peer has one value of its own, and nothing to choose.
std::string settled(const Names& there, const Names& planned,
                    const std::optional<std::string>& asked, const char* flag,
                    const std::string& arm) {
  if (asked && !contains(there, *asked) && there.front() != kPeer) {
    throw WrongUsage(fmt::format("{} is '{}': this run has {} with {}", flag, *asked, arm,
                                 fmt::join(there, ", ")));
  }
  if (asked && contains(there, *asked)) {
    return *asked;
  }
  for (const std::string& name : planned) {
    if (contains(there, name)) {
      return name;
    }
  }
  return there.front();
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
    throw WrongUsage(
        fmt::format("{} is '{}': {} has {}", place, name, run.folder, fmt::join(known, ", ")));
  }
  Arm arm{name, {}, settled(http2, run.http2, options.http2, "--http2", name)};
  Names engines;
  for (const StoredTrial& trial : run.trials) {
    if (trial.arm.architecture == name && trial.arm.http2 == arm.http2) {
      add(engines, trial.arm.engine);
    }
  }
  arm.engine = settled(engines, run.engines, options.engine, "--engine", name);
  return arm;
}

enum class Counting { kEvery, kValid };

// At which a block has both arms.
std::set<int> thread_counts(const StoredRun& run, const ComparedArms& arms, Counting what) {
  const auto blocks = [&run, what](const Arm& arm) {
    std::set<std::pair<int, int>> found;
    for (const StoredTrial& trial : run.trials) {
      if (trial.arm == arm && (what == Counting::kEvery || trial.is_valid())) {
        found.emplace(trial.threads, trial.block);
      }
    }
    return found;
  };
  const auto theirs = blocks(arms.against);
  std::set<int> counts;
  for (const auto& [threads, block] : blocks(arms.arm)) {
    if (theirs.contains({threads, block})) {
      counts.insert(threads);
    }
  }
  return counts;
}

}  // namespace

ComparedArms arms_to_compare(const StoredRun& run, const ExplainOptions& options) {
  ComparedArms arms{arm_named(run, options.arm, "A", options),
                    arm_named(run, options.against, "B", options), 0};
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
