// When a sweep may stop early (`--until-ci 2%`): at few fixed looks, so that to stop at the first
// that pleases misses the true ratio no oftener than promised.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "harness/statistics.hpp"

namespace coresweep {

/// After how many blocks the ratios are looked at; the last ends the sweep however wide they are.
///
/// Blocks, not ratios: a block spoilt from outside counts as done and gives no ratio, so the looks
/// are at most five, and a noisy machine cannot prolong the sweep. What keeps the promise is that
/// neither the number of looks nor the number of ratios at one depends on what the ratios are.
inline constexpr std::array<int, 5> kLooks = {8, 12, 16, 23, 32};

/// Of the interval at each look. A look misses with at most 1 %, so any of five with at most 5 %,
/// and so does the one at which a sweep stops, by whatever rule it stops.
inline constexpr double kLookCoverage = 0.99;
/// What that promises of the interval at the end.
inline constexpr double kCoverageWhenStopped = 0.95;

/// (high - low) / 2 / median; none of a mere range, which promises nothing.
[[nodiscard]] std::optional<double> relative_half_width(const MedianInterval& interval);

enum class StopReason { kNarrowEnough, kLastLook };

struct Stop {
  StopReason reason = StopReason::kLastLook;
  int blocks = 0;
  /// With kLookCoverage; without values when the sweep ended without a ratio.
  MedianInterval interval;
  std::optional<double> half_width;
};

/// Whether to stop after `blocks_done` blocks that gave these ratios (above 0, at most one a
/// block): never but at a look, there when the half width is at most `wanted_half_width` (0.02 is 2
/// %), and at the last look in any case.
[[nodiscard]] std::optional<Stop> stop_at_look(const std::vector<double>& ratios, int blocks_done,
                                               double wanted_half_width);

/// "stopped after 16 blocks: the interval is the median +- 1.8 %, asked were 2 %"
[[nodiscard]] std::string stop_text(const Stop& stop, double wanted_half_width);

/// The chance that the intervals at all these looks hold the true median at once, each of so many
/// values (rising) of one sequence, whatever the distribution: exact up to rounding. No rule of
/// stopping at one of them can cover less. 98.0 % with a ratio of each block at kLooks.
[[nodiscard]] double coverage_of_looks(const std::vector<std::size_t>& values_at_looks);

}  // namespace coresweep
