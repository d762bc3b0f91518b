#include "harness/sensitivity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "harness/paired_figures.hpp"
#include "harness/wording.hpp"

namespace coresweep {
namespace {

using TwinTrials = std::map<TrialPlace, const Outcome*>;

// Those of the twin of that role which count.
TwinTrials trials_of(const std::vector<Cell>& cells, const std::vector<Outcome>& outcomes,
                     const std::string& arm, Role role) {
  TwinTrials trials;
  for (const Outcome& outcome : outcomes) {
    const Cell& cell = cells[outcome.cell];
    if (cell.role == role && cell.twin_of == arm && outcome.throughput_per_s.value_or(0) > 0 &&
        !outcome.has_verdict(kFailed) && !outcome.has_verdict(kNoisyHost)) {
      trials[outcome.place()] = &outcome;
    }
  }
  return trials;
}

// Of those that ran back to back.
std::optional<TwinRatio> ratio_to_base(const TwinTrials& twin, const TwinTrials& base) {
  PairedFigures ratios(PairedFigures::Of::kRatios);
  for (const auto& [place, trial] : twin) {
    if (const auto found = base.find(place); found != base.end()) {
      ratios.add(*trial->throughput_per_s / *found->second->throughput_per_s, trial->pair);
    }
  }
  if (ratios.empty()) {
    return std::nullopt;
  }
  return TwinRatio{ratios.size(), median_interval(ratios.independent())};
}

std::string ratio_words(const TwinRatio& ratio) {
  const MedianInterval& all = ratio.of_all;
  return fmt::format(
      "{:.2f}x ({:.2f}-{:.2f}, {}{})", all.median, all.low, all.high,
      counted(ratio.blocks, "block"),
      all.values < ratio.blocks ? fmt::format(" on {}", counted(all.values, "pair")) : "");
}

bool has_twin(const std::vector<Cell>& cells, const std::string& of, Role role) {
  return std::any_of(cells.begin(), cells.end(), [&of, role](const Cell& cell) {
    return cell.role == role && cell.twin_of == of;
  });
}

bool is_enough(const std::optional<TwinRatio>& ratio, int blocks) {
  return ratio && 2 * ratio->blocks > static_cast<std::size_t>(blocks);
}

}  // namespace

std::vector<Cell> twins_of(const Cell& arm, std::int64_t most_connections) {
  Cell base = arm;
  base.role = Role::kBase;
  base.twin_of = cell_name(arm);
  Cell client_work = base;
  client_work.role = Role::kClientWork;
  client_work.load.client_work_percent = kTwinClientWorkPercent;
  std::vector<Cell> twins{base, client_work};
  if (std::int64_t{2} * arm.connections <= most_connections) {
    // Not more streams: a connection's requests that come together cost the server less each.
    Cell in_flight = base;
    in_flight.role = Role::kInFlight;
    in_flight.connections *= 2;
    twins.push_back(in_flight);
  }
  return twins;
}

bool Sensitivity::is_told() const {
  return is_enough(client_work, blocks) && (!has_in_flight || is_enough(in_flight, blocks));
}

std::vector<Verdict> Sensitivity::verdicts(const Thresholds& thresholds) const {
  std::vector<Verdict> found;
  // A median beyond the threshold whose blocks do not agree on the direction is noise.
  const double slower = 1 - thresholds.client_bound_twin_loss;
  if (is_enough(client_work, blocks) && client_work->of_all.median < slower &&
      client_work->of_all.high < 1) {
    found.push_back({kClientBound,
                     fmt::format("with {} % more client CPU a request it reaches {}, below {:.2f}x",
                                 kTwinClientWorkPercent, ratio_words(*client_work), slower)});
  }
  const double faster = 1 + thresholds.unsaturated_twin_gain;
  if (is_enough(in_flight, blocks) && in_flight->of_all.median > faster &&
      in_flight->of_all.low > 1) {
    found.push_back(
        {kUnsaturated, fmt::format("with twice the connections it reaches {}, above {:.2f}x",
                                   ratio_words(*in_flight), faster)});
  }
  return found;
}

std::string Sensitivity::text() const {
  const auto words = [](const std::optional<TwinRatio>& ratio) {
    return ratio ? ratio_words(*ratio) : std::string("not measured");
  };
  return fmt::format("twins of {}: {} % more client CPU a request: {}; twice the connections: {}",
                     cell, kTwinClientWorkPercent, words(client_work),
                     has_in_flight ? words(in_flight) : "more than there can be here");
}

std::vector<Sensitivity> sensitivities(const std::vector<Cell>& cells,
                                       const std::vector<Outcome>& outcomes, int blocks) {
  const std::vector<Outcome> counting = last_attempts(outcomes);
  std::vector<Sensitivity> all;
  for (const Cell& cell : cells) {
    const bool is_known = std::any_of(all.begin(), all.end(), [&cell](const Sensitivity& known) {
      return known.cell == cell.twin_of;
    });
    if ((cell.role == Role::kClientWork || cell.role == Role::kInFlight) && !is_known) {
      const auto trials = [&](Role role) {
        return trials_of(cells, counting, cell.twin_of, role);
      };
      const TwinTrials base = trials(Role::kBase);
      all.push_back({cell.twin_of, ratio_to_base(trials(Role::kClientWork), base),
                     ratio_to_base(trials(Role::kInFlight), base), blocks,
                     has_twin(cells, cell.twin_of, Role::kInFlight)});
    }
  }
  return all;
}

}  // namespace coresweep
