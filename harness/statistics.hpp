// Medians, and how far the true one may be from them, without assuming any distribution.
#pragma once

#include <cstddef>
#include <vector>

namespace coresweep {

/// Of at least one value.
[[nodiscard]] double median(std::vector<double> values);

/// The chance that an event of chance `chance` (at most 1/2) happens at most `most` times in
/// `count` (at most 1000) independent goes: the binomial's, exact up to rounding.
[[nodiscard]] double chance_of_at_most(std::size_t most, std::size_t count, double chance);

/// The chance that the median of what `count` values were drawn from lies between the `rank`-th
/// smallest of them and the `rank`-th largest (from 1): the binomial's, exact up to rounding.
[[nodiscard]] double coverage_of_ranks(std::size_t count, std::size_t rank);

/// The highest rank whose pair covers the median with at least `coverage`; 0 when not even smallest
/// to largest does.
[[nodiscard]] std::size_t rank_of_interval(std::size_t count, double coverage);

inline constexpr double kUsualCoverage = 0.95;

/// With fewer values than this not even smallest to largest covers the median with 95 %.
inline constexpr std::size_t kFewestForInterval = 6;
/// The same for any coverage, at most 0.999999: 8 for 99 %.
[[nodiscard]] std::size_t fewest_for_interval(double coverage);

struct MedianInterval {
  double low = 0;
  double median = 0;
  double high = 0;
  /// The exact one. 0 with fewer values than fewest_for_interval: low and high are a mere range.
  double coverage = 0;
  std::size_t values = 0;

  /// It has a coverage, and is no mere range.
  [[nodiscard]] bool is_interval() const { return coverage > 0; }
  [[nodiscard]] bool contains(double value) const { return low <= value && value <= high; }
};

/// The narrowest symmetric pair of order statistics that covers the median with at least
/// `coverage`; of too few values for that the smallest and the largest. Of at least one value.
[[nodiscard]] MedianInterval median_interval(std::vector<double> values,
                                             double coverage = kUsualCoverage);

}  // namespace coresweep
