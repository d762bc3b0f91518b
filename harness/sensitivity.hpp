// What limits a cell, found out by its twins: an arm run beside itself with one thing changed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/outcome.hpp"
#include "harness/plan.hpp"
#include "harness/statistics.hpp"
#include "harness/verdict.hpp"

namespace coresweep {

/// How much more CPU a request costs the load generator of a client-work twin.
inline constexpr int kTwinClientWorkPercent = 20;

/// The base, then its twins, of the arm's cell `arm`. Where twice the connections would be more
/// than `most_connections` there is no twin with more in flight.
[[nodiscard]] std::vector<Cell> twins_of(const Cell& arm, std::int64_t most_connections);

/// A twin's throughput over its base's.
struct TwinRatio {
  std::size_t blocks = 0;  ///< in which both counted and ran back to back
  MedianInterval of_all;   ///< a pair of a fleet counts once
};

struct Sensitivity {
  std::string cell;  ///< the arm's cell_name()
  std::optional<TwinRatio> client_work;
  std::optional<TwinRatio> in_flight;
  int blocks = 0;  ///< as planned
  bool has_in_flight = true;  ///< this machine holds twice the connections

  /// Whether more than half of the blocks told of each twin that there is: what is left of fewer
  /// is chance.
  [[nodiscard]] bool is_told() const;
  /// client_bound, unsaturated: of every trial of that cell.
  [[nodiscard]] std::vector<Verdict> verdicts(const Thresholds& thresholds) const;
  /// "twins of X: ..."
  [[nodiscard]] std::string text() const;
};

/// Of each arm that has twins, in the order of the cells. A trial counts unless it failed or the
/// host spoilt it: that the client was busy is no fault of a twin. `blocks` are those planned.
[[nodiscard]] std::vector<Sensitivity> sensitivities(const std::vector<Cell>& cells,
                                                     const std::vector<Outcome>& outcomes,
                                                     int blocks);

}  // namespace coresweep
