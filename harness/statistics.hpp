// Medians, and how far the true one may be from them, without assuming any distribution.
#pragma once

#include <cstddef>
#include <vector>

namespace coresweep {

/// Of at least one value.
[[nodiscard]] double median(std::vector<double> values);

/// The chance that the median of what `count` values were drawn from lies between the `rank`-th
/// smallest of them and the `rank`-th largest (from 1): the binomial's, exact up to rounding.
[[nodiscard]] double coverage_of_ranks(std::size_t count, std::size_t rank);

/// With fewer values than this not even smallest to largest covers the median with 95 %.
inline constexpr std::size_t kFewestForInterval = 6;

struct MedianInterval {
  double low = 0;
  double median = 0;
  double high = 0;
  /// 0 with fewer than kFewestForInterval values: low and high are then a mere range.
  double coverage = 0;
  std::size_t values = 0;
};

/// The narrowest symmetric pair of order statistics that covers the median with at least 95 %; of
/// fewer than six values the smallest and the largest. Of at least one value.
[[nodiscard]] MedianInterval median_interval(std::vector<double> values);

}  // namespace coresweep
