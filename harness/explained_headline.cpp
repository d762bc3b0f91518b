#include "harness/explained_headline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>

#include "harness/explain.hpp"
#include "harness/failure.hpp"
#include "harness/stored_headline.hpp"
#include "harness/stored_lines.hpp"
#include "harness/stored_run.hpp"
#include "harness/wording.hpp"

namespace coresweep {
namespace {

constexpr std::int64_t kMostHeadlineThreads = 65'536;  // results/schema.json

// Of the arm that is that side, the one of the trials at so many threads.
Arm arm_of(const StoredRun& run, const Arm& side, int threads) {
  for (const StoredTrial& trial : run.trials) {
    if (trial.threads == threads && is_side(trial.arm, side)) {
      return trial.arm;
    }
  }
  throw WrongUsage(fmt::format("no trial of {} at {}", side.architecture,
                               counted(threads, "thread")));
}

std::string spoken_conditions(const StoredRun& run) {
  const Conditions& conditions = run.trials.front().conditions;
  const std::string name = conditions_name(conditions);
  const bool has_several = conditions_of(run.conditions).size() > 1;
  return name.empty() && has_several ? std::string("none") : name;
}

std::vector<std::string> explain_headline(const std::string& folder) {
  StoredRun run = read_stored_run(folder);
  if (const std::string p99 = capacity_p99_of(run); !p99.empty()) {
    return {"a search for capacity has no trials of two arms at one load, whose causes could be "
            "compared"};
  }
  const auto headline = stored_headline(run.record);
  if (!headline) {
    throw WrongUsage("the plan names no comparison that could be explained");
  }
  const Json* at = find_stored(run.record, "/headline/threads");
  if (at == nullptr || !is_whole_number(*at, 1, kMostHeadlineThreads)) {
    throw WrongUsage("the headline says no number of threads");
  }
  const int threads = at->get<int>();
  ExplainOptions options;
  options.arm = headline->over.architecture;
  options.against = headline->under.architecture;
  run = under_one_load(under_one_condition(std::move(run), options));
  const ComparedArms arms{arm_of(run, headline->over, threads),
                          arm_of(run, headline->under, threads), threads, spoken_conditions(run)};
  if (arms.arm == arms.against) {
    throw WrongUsage("the headline compares an arm with itself");
  }
  std::vector<std::string> lines = explain_lines(run, arms);
  for (std::string& line : explain_traces(run, arms)) {
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace

std::vector<std::string> explained_headline(const std::string& folder) {
  const auto nothing = [](const std::exception& error) {
    return std::vector<std::string>{fmt::format("nothing is explained: {}", error.what())};
  };
  try {
    return explain_headline(folder);
  } catch (const WrongUsage& error) {
    return nothing(error);
  } catch (const Failure& error) {
    return nothing(error);
  } catch (const Json::exception& error) {
    return nothing(error);
  }
}

}  // namespace coresweep
