// How much larger the values of one sample are than those of another that is not paired with it,
// without assuming any distribution.
#pragma once

#include <cstddef>
#include <vector>

namespace coresweep {

enum class Coverage {
  kNone,         ///< too few values for any interval: low and high are a mere range
  kExact,        ///< the rank sum's distribution, counted
  kApproximate,  ///< the normal one in its place: there are too many values to count
};

struct RatioInterval {
  double low = 0;
  double ratio = 0;  ///< Hodges and Lehmann's: the median of all ratios of a pair
  double high = 0;
  double coverage = 0;  ///< 0 where there is none
  Coverage kind = Coverage::kNone;

  [[nodiscard]] bool is_interval() const { return kind != Coverage::kNone; }
  /// An interval without 1.
  [[nodiscard]] bool is_shown() const { return is_interval() && (low > 1 || high < 1); }
};

/// Above so many pairs the rank sum's distribution is taken for a normal one: 100 values each.
inline constexpr std::size_t kMostPairsCounted = 10'000;

/// The factor between two samples, each of at least one value, all positive and finite: the
/// interval of Hodges and Lehmann on logarithms, the narrowest symmetric one that covers at least
/// 95 %. It holds whatever the values' distribution, where one sample's is the other's times a
/// factor. Where not even the whole range covers so much, low and high are that range.
[[nodiscard]] RatioInterval two_sample_ratio(std::vector<double> numerators,
                                             std::vector<double> denominators);

/// The chance that the factor between samples of `first` and `second` values lies between the
/// `rank`-th smallest of all their ratios and the `rank`-th largest (from 1).
[[nodiscard]] double coverage_of_pair_ranks(std::size_t first, std::size_t second,
                                            std::size_t rank);

/// Says by which of the two ways that chance is found.
[[nodiscard]] Coverage kind_of_coverage(std::size_t first, std::size_t second);

}  // namespace coresweep
