// What a sweep runs next, from what its trials have come to so far.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/capacity_phase.hpp"
#include "harness/outcome.hpp"
#include "harness/plan.hpp"
#include "harness/sensitivity.hpp"
#include "harness/sequential_looks.hpp"
#include "harness/trial_order.hpp"

namespace coresweep {

struct PlannedTrial {
  int trial = 0;         ///< 0 is the first of the sweep
  int block = 0;         ///< of its phase
  std::size_t cell = 0;  ///< index into the schedule's cells
  int attempt = 1;       ///< more when the host spoilt the ones before

  bool operator==(const PlannedTrial&) const = default;
};

/// How many, of windows as long as the plan's and of shortened ones.
struct TrialsLeft {
  std::size_t whole = 0;
  std::size_t shortened = 0;

  [[nodiscard]] std::size_t count() const { return whole + shortened; }
};

/// One block of a sweep, whose others run elsewhere.
struct OneBlock {
  enum class Of { kTwins, kPlan };
  Of of = Of::kPlan;
  int block = 0;
};

/// What of a machine decides which trials there are.
struct ScheduleContext {
  /// Whether a trial of the cell can be valid, as far as that is known before any is run.
  std::function<bool(const Cell&)> may_be_valid;
  /// Of the cell's architecture.
  std::function<std::int64_t(const Cell&)> most_connections;
};

/// First the twins and the ceilings, in blocks of their own; then, where rates are shares, what
/// every arm holds; then the plan's blocks, with the controls beside the headline's arms.
/// Neighbours that the host spoilt, or between which the sweep was stopped, are run again, all of
/// them together. A plan that asks for a
/// capacity within a latency has blocks of searches instead.
///
/// The same plan, seed, context and outcomes give the same trials on any machine: a sweep that was
/// stopped goes on by being told what it had come to.
class Schedule {
 public:
  /// `cells` are the plan's arms and ceilings.
  Schedule(const Plan& plan, std::vector<Cell> cells, std::uint64_t seed, ScheduleContext context);

  /// From here on this block alone runs, with the cells and in the order that it has in the whole
  /// sweep: for one of the plan's, the twins' outcomes were added before. Of a plan whose trials
  /// depend on nothing else that was measured: see why_no_block_alone().
  void run_only(OneBlock only) { only_ = only; }

  /// How many blocks the twins have, and what of the sweep runs before the plan's.
  [[nodiscard]] int twin_blocks() const { return twin_blocks_; }

  /// Nothing when the sweep is over. The same until add() is called. Throws Failure when what was
  /// measured leaves nothing to go on with.
  [[nodiscard]] std::optional<PlannedTrial> next();

  /// Of the trial that next() gave.
  void add(Outcome outcome);

  /// The plan's, then what the sweep adds to them; those that are there never change but for a rate
  /// that was to be found out.
  [[nodiscard]] const std::vector<Cell>& cells() const { return cells_; }
  [[nodiscard]] const std::vector<Outcome>& outcomes() const { return outcomes_; }

  /// As far as is known, without any that is run again.
  [[nodiscard]] TrialsLeft trials_left() const;

  /// Of the plan's; fewer than it has once the sweep has ended at a look.
  [[nodiscard]] int blocks() const;

  /// Of each block of searches that has ended: of a plan that takes shares there is one, before its
  /// own blocks.
  [[nodiscard]] const std::vector<std::vector<CapacityPhase::Found>>& capacities() const {
    return capacities_;
  }

  [[nodiscard]] const std::vector<Sensitivity>& found_by_twins() const { return sensitivities_; }

  /// The verdicts that the twins have found for a cell and those that control it.
  [[nodiscard]] std::vector<Verdict> limits_of(const Cell& cell,
                                               const Thresholds& thresholds) const;

  /// False where twins were to tell and could not.
  [[nodiscard]] bool is_told_what_limits(const Cell& cell) const;

  /// What is said of the sweep as a whole: what was left out, and why it ended early.
  [[nodiscard]] const std::vector<std::string>& remarks() const { return remarks_; }

 private:
  enum class Phase { kTwins, kCapacity, kBlocks, kDone };

  [[nodiscard]] bool has_own_ceilings() const;
  [[nodiscard]] std::vector<Cell> planned() const;
  [[nodiscard]] std::vector<Cell> searched() const;
  void plan_twins();
  void begin_capacity();
  void begin_blocks();
  void add_controls(std::vector<Group>& groups);
  void add_slower(const Cell& controlled, Neighbours& neighbours);
  [[nodiscard]] std::optional<PlannedTrial> next_of_capacity();
  void end_of_searches();
  void next_block_or_phase();
  void take_block(OneBlock::Of of);
  void end_of_neighbours();
  [[nodiscard]] bool ends_at_a_look();
  [[nodiscard]] bool is_to_run_again();
  [[nodiscard]] std::size_t blocks_left() const;

  Plan plan_;
  std::vector<Cell> cells_;
  std::size_t planned_cells_;
  ScheduleContext context_;
  std::uint64_t seed_;
  Phase phase_ = Phase::kTwins;
  std::optional<OneBlock> only_;
  std::optional<BlockOrder> order_;
  int twin_blocks_ = 0;
  int blocks_ = 0;  ///< of this phase
  int block_ = -1;
  std::size_t block_trials_ = 0;  ///< in one block of this phase
  std::deque<Neighbours> upcoming_;
  std::size_t position_ = 0;  ///< in upcoming_.front()
  int attempt_ = 1;
  int lost_attempts_ = 0;  ///< of these: no reruns of the plan's
  std::optional<CapacityPhase> capacity_;
  std::vector<std::vector<CapacityPhase::Found>> capacities_;
  std::optional<PlannedTrial> planned_;  ///< what next() gave
  std::vector<Outcome> outcomes_;
  std::vector<Sensitivity> sensitivities_;
  std::optional<Stop> stop_;
  std::vector<std::string> remarks_;
};

}  // namespace coresweep
