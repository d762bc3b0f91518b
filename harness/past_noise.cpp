#include "harness/past_noise.hpp"

#include <algorithm>
#include <filesystem>
#include <map>

#include "harness/failure.hpp"
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

std::vector<double> ratios_of(const StoredRun& run) {
  std::map<std::pair<int, std::string>, double> arms;
  for (const StoredTrial& trial : run.trials) {
    if (trial.is_valid()) {
      arms[{trial.block, trial.cell}] = *trial.throughput_per_s;
    }
  }
  std::vector<double> ratios;
  for (const StoredTrial& trial : run.others) {
    const auto arm = arms.find({trial.block, trial.cell});
    if (trial.role == "aa" && trial.is_valid() && !trial.is_superseded && arm != arms.end()) {
      ratios.push_back(*trial.throughput_per_s / arm->second);
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
          run.record.value("machine", Json()) == machine) {
        if (auto ratios = ratios_of(run); !ratios.empty()) {
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
