#include "harness/past_noise.hpp"

#include <algorithm>
#include <filesystem>
#include <map>

#include "harness/block_ratio.hpp"
#include "harness/failure.hpp"
#include "harness/fingerprint.hpp"
#include "harness/machine.hpp"
#include "harness/stored_run.hpp"

namespace coresweep {
namespace {

constexpr std::size_t kMostRunsRead = 50;

std::vector<std::string> newest_first(const std::string& results) {
  std::vector<std::string> folders;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(results, error)) {
    if (entry.is_directory(error)) {
      folders.push_back(entry.path());
    }
  }
  // A run's folder is named for when it began.
  std::sort(folders.rbegin(), folders.rend());
  folders.resize(std::min(folders.size(), kMostRunsRead));
  return folders;
}

// As the headline compares: at a given rate, how soon.
std::optional<double> past_figure(const StoredTrial& trial, const Plan& plan) {
  const auto figure =
      plan.load.is_open() ? trial.latency_from_due_p99_ns : trial.throughput_per_s;
  return trial.is_valid() && figure.value_or(0) > 0 ? figure : std::nullopt;
}

bool is_same_machine(const Json& was, const Json& is) {
  const auto items = is.items();
  return was.is_object() && std::all_of(items.begin(), items.end(), [&was](const auto& part) {
    return are_alike("machine." + part.key(), was.value(part.key(), Json()), part.value());
  });
}

void count_verdicts(const StoredTrial& trial, const Plan& plan, VerdictCounts& verdicts) {
  for (const std::string& verdict : trial.verdicts) {
    ++verdicts[verdict];
  }
  verdicts[kP99NotKnown] += trial.is_valid() && !past_figure(trial, plan) ? 1 : 0;
}

// Of the A/A arm over the arm that it repeats; none where their own sweep would have refused it.
std::vector<double> ratios_of(const StoredRun& run, const Plan& plan) {
  std::map<int, const StoredTrial*> same;  // by block
  for (const StoredTrial& trial : run.others) {
    if (trial.role == kSameRole && !trial.is_superseded) {
      same[trial.block] = &trial;
    }
  }
  RatioOfBlocks ratio;
  ratio.blocks = run.blocks;
  for (const auto& [block, trial] : same) {
    count_verdicts(*trial, plan, ratio.verdicts);
  }
  for (const StoredTrial& arm : run.trials) {
    if (same.empty() || arm.cell != same.begin()->second->cell) {
      continue;
    }
    count_verdicts(arm, plan, ratio.verdicts);
    const auto beside = same.find(arm.block);
    if (beside == same.end() || !beside->second->ran_beside(arm)) {
      continue;  // stopped between them
    }
    const auto over = past_figure(*beside->second, plan);
    const auto under = past_figure(arm, plan);
    if (over && under) {
      ratio.ratios.push_back(*over / *under);
    }
  }
  std::erase_if(ratio.verdicts, [](const auto& each) { return each.second == 0; });
  return ratio.is_refused() ? std::vector<double>() : ratio.ratios;
}

}  // namespace

std::optional<PastNoise> past_noise(const std::string& results, const Sweep& sweep) {
  const Json machine = machine_record(sweep.machine, sweep.allowed);
  for (const std::string& folder : newest_first(results)) {
    try {
      const StoredRun run = read_run_figures(folder);
      if (run.record.value("plan_document", Json()) == sweep.plan_document &&
          is_same_machine(run.record.value("machine", Json()), machine)) {
        if (auto ratios = ratios_of(run, sweep.plan); !ratios.empty()) {
          return PastNoise{folder, std::move(ratios)};
        }
      }
    } catch (const WrongUsage&) {
      continue;
    }
  }
  return std::nullopt;
}

}  // namespace coresweep
