// Finds out what every arm of a sweep holds in an open loop, all of them in turn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/capacity_search.hpp"
#include "harness/outcome.hpp"
#include "harness/plan.hpp"

namespace coresweep {

/// What a trial at a rate says of that rate: it is held unless it failed or the rate was missed.
[[nodiscard]] RateHeld rate_held(const Outcome& outcome);

/// One search an arm, thread count, handler and number of connections and streams: the rates that
/// its cells ask for are shares of what it finds. A search begins with a closed loop, which says
/// where to look.
class CapacityPhase {
 public:
  /// `cells` are those of the plan.
  explicit CapacityPhase(const std::vector<Cell>& cells);

  /// The next cell to run; nothing when all is found.
  [[nodiscard]] std::optional<Cell> next();
  /// Of the cell that next() gave.
  void add(const Outcome& outcome);

  /// Least of what the arms at the place of `cell` hold, of a ceiling at any thread count; nothing
  /// when none holds any rate.
  [[nodiscard]] std::optional<std::int64_t> lowest_at(const Cell& cell) const;

  [[nodiscard]] std::size_t searches_left() const;

  /// What was found of each.
  [[nodiscard]] std::vector<std::string> texts() const;

 private:
  struct Search {
    Cell cell;
    std::optional<CapacitySearch> rates;  ///< once it is known where to begin
  };

  std::vector<Search> searches_;
  std::size_t turn_ = 0;
};

}  // namespace coresweep
