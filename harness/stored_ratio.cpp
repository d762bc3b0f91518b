#include "harness/stored_ratio.hpp"

namespace coresweep {
namespace {

std::vector<ComparedTrial> as_compared(const TrialsOfCell& trials, ComparedFigure figure) {
  std::vector<ComparedTrial> compared;
  for (const StoredTrial* trial : trials) {
    compared.push_back({trial->pair, trial->place(), trial->verdicts, trial->is_valid(),
                        compared_figure(*trial, figure)});
  }
  return compared;
}

}  // namespace

ComparedFigure figure_of(const Factors& factors) {
  const Json& mode = factors.at("mode");
  return mode == "constant" || mode == "poisson" ? ComparedFigure::kLatency
                                                 : ComparedFigure::kThroughput;
}

const char* stored_name(ComparedFigure figure) {
  return figure == ComparedFigure::kLatency ? "latency_from_due_p99_ns" : "throughput_per_s";
}

// So long a latency nobody measures.
std::optional<double> compared_figure(const StoredTrial& trial, ComparedFigure figure) {
  constexpr double kLongestNs = 1e18;
  const auto& value = figure == ComparedFigure::kLatency ? trial.latency_from_due_p99_ns
                                                         : trial.throughput_per_s;
  return value && *value > 0 && *value <= kLongestNs ? value : std::nullopt;
}

void CellTrials::add(const StoredTrial& trial, ComparedFigure figure) {
  ++trials;
  valid += trial.is_valid() ? 1U : 0U;
  const auto value = compared_figure(trial, figure);
  if (trial.is_valid() && value) {
    figures.add(*value, trial.pair);
  }
  for (const std::string& verdict : trial.verdicts) {
    ++verdicts[verdict];
  }
}

bool CellTrials::is_refused() const { return coresweep::is_refused(verdicts, valid, trials); }

RatioOfBlocks ratio_of_trials(const StoredRun& run, const TrialsOfCell& over,
                              const TrialsOfCell& under, ComparedFigure figure) {
  RatioOfBlocks ratio = ratio_of_compared(as_compared(over, figure), as_compared(under, figure));
  ratio.threads = over.front()->threads;
  ratio.blocks = run.blocks;
  ratio.coverage = coverage_of(run);
  return ratio;
}

TrialsOfCell trials_of_cell(const StoredRun& run, const std::string& role,
                            const std::string& cell) {
  TrialsOfCell found;
  for (const StoredTrial& trial : role == kArmRole ? run.trials : run.others) {
    if (trial.role == role && trial.cell == cell && !trial.is_superseded) {
      found.push_back(&trial);
    }
  }
  return found;
}

std::string text_beside_noise(const StoredRun& run, RatioOfBlocks ratio, ComparedFigure figure,
                              const std::string& nothing) {
  bool has_twin = false;
  for (const auto& [key, cell] : run.cells) {
    // The arm's second trial in a block has the name of its first.
    if (key.first != kSameRole) {
      continue;
    }
    has_twin = true;
    const auto same = trials_of_cell(run, kSameRole, key.second);
    const auto arm = trials_of_cell(run, kArmRole, key.second);
    const RatioOfBlocks beside_itself = ratio_of_trials(run, same, arm, figure);
    if (!beside_itself.is_refused()) {
      ratio.noise = noise_floor(beside_itself.independent(), ratio.coverage);
    }
  }
  const std::string text = ratio.text(nothing);
  // What is smaller than the noise may pass for a difference where nobody knows the noise.
  return has_twin && !ratio.noise && !ratio.is_refused() ? text + "; held against no A/A" : text;
}

}  // namespace coresweep
