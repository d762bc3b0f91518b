#include "harness/schedule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "harness/block_ratio.hpp"
#include "harness/control_lines.hpp"
#include "harness/failure.hpp"
#include "harness/schedule_parts.hpp"
#include "support/contains.hpp"

namespace coresweep {
namespace {

// What the cell's CPUs, or its load, bring it to in every trial.
bool is_limit(const std::string& verdict) {
  return verdict == kClientBound || verdict == kUnsaturated || verdict == kSharedCpus ||
         verdict == kNetworkLimited;
}

}  // namespace

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
  twin_blocks_ = blocks_;
  block_trials_ = trials_of(groups);
  // Of its own: how many twins there are changes no order of the plan's blocks.
  order_.emplace(std::move(groups), seed_ ^ 0x7477'696e);
}

void Schedule::begin_capacity() {
  phase_ = Phase::kCapacity;
  if (plan_.load.has_shares()) {
    capacity_.emplace(searched(), plan_.capacity_p99);
  }
}

// A capacity of its own is no answer where no trial can be valid; a share is of something.
std::vector<Cell> Schedule::searched() const {
  std::vector<Cell> cells = planned();
  if (plan_.capacity_p99) {
    std::erase_if(cells, [this](const Cell& cell) { return !context_.may_be_valid(cell); });
  }
  return cells;
}

void Schedule::end_of_searches() {
  if (!plan_.capacity_p99) {
    begin_blocks();
    return;
  }
  capacities_.push_back(capacity_->found());
  if (capacities_.size() < static_cast<std::size_t>(plan_.blocks)) {
    begin_capacity();
  } else {
    phase_ = Phase::kDone;
  }
}

void Schedule::begin_blocks() {
  if (capacity_) {
    std::vector<Cell> settled = planned();
    std::ranges::move(settle_rates(*capacity_, settled), std::back_inserter(remarks_));
    std::move(settled.begin(), settled.end(), cells_.begin());
    capacities_.push_back(capacity_->found());
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
        "no positive control: only a server of ours that works in its calls, under a closed load, "
        "can be told to take longer");
  } else if (auto slower = slowed(cells_, outcomes_, controlled)) {
    neighbours.push_back(cells_.size());
    cells_.push_back(std::move(*slower));
  } else {
    remarks_.push_back(fmt::format("no positive control: what a request of {} costs is not known",
                                   cell_name(controlled)));
  }
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

// Its order was drawn with those of all the blocks before it.
void Schedule::take_block(OneBlock::Of of) {
  ++block_;
  std::vector<Neighbours> order = order_->next();
  if (!only_ || (only_->of == of && only_->block == block_)) {
    std::ranges::move(order, std::back_inserter(upcoming_));
  }
}

void Schedule::next_block_or_phase() {
  if (!ends_at_a_look() && block_ + 1 < blocks_) {
    take_block(phase_ == Phase::kTwins ? OneBlock::Of::kTwins : OneBlock::Of::kPlan);
  } else if (phase_ == Phase::kTwins && only_ && only_->of == OneBlock::Of::kTwins) {
    phase_ = Phase::kDone;
  } else if (phase_ == Phase::kTwins) {
    sensitivities_ = sensitivities(cells_, outcomes_, plan_.twin_blocks);
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
      end_of_searches();
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
    lost_attempts_ = 0;
  }
}

// What is external says nothing of the answer, and only then may the trials be taken again: what
// went wrong for a cause of its own counts. What limits the cell would limit it again, and hides no
// answer when the host spoilt its neighbours.
bool Schedule::is_to_run_again() {
  const std::size_t count = upcoming_.front().size();
  bool has_external = false;
  bool is_lost = false;
  const std::size_t first = outcomes_.size() - count;
  for (std::size_t i = first; i < outcomes_.size(); ++i) {
    if (outcomes_[i].is_lost()) {
      is_lost = true;
      continue;
    }
    for (const std::string& verdict : outcomes_[i].verdicts) {
      if (!is_external(verdict) && !is_limit(verdict)) {
        return false;
      }
      has_external = has_external || is_external(verdict);
    }
  }
  if (is_lost) {
    ++lost_attempts_;
    return true;
  }
  if (outcomes_[first].session != outcomes_.back().session) {
    return true;  // stopped between them: what is compared did not run back to back
  }
  return has_external && attempt_ - lost_attempts_ <= plan_.reruns;
}

bool Schedule::ends_at_a_look() {
  if (phase_ != Phase::kBlocks || !plan_.until_ci || !plan_.headline) {
    return false;
  }
  const auto ratios = block_ratios(cells_, outcomes_, *plan_.headline, block_ + 1);
  stop_ = stop_at_look(ratios, block_ + 1, *plan_.until_ci);
  if (stop_) {
    remarks_.push_back(stop_text(*stop_, *plan_.until_ci));
  }
  return stop_.has_value();
}

int Schedule::blocks() const { return stop_ ? stop_->blocks : plan_.blocks; }

bool Schedule::is_told_what_limits(const Cell& cell) const {
  if (plan_.twin_blocks == 0 || cell.role != Role::kArm || !context_.may_be_valid(cell)) {
    return true;
  }
  return std::any_of(sensitivities_.begin(), sensitivities_.end(), [&cell](const auto& found) {
    return found.cell == cell_name(cell) && found.is_told();
  });
}

std::vector<Verdict> Schedule::limits_of(const Cell& cell, const Thresholds& thresholds) const {
  return limits_found(cell, sensitivities_, thresholds);
}

}  // namespace coresweep
