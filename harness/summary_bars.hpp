// The bar chart in text that a sweep ends with: who scales, for those without a browser.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/capacity_phase.hpp"
#include "harness/outcome.hpp"
#include "harness/plan.hpp"
#include "harness/text_space.hpp"

namespace coresweep {

/// An arm at one thread count.
struct SummaryBar {
  Arm arm;
  std::string name;  ///< of the arm, as far as the plan's others need it
  int threads = 1;
  double value = 0;   ///< not negative
  std::string label;  ///< what stands at its end
  bool is_drawn = true;  ///< false of what is no result: its label says so, beside no bar
};

struct SummaryBars {
  std::string heading;           ///< of what, in which unit, under which load
  std::vector<SummaryBar> bars;  ///< by thread count, then in the order of the arms
};

/// Medians of the valid trials, of the headline's load and conditions (without one, the plan's
/// first): requests a second, or at a given rate, which every arm answers, the 99th percentile from
/// due. No bar where a ratio would be refused for what these trials are: its median would be
/// selected.
[[nodiscard]] SummaryBars bars_of_trials(const Plan& plan, const std::vector<Cell>& cells,
                                         const std::vector<Outcome>& outcomes);

/// What each arm holds by the searches of all blocks, likewise. The plan has capacity_p99.
[[nodiscard]] SummaryBars bars_of_capacities(
    const Plan& plan, const std::vector<std::vector<CapacityPhase::Found>>& blocks);

/// A heading and a line a bar, all on one scale that begins at zero; no line is as long as `space`
/// is wide. Of more than 30 bars those of the headline's arms, where it has any, and of still more
/// not every thread count; the last line then says so. Empty without bars.
[[nodiscard]] std::vector<std::string> bar_lines(const SummaryBars& chart,
                                                 const std::optional<Headline>& headline,
                                                 const TextSpace& space);

}  // namespace coresweep
