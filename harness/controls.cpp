#include "harness/controls.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>

#include "harness/wording.hpp"

namespace coresweep {
namespace {

// Of the sweeps, those in which the smallest difference is to be shown.
constexpr double kShownIn = 0.8;
// Of the sweeps, those in which one side of the A/A interval is inside the edge that is reckoned
// with: both sides are in 0.8 of them.
constexpr double kInsideEdgeIn = 0.9;

std::string spoken_ratio(const MedianInterval& ratio) {
  return fmt::format("{:.2f}x ({:.2f}-{:.2f})", ratio.median, ratio.low, ratio.high);
}

std::string spoken_band(const NoiseFloor& floor) {
  return fmt::format("{:.2f}-{:.2f}", 1 / floor.band, floor.band);
}

// How far each is from 1 as a logarithm, either way; rising.
std::vector<double> deviations(const std::vector<double>& ratios) {
  std::vector<double> result;
  for (const double ratio : ratios) {
    assert(ratio > 0);
    result.push_back(std::abs(std::log(ratio)));
  }
  std::sort(result.begin(), result.end());
  return result;
}

// The chance of one value with which at most `most` of `count` are hit with a chance of `wanted`.
double chance_of_one(std::size_t most, std::size_t count, double wanted) {
  double low = 0;
  double high = 0.5;
  constexpr int kHalvings = 50;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    (chance_of_at_most(most, count, middle) >= wanted ? low : high) = middle;
  }
  return low;
}

struct Quantile {
  double value = 0;
  bool is_beyond_largest = false;
};

// What a deviation to one side exceeds with `chance`. They are as likely to either side.
Quantile exceeded_with(double chance, const std::vector<double>& sorted) {
  // The i-th smallest of n stands for i / (n + 1): the next one is in each gap as likely.
  const double place = static_cast<double>(sorted.size() + 1) * (1 - 2 * chance);
  if (place >= static_cast<double>(sorted.size())) {
    return {sorted.back(), place > static_cast<double>(sorted.size())};
  }
  const double below = std::max(1.0, std::floor(place));
  const auto index = static_cast<std::size_t>(below);
  const double share = std::max(0.0, place - below);
  return {std::lerp(sorted[index - 1], sorted[index], share), false};
}

}  // namespace

bool NoiseFloor::differs_from_itself() const {
  return interval.is_interval() && !interval.contains(1);
}

std::optional<NoiseFloor> noise_floor(const std::vector<double>& ratios, double coverage) {
  if (ratios.empty()) {
    return std::nullopt;
  }
  NoiseFloor floor{median_interval(ratios, coverage), 1, std::expm1(median(deviations(ratios)))};
  floor.band = std::max({1.0, floor.interval.high, 1 / floor.interval.low});
  return floor;
}

std::string noise_text(const NoiseFloor& floor) {
  const char* kind = floor.interval.is_interval() ? "" : ", a range";
  return floor.differs_from_itself()
             ? fmt::format("A/A: {}: the same arm differs from itself, so {} is no difference",
                           spoken_ratio(floor.interval), spoken_band(floor))
             : fmt::format("A/A: {}{}: noise", spoken_ratio(floor.interval), kind);
}

Shown shown_by(const MedianInterval& ratio, const std::optional<NoiseFloor>& floor) {
  if (ratio.contains(1)) {
    return Shown::kNoneContainsOne;
  }
  if (!ratio.is_interval()) {
    return Shown::kNoneOfRange;
  }
  return floor && floor->contains(ratio.median) ? Shown::kNoneInsideNoise : Shown::kDifference;
}

std::string shown_text(Shown shown, const std::optional<NoiseFloor>& floor) {
  switch (shown) {
    case Shown::kDifference:
      return {};
    case Shown::kNoneContainsOne:
      return "no difference shown";
    case Shown::kNoneOfRange:
      return "a range, which shows no difference by itself";
    case Shown::kNoneInsideNoise:
      assert(floor);
      return fmt::format("no difference shown: the same arm beside itself gave {}",
                         spoken_band(*floor));
  }
  return {};
}

std::optional<PositiveControl> positive_control(const std::vector<double>& ratios, double added,
                                                const std::optional<NoiseFloor>& floor,
                                                double coverage) {
  assert(added > 0);
  if (ratios.empty()) {
    return std::nullopt;
  }
  PositiveControl control{Recovery::kRecovered, median_interval(ratios, coverage), added,
                          1 / (1 + added)};
  if (!control.interval.is_interval()) {
    control.recovery = Recovery::kUnknown;
  } else if (shown_by(control.interval, floor) != Shown::kDifference) {
    control.recovery = Recovery::kNotSeen;
  } else if (!control.interval.contains(control.expected)) {
    control.recovery = Recovery::kWrongSize;
  }
  return control;
}

std::string control_text(const PositiveControl& control) {
  const std::string added = significant(100 * control.added);
  const auto verdict = [&]() -> std::string {
    switch (control.recovery) {
      case Recovery::kRecovered:
        return "recovered";
      case Recovery::kNotSeen:
        return fmt::format("not recovered: this sweep could not have seen {} %", added);
      case Recovery::kWrongSize:
        return fmt::format("not recovered: this sweep could not have seen {} % as what it is",
                           added);
      case Recovery::kUnknown:
        return "a range, which recovers nothing";
    }
    return {};
  };
  return fmt::format("positive control, +{} % service time: {}, expected {:.2f}x: {}", added,
                     spoken_ratio(control.interval), control.expected, verdict());
}

std::optional<SmallestDifference> smallest_difference(const std::vector<double>& ratios, int blocks,
                                                      double coverage) {
  const auto count = static_cast<std::size_t>(std::max(0, blocks));
  const std::size_t rank = rank_of_interval(count, coverage);
  if (ratios.size() < kFewestForInterval || rank == 0) {
    return std::nullopt;
  }
  const std::vector<double> sorted = deviations(ratios);
  const Quantile edge = exceeded_with(chance_of_one(rank - 1, count, kInsideEdgeIn), sorted);
  // Of an even number the lower of the middle two, so that it is not too small.
  const Quantile below = exceeded_with(chance_of_one((count - 1) / 2, count, kShownIn), sorted);
  return SmallestDifference{std::exp(edge.value + below.value), edge.is_beyond_largest};
}

std::string smallest_text(const std::optional<SmallestDifference>& smallest, int blocks) {
  const std::string who = counted(blocks, "block");
  if (!smallest) {
    return fmt::format(
        "how small a difference {} can show is unknown: fewer than six A/A ratios, "
        "or too few blocks for an interval",
        who);
  }
  const std::string percent = significant(100 * (smallest->ratio - 1));
  return smallest->is_only_a_bound
             ? fmt::format("{} cannot show {} % or less (by the largest deviation of the A/A arm)",
                           who, percent)
             : fmt::format(
                   "{} can show {} % and more (by the spread of the A/A arm, in four of "
                   "five sweeps)",
                   who, percent);
}

}  // namespace coresweep
