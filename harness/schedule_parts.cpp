#include "harness/schedule_parts.hpp"

#include <algorithm>
#include <cmath>

#include "harness/block_ratio.hpp"
#include "harness/control_lines.hpp"
#include "harness/statistics.hpp"
#include "harness/verdict.hpp"

namespace coresweep {

std::vector<Group> grouped(const std::vector<Cell>& cells, Role role) {
  std::vector<Group> groups;
  std::vector<std::size_t> firsts;  // of each group
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].role != role || (cells[i].load.is_open() && cells[i].load.rate_per_s == 0)) {
      continue;
    }
    std::size_t group = 0;
    while (group < firsts.size() && cells[firsts[group]].threads != cells[i].threads) {
      ++group;
    }
    if (group == firsts.size()) {
      firsts.push_back(i);
      groups.emplace_back();
    }
    const auto same_place = [&](const Neighbours& neighbours) {
      return at_one_place(cells[neighbours.front()], cells[i]);
    };
    auto found = std::find_if(groups[group].begin(), groups[group].end(), same_place);
    if (found == groups[group].end()) {
      found = groups[group].emplace(groups[group].end());
    }
    found->push_back(i);
  }
  return groups;
}

std::size_t trials_of(const std::vector<Group>& groups) {
  std::size_t trials = 0;
  for (const Group& group : groups) {
    for (const Neighbours& neighbours : group) {
      trials += neighbours.size();
    }
  }
  return trials;
}

bool has_slower(const Plan& plan, const Cell& controlled) {
  return plan.controls && !controlled.arm().is_peer() && controlled.http2 != "null" &&
         !plan.load.is_open() && controlled.conditions.wait.count() == 0 &&
         !controlled.conditions.stall;
}

bool has_short_window(const Cell& cell) {
  return cell.role != Role::kArm && cell.role != Role::kSame && cell.role != Role::kSlower &&
         !(cell.role == Role::kCeiling && cell.load.is_open());
}

std::optional<std::size_t> controlled_cell(const Plan& plan, const std::vector<Cell>& cells) {
  if (!plan.headline) {
    return std::nullopt;
  }
  const Headline& headline = *plan.headline;
  const auto over = cell_at(cells, Role::kArm, headline.over(), headline);
  const auto under = cell_at(cells, Role::kArm, headline.under(), headline);
  return headline.under().is_peer() && over ? over : under;
}

std::optional<Cell> slowed(const std::vector<Cell>& cells, const std::vector<Outcome>& outcomes,
                           const Cell& controlled) {
  std::vector<double> costs_s;
  for (const Outcome& outcome : last_attempts(outcomes)) {
    const Cell& cell = cells[outcome.cell];
    if (cell.role == Role::kBase && cell.twin_of == cell_name(controlled) &&
        outcome.server_cpu_per_request_s && !outcome.has_verdict(kFailed)) {
      costs_s.push_back(*outcome.server_cpu_per_request_s);
    }
  }
  if (costs_s.empty()) {
    return std::nullopt;
  }
  const double added_ns = median(costs_s) * 1e9 * kSlowerPercent / 100;
  Cell slower = controlled;
  slower.role = Role::kSlower;
  slower.twin_of = cell_name(controlled);
  slower.conditions.cpu +=
      std::chrono::nanoseconds(std::max<std::int64_t>(1, std::llround(added_ns)));
  return slower;
}

std::vector<Verdict> limits_found(const Cell& cell, const std::vector<Sensitivity>& found,
                                  const Thresholds& thresholds) {
  const bool is_limited = cell.role == Role::kArm || cell.role == Role::kSame ||
                          cell.role == Role::kSlower;
  const std::string name = cell.role == Role::kArm ? cell_name(cell) : cell.twin_of;
  for (const Sensitivity& sensitivity : found) {
    if (is_limited && sensitivity.cell == name) {
      return sensitivity.verdicts(thresholds);
    }
  }
  return {};
}

std::string why_no_block_alone(const Plan& plan) {
  if (plan.capacity_p99) {
    return "capacity_p99 searches, and each rate follows from the trials before it";
  }
  if (plan.load.has_shares()) {
    return "its rates are shares of what has to be searched for first";
  }
  return plan.until_ci ? "until_ci looks at all blocks before the next" : "";
}

}  // namespace coresweep
