#include "harness/past_noise.hpp"

#include <algorithm>
#include <filesystem>

#include "harness/failure.hpp"
#include "harness/fingerprint.hpp"
#include "harness/machine.hpp"
#include "harness/stored_lines.hpp"
#include "harness/stored_ratio.hpp"

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

bool is_same_machine(const Json& was, const Json& is) {
  const auto items = is.items();
  return was.is_object() && std::all_of(items.begin(), items.end(), [&was](const auto& part) {
    return are_alike("machine." + part.key(), was.value(part.key(), Json()), part.value());
  });
}

// Of the A/A arm over the arm that it repeats; none where their own sweep would have refused it.
std::vector<double> ratios_of(const StoredRun& run, const Plan& plan) {
  const auto same = std::find_if(run.others.begin(), run.others.end(), [](const auto& trial) {
    return trial.role == kSameRole && !trial.is_superseded;
  });
  if (same == run.others.end()) {
    return {};
  }
  const RatioOfBlocks ratio = ratio_of_trials(
      run, trials_of_cell(run, kSameRole, same->cell), trials_of_cell(run, kArmRole, same->cell),
      plan.load.is_open() ? ComparedFigure::kLatency : ComparedFigure::kThroughput);
  return ratio.is_refused() ? std::vector<double>() : ratio.ratios;
}

}  // namespace

std::optional<PastNoise> past_noise(const std::string& results, const Sweep& sweep) {
  const Json machine = machine_record(sweep);
  const Json load = to_json(sweep.plan.load);
  for (const std::string& folder : newest_first(results)) {
    try {
      const StoredRun run = read_run_figures(folder);
      // "auto" may have come to another load then.
      const Json* connections = find_stored(run.record, "/plan/connections");
      if (connections != nullptr && *connections == load.at("connections") &&
          run.record.value("plan_document", Json()) == sweep.plan_document &&
          run.record.contains("hosts") == (sweep.hosts != nullptr) &&
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
