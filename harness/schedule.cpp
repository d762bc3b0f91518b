#include "harness/schedule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "harness/block_ratio.hpp"
#include "harness/control_lines.hpp"
#include "harness/failure.hpp"
#include "support/contains.hpp"

namespace coresweep {
namespace {

constexpr std::size_t kTypicalSearch = 9;  // trials, of which none is discarded

// The cells of `role` by thread count, and in each those that run back to back.
std::vector<Group> grouped(const std::vector<Cell>& cells, Role role) {
  std::vector<Group> groups;
  std::vector<std::size_t> firsts;  // of each group
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].role != role) {
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
         !plan.load.is_open();
}

}  // namespace

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

Schedule::Schedule(const Plan& plan, std::vector<Cell> cells, std::uint64_t seed,
                   ScheduleContext context)
    : plan_(plan),
      cells_(std::move(cells)),
      planned_cells_(cells_.size()),
      context_(std::move(context)),
      seed_(seed) {
  plan_twins();
}

bool Schedule::has_own_ceilings() const { return plan_.twin_blocks > 0; }

std::vector<Cell> Schedule::planned() const {
  return {cells_.begin(), cells_.begin() + static_cast<std::ptrdiff_t>(planned_cells_)};
}

void Schedule::plan_twins() {
  std::vector<Group> groups;
  if (plan_.twin_blocks > 0) {
    for (Group& count : grouped(cells_, Role::kArm)) {
      Group twins;
      for (const Neighbours& neighbours : count) {
        for (const std::size_t arm : neighbours) {
          if (context_.may_be_valid(cells_[arm])) {
            twins.emplace_back();
            for (Cell& twin : twins_of(Cell(cells_[arm]), context_.most_connections(cells_[arm]))) {
              twins.back().push_back(cells_.size());
              cells_.push_back(std::move(twin));
            }
          }
        }
      }
      if (!twins.empty()) {
        groups.push_back(std::move(twins));
      }
    }
    for (Group& ceiling : grouped(cells_, Role::kCeiling)) {
      groups.push_back(std::move(ceiling));
    }
  } else if (const auto arm = controlled_cell(plan_, cells_);
             arm && has_slower(plan_, cells_[*arm]) && context_.may_be_valid(cells_[*arm])) {
    // What a request costs its server, of which the control adds a share.
    Cell base = cells_[*arm];
    base.role = Role::kBase;
    base.twin_of = cell_name(cells_[*arm]);
    groups.push_back({{cells_.size()}});
    cells_.push_back(std::move(base));
  }
  blocks_ = groups.empty() ? 0 : std::max(1, plan_.twin_blocks);
  block_trials_ = trials_of(groups);
  // Of its own: how many twins there are changes no order of the plan's blocks.
  order_.emplace(std::move(groups), seed_ ^ 0x7477'696e);
}

void Schedule::begin_capacity() {
  phase_ = Phase::kCapacity;
  if (plan_.load.has_shares()) {
    capacity_.emplace(planned());
  }
}

void Schedule::begin_blocks() {
  if (capacity_) {
    for (std::size_t i = 0; i < planned_cells_; ++i) {
      Cell& cell = cells_[i];
      const auto lowest = capacity_->lowest_at(cell);
      if (!lowest) {
        throw Failure(fmt::format("{}: no arm of it holds any rate, of which shares could be taken",
                                  cell_name(cell)));
      }
      cell.load.rate_per_s = std::max<std::int64_t>(1, *lowest * cell.share_percent / 100);
    }
  }
  if (capacity_) {
    for (std::string& line : capacity_->texts()) {
      remarks_.push_back(std::move(line));
    }
  }
  phase_ = Phase::kBlocks;
  auto groups = grouped(cells_, Role::kArm);
  if (plan_.controls) {
    add_controls(groups);
  }
  if (!has_own_ceilings()) {
    for (Group& ceiling : grouped(cells_, Role::kCeiling)) {
      groups.push_back(std::move(ceiling));
    }
  }
  blocks_ = plan_.blocks;
  block_ = -1;
  block_trials_ = trials_of(groups);
  order_.emplace(std::move(groups), seed_);
}

void Schedule::add_controls(std::vector<Group>& groups) {
  const auto controlled = controlled_cell(plan_, cells_);
  if (!controlled || !context_.may_be_valid(cells_[*controlled])) {
    return;
  }
  for (Group& group : groups) {
    for (Neighbours& neighbours : group) {
      if (contains(neighbours, *controlled)) {
        Cell same = cells_[*controlled];
        same.role = Role::kSame;
        same.twin_of = cell_name(same);
        neighbours.push_back(cells_.size());
        cells_.push_back(same);
        add_slower(Cell(cells_[*controlled]), neighbours);
      }
    }
  }
}

void Schedule::add_slower(const Cell& controlled, Neighbours& neighbours) {
  if (!has_slower(plan_, controlled)) {
    remarks_.emplace_back(
        "no positive control: only a server of ours under a closed load can be told to take longer");
    return;
  }
  std::vector<double> costs_s;
  for (const Outcome& outcome : last_attempts(outcomes_)) {
    const Cell& cell = cells_[outcome.cell];
    if (cell.role == Role::kBase && cell.twin_of == cell_name(controlled) &&
        outcome.server_cpu_per_request_s && !outcome.has_verdict(kFailed)) {
      costs_s.push_back(*outcome.server_cpu_per_request_s);
    }
  }
  if (costs_s.empty()) {
    remarks_.push_back(fmt::format("no positive control: what a request of {} costs is not known",
                                   cell_name(controlled)));
    return;
  }
  const double added_ns = median(costs_s) * 1e9 * kSlowerPercent / 100;
  Cell slower = controlled;
  slower.role = Role::kSlower;
  slower.twin_of = cell_name(controlled);
  slower.handler.cpu += std::chrono::nanoseconds(std::max<std::int64_t>(1, std::llround(added_ns)));
  neighbours.push_back(cells_.size());
  cells_.push_back(std::move(slower));
}

std::optional<PlannedTrial> Schedule::next_of_capacity() {
  const auto cell = capacity_ ? capacity_->next() : std::nullopt;
  if (!cell) {
    return std::nullopt;
  }
  const int trials = static_cast<int>(
      std::count_if(outcomes_.begin(), outcomes_.end(), [this](const Outcome& outcome) {
        return cells_[outcome.cell].role == Role::kCapacity;
      }));
  cells_.push_back(*cell);
  return PlannedTrial{static_cast<int>(outcomes_.size()), trials, cells_.size() - 1, 1};
}

void Schedule::next_block_or_phase() {
  if (!ends_at_a_look() && block_ + 1 < blocks_) {
    ++block_;
    for (Neighbours& neighbours : order_->next()) {
      upcoming_.push_back(std::move(neighbours));
    }
  } else if (phase_ == Phase::kTwins) {
    sensitivities_ = sensitivities(cells_, outcomes_);
    begin_capacity();
  } else {
    phase_ = Phase::kDone;
  }
}

std::optional<PlannedTrial> Schedule::next() {
  while (!planned_ && phase_ != Phase::kDone) {
    if (!upcoming_.empty()) {
      planned_ = {static_cast<int>(outcomes_.size()), block_, upcoming_.front()[position_],
                  attempt_};
    } else if (phase_ != Phase::kCapacity) {
      next_block_or_phase();
    } else if (planned_ = next_of_capacity(); !planned_) {
      begin_blocks();
    }
  }
  return planned_;
}

void Schedule::add(Outcome outcome) {
  if (phase_ == Phase::kCapacity) {
    capacity_->add(outcome);
  }
  outcomes_.push_back(std::move(outcome));
  planned_.reset();
  if (phase_ != Phase::kCapacity && ++position_ == upcoming_.front().size()) {
    end_of_neighbours();
  }
}

void Schedule::end_of_neighbours() {
  position_ = 0;
  if (is_to_run_again()) {
    ++attempt_;
  } else {
    upcoming_.pop_front();
    attempt_ = 1;
  }
}

// What is external says nothing of the answer, and only then may the trials be taken again; where
// something else is wrong too, it would be wrong again.
bool Schedule::is_to_run_again() const {
  const std::size_t count = upcoming_.front().size();
  bool has_external = false;
  for (std::size_t i = outcomes_.size() - count; i < outcomes_.size(); ++i) {
    for (const std::string& verdict : outcomes_[i].verdicts) {
      if (!is_external(verdict)) {
        return false;
      }
      has_external = true;
    }
  }
  return has_external && attempt_ <= plan_.reruns;
}

bool Schedule::ends_at_a_look() {
  if (phase_ != Phase::kBlocks || !plan_.until_ci || !plan_.headline) {
    return false;
  }
  const auto ratios = block_ratios(cells_, outcomes_, *plan_.headline);
  stop_ = stop_at_look(ratios, block_ + 1, *plan_.until_ci);
  if (stop_) {
    remarks_.push_back(stop_text(*stop_, *plan_.until_ci));
  }
  return stop_.has_value();
}

int Schedule::blocks() const { return stop_ ? stop_->blocks : plan_.blocks; }

TrialsLeft Schedule::trials_left() const {
  std::size_t of_phase = block_trials_ * static_cast<std::size_t>(std::max(0, blocks_ - block_ - 1));
  for (const Neighbours& neighbours : upcoming_) {
    of_phase += neighbours.size();
  }
  of_phase -= position_;
  if (phase_ == Phase::kBlocks || phase_ == Phase::kDone) {
    return {of_phase, 0};
  }
  TrialsLeft left{0, of_phase};
  if (phase_ == Phase::kCapacity && capacity_) {
    left.shortened += kTypicalSearch * capacity_->searches_left();
  } else if (phase_ == Phase::kTwins && plan_.load.has_shares()) {
    left.shortened += kTypicalSearch * CapacityPhase(planned()).searches_left();
  }
  for (const Cell& cell : planned()) {
    left.whole += cell.role == Role::kArm || !has_own_ceilings() ? 1U : 0U;
  }
  if (const auto controlled = controlled_cell(plan_, cells_);
      plan_.controls && controlled && context_.may_be_valid(cells_[*controlled])) {
    left.whole += has_slower(plan_, cells_[*controlled]) ? 2U : 1U;
  }
  left.whole *= static_cast<std::size_t>(plan_.blocks);
  return left;
}

std::vector<Verdict> Schedule::limits_of(const Cell& cell, const Thresholds& thresholds) const {
  const bool is_limited = cell.role == Role::kArm || cell.role == Role::kSame ||
                          cell.role == Role::kSlower;
  const std::string name = cell.role == Role::kArm ? cell_name(cell) : cell.twin_of;
  for (const Sensitivity& sensitivity : sensitivities_) {
    if (is_limited && sensitivity.cell == name) {
      return sensitivity.verdicts(thresholds);
    }
  }
  return {};
}

}  // namespace coresweep
