// How much of a schedule is still to run, as far as that is known.
#include <algorithm>

#include "harness/schedule.hpp"
#include "harness/schedule_parts.hpp"

namespace coresweep {
namespace {

constexpr std::size_t kTypicalSearch = 9;  // trials, of which none is discarded

}  // namespace

// Of this phase, and not begun.
std::size_t Schedule::blocks_left() const {
  if (!only_) {
    return static_cast<std::size_t>(std::max(0, blocks_ - block_ - 1));
  }
  const bool is_its_phase = (phase_ == Phase::kTwins) == (only_->of == OneBlock::Of::kTwins);
  return is_its_phase && block_ < only_->block ? 1 : 0;
}

TrialsLeft Schedule::trials_left() const {
  if (phase_ == Phase::kDone || stop_) {
    return {};
  }
  std::size_t of_phase = block_trials_ * blocks_left();
  for (const Neighbours& neighbours : upcoming_) {
    of_phase += neighbours.size();
  }
  of_phase -= position_;
  if (phase_ == Phase::kBlocks) {
    return {of_phase, 0};
  }
  TrialsLeft left{0, of_phase};
  if (only_ && only_->of == OneBlock::Of::kTwins) {
    return left;
  }
  if (plan_.load.has_shares()) {
    const std::size_t searches = CapacityPhase(searched()).searches_left();
    left.shortened += kTypicalSearch * (phase_ == Phase::kCapacity && capacity_
                                            ? capacity_->searches_left()
                                            : searches);
    if (plan_.capacity_p99) {
      const auto blocks = static_cast<std::size_t>(plan_.blocks) - capacities_.size() - 1;
      left.shortened += kTypicalSearch * searches * blocks;
      return left;
    }
  }
  for (const Cell& cell : planned()) {
    left.whole += cell.role == Role::kArm || !has_own_ceilings() ? 1U : 0U;
  }
  if (const auto controlled = controlled_cell(plan_, cells_);
      plan_.controls && controlled && context_.may_be_valid(cells_[*controlled])) {
    left.whole += has_slower(plan_, cells_[*controlled]) ? 2U : 1U;
  }
  left.whole *= only_ ? 1U : static_cast<std::size_t>(plan_.blocks);
  return left;
}

}  // namespace coresweep
