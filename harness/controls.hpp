// What a sweep's controls say of it: how much the same arm differs from itself (A/A), whether a
// known difference was found (the positive control), and how small a one could have been.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/statistics.hpp"

namespace coresweep {

/// What one arm beside itself shows, where every ratio is chance, or the place and not the arm.
struct NoiseFloor {
  MedianInterval interval;
  /// max(high, 1 / low), at least 1. Which of the two was above the line is arbitrary, so the noise
  /// is from 1 / band to band.
  double band = 1;
  /// Half of the blocks were at most this apart from 1, either way: 0.012 is 1.2 %.
  double usual_deviation = 0;

  /// The interval is beside 1: the arm differs from itself (by chance in one sweep of twenty).
  [[nodiscard]] bool differs_from_itself() const;
  [[nodiscard]] bool contains(double ratio) const { return 1 / band <= ratio && ratio <= band; }
};

/// Of the A/A pair's ratios, one a block, above 0; none without any.
[[nodiscard]] std::optional<NoiseFloor> noise_floor(const std::vector<double>& ratios,
                                                    double coverage = kUsualCoverage);

/// "A/A: 1.00x (0.98-1.02): noise"
[[nodiscard]] std::string noise_text(const NoiseFloor& floor);

enum class Shown {
  kDifference,
  kNoneContainsOne,  ///< its interval contains 1
  kNoneOfRange,      ///< of too few blocks for an interval: one block would always leave 1 out
  kNoneInsideNoise,  ///< its interval does not, but its median is inside the noise
};

/// What a ratio shows: a difference only when it has an interval that leaves 1 out and its median
/// is outside the noise, where there was an A/A arm to know it.
[[nodiscard]] Shown shown_by(const MedianInterval& ratio, const std::optional<NoiseFloor>& floor);

/// "no difference shown", and why; empty for a difference.
[[nodiscard]] std::string shown_text(Shown shown, const std::optional<NoiseFloor>& floor);

enum class Recovery {
  kRecovered,
  kNotSeen,    ///< no difference by shown_by
  kWrongSize,  ///< a difference, but the interval leaves out the expected ratio
  kUnknown,    ///< too few blocks for an interval
};

/// An arm with a known more of service time beside the same arm without.
struct PositiveControl {
  Recovery recovery = Recovery::kUnknown;
  MedianInterval interval;
  double added = 0;     ///< 0.1 is 10 % more service time
  double expected = 1;  ///< 1 / (1 + added)
};

/// Of the throughput with the added time over that without, one ratio a block; none without any.
/// Recovered is: a difference by shown_by, whose interval contains what was expected. Where all is
/// well it still leaves that out as often as its coverage says.
[[nodiscard]] std::optional<PositiveControl> positive_control(
    const std::vector<double>& ratios, double added, const std::optional<NoiseFloor>& floor,
    double coverage = kUsualCoverage);

/// "positive control, +10 % service time: 0.91x (0.90-0.93), expected 0.91x: recovered"
[[nodiscard]] std::string control_text(const PositiveControl& control);

/// The smallest difference that so many blocks can show.
struct SmallestDifference {
  double ratio = 1;
  /// The A/A arm's ratios are too few to tell how rare deviations above their largest are: so many
  /// blocks need more than `ratio`, and how much more is unknown.
  bool is_only_a_bound = false;
};

/// By the A/A arm's spread: the ratio that is a difference by shown_by in four sweeps of five, when
/// `blocks` ratios (of an A/A arm of as many blocks, too) scatter like these. In logarithms, the
/// sum of the edge of the noise that either side of the A/A interval is inside of in nine sweeps of
/// ten, and of how far below its centre the median is at most in four of five; both as quantiles of
/// what the A/A arm deviated from 1, either way (at i / (values + 1) the i-th smallest deviation).
/// None with fewer than six A/A ratios, or fewer blocks than an interval needs.
[[nodiscard]] std::optional<SmallestDifference> smallest_difference(
    const std::vector<double>& ratios, int blocks, double coverage = kUsualCoverage);

/// "9 blocks can show 4.1 % and more (by the spread of the A/A arm, in four of five sweeps)"
[[nodiscard]] std::string smallest_text(const std::optional<SmallestDifference>& smallest,
                                        int blocks);

}  // namespace coresweep
