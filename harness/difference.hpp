// One quantity of two arms: how it differs between them, and that in words.
#pragma once

#include <string>
#include <vector>

#include "harness/explain.hpp"
#include "harness/quantities.hpp"
#include "harness/statistics.hpp"

namespace coresweep {

/// The trials of one block in which both arms are valid.
struct Pair {
  const StoredTrial* arm = nullptr;
  const StoredTrial* against = nullptr;
};

/// Over the blocks in which both arms have the quantity.
struct Difference {
  const Quantity* quantity;
  std::vector<double> arm;
  std::vector<double> against;
  bool is_comparable = true;  ///< it counts the same in both
  bool arm_has = false;       ///< in any block
  bool against_has = false;
  MedianInterval ratio;

  [[nodiscard]] bool is_measured() const { return !arm.empty(); }
  /// A mere range, of too few blocks, shows nothing.
  [[nodiscard]] bool is_shown() const { return ratio.is_interval() && !ratio.contains(1); }
  /// What the blocks tell apart and nobody needs to know.
  [[nodiscard]] bool is_slight() const;
  [[nodiscard]] double size() const;
};

[[nodiscard]] Difference difference_of(const Quantity& quantity, const ComparedArms& arms,
                                       const std::vector<Pair>& pairs);

/// The calls that a loop of the arm's engine waits by.
[[nodiscard]] std::string waiting_calls(const Arm& arm);

/// "reads a request (1 against 1)"
[[nodiscard]] std::string alike_text(const Difference& difference);

/// A line of its own, with the ratio and what was counted.
[[nodiscard]] std::string difference_line(const ComparedArms& arms, const Difference& difference);

}  // namespace coresweep
