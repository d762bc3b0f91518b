#include "harness/past_noise.hpp"

#include <algorithm>
#include <filesystem>
#include <map>

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

std::vector<double> ratios_of(const StoredRun& run, const Plan& plan) {
  std::map<std::pair<int, std::string>, double> arms;
  for (const StoredTrial& trial : run.trials) {
    if (const auto figure = past_figure(trial, plan)) {
      arms[{trial.block, trial.cell}] = *figure;
    }
  }
  std::vector<double> ratios;
  for (const StoredTrial& trial : run.others) {
    const auto arm = arms.find({trial.block, trial.cell});
    const auto figure = past_figure(trial, plan);
    if (trial.role == kSameRole && figure && !trial.is_superseded && arm != arms.end()) {
      ratios.push_back(*figure / arm->second);
    }
  }
  return ratios;
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
