// Finds out what every arm of a sweep holds in an open loop, all of them in turn.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/capacity_search.hpp"
#include "harness/outcome.hpp"
#include "harness/plan.hpp"

namespace coresweep {

/// Within which a rate is to be answered: the 99th percentile from when requests were due.
using LatencyBound = std::optional<std::chrono::nanoseconds>;

/// What a trial at a rate says of that rate: it is held unless it failed, the rate was missed, or
/// the latency is above the bound. Where the load generator or its ports were the limit, or it was
/// late, or too few were answered to know the percentile, it says nothing, whatever the host did
/// besides; nor where the host spoilt it.
[[nodiscard]] RateHeld rate_held(const Outcome& outcome, const LatencyBound& bound);

/// One search an arm, thread count, conditions, number of connections and streams: the rates that
/// its cells ask for are shares of what it finds. A search begins with a closed loop, which says
/// where to look.
class CapacityPhase {
 public:
  /// `cells` are those of the plan.
  explicit CapacityPhase(const std::vector<Cell>& cells, LatencyBound bound = {});

  /// The next cell to run; nothing when all is found.
  [[nodiscard]] std::optional<Cell> next();
  /// Of the cell that next() gave.
  void add(const Outcome& outcome);

  /// Least of what the arms at the place of `cell` hold, or those that a ceiling is the floor of;
  /// nothing when of any of them it is not known.
  [[nodiscard]] std::optional<std::int64_t> lowest_at(const Cell& cell) const;

  [[nodiscard]] std::size_t searches_left() const;

  struct Found {
    Cell cell;  ///< of the plan
    FoundCapacity capacity;
    VerdictCounts said_nothing;  ///< of the trials that said nothing of a rate
  };
  /// Of each search, in the order of the cells.
  [[nodiscard]] std::vector<Found> found() const;

 private:
  struct Search {
    Cell cell;
    std::optional<CapacitySearch> rates = {};  ///< once it is known where to begin
    VerdictCounts said_nothing = {};
  };

  LatencyBound bound_;
  std::vector<Search> searches_;
  std::size_t turn_ = 0;
};

/// Gives the open loops of `cells`, the plan's, the rates that their shares come to. One remark for
/// each search, and for each cell that is left without a rate. Throws Failure when no arm has one.
[[nodiscard]] std::vector<std::string> settle_rates(const CapacityPhase& found,
                                                    std::vector<Cell>& cells);

}  // namespace coresweep
