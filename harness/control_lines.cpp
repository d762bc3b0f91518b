#include "harness/control_lines.hpp"

#include <algorithm>

#include "harness/block_ratio.hpp"
#include "harness/sequential_looks.hpp"

namespace coresweep {
namespace {

// The control of that role over the arm that it repeats; nothing where the sweep has none.
std::optional<RatioOfBlocks> control_ratio(const std::vector<Cell>& cells,
                                           const std::vector<Outcome>& outcomes, Role role,
                                           int blocks) {
  const auto find = [&cells](const auto& is_it) {
    return static_cast<std::size_t>(std::find_if(cells.begin(), cells.end(), is_it) -
                                    cells.begin());
  };
  const std::size_t control = find([role](const Cell& cell) { return cell.role == role; });
  if (control == cells.size()) {
    return std::nullopt;
  }
  const std::size_t arm = find([&](const Cell& cell) {
    return cell.role == Role::kArm && cell_name(cell) == cells[control].twin_of;
  });
  return arm == cells.size() ? std::nullopt
                             : std::optional(ratio_of_cells(cells, outcomes, control, arm, blocks));
}

double coverage_of(const Plan& plan) { return plan.until_ci ? kLookCoverage : kUsualCoverage; }

}  // namespace

std::optional<NoiseFloor> noise_of(const Plan& plan, const std::vector<Cell>& cells,
                                   const std::vector<Outcome>& outcomes) {
  const auto same = control_ratio(cells, outcomes, Role::kSame, plan.blocks);
  return same && !same->is_refused() ? noise_floor(same->independent(), coverage_of(plan))
                                     : std::nullopt;
}

std::vector<std::string> control_lines(const Plan& plan, const std::vector<Cell>& cells,
                                       const std::vector<Outcome>& outcomes) {
  std::vector<std::string> lines;
  const auto noise = noise_of(plan, cells, outcomes);
  if (const auto same = control_ratio(cells, outcomes, Role::kSame, plan.blocks)) {
    lines.push_back(noise ? noise_text(*noise) : "no A/A: " + same->refusal());
    if (noise && same->pairs.empty()) {  // what a next fleet's pairs are, nobody knows
      lines.push_back(
          smallest_text(smallest_difference(same->ratios, plan.blocks, coverage_of(plan)),
                        plan.blocks));
    }
  }
  if (const auto slower = control_ratio(cells, outcomes, Role::kSlower, plan.blocks)) {
    lines.push_back(slower->is_refused()
                        ? "no positive control: " + slower->refusal()
                        : control_text(*positive_control(slower->independent(),
                                                         kSlowerPercent / 100.0, noise,
                                                         coverage_of(plan))));
  }
  return lines;
}

}  // namespace coresweep
