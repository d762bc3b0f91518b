#include "harness/sequential_looks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <numeric>

#include "harness/wording.hpp"

namespace coresweep {

std::optional<double> relative_half_width(const MedianInterval& interval) {
  if (!interval.is_interval()) {
    return std::nullopt;
  }
  assert(interval.median > 0);
  return (interval.high - interval.low) / 2 / interval.median;
}

std::optional<Stop> stop_at_look(const std::vector<double>& ratios, int blocks_done,
                                 double wanted_half_width) {
  const bool is_last = blocks_done >= kLooks.back();
  if (!is_last && std::find(kLooks.begin(), kLooks.end(), blocks_done) == kLooks.end()) {
    return std::nullopt;
  }
  Stop stop{StopReason::kLastLook, blocks_done, {}, std::nullopt};
  if (!ratios.empty()) {
    stop.interval = median_interval(ratios, kLookCoverage);
    stop.half_width = relative_half_width(stop.interval);
  }
  if (stop.half_width && *stop.half_width <= wanted_half_width) {
    stop.reason = StopReason::kNarrowEnough;
    return stop;
  }
  return is_last ? std::optional<Stop>(stop) : std::nullopt;
}

std::string stop_text(const Stop& stop, double wanted_half_width) {
  const std::string width =
      stop.half_width
          ? fmt::format("the interval is the median +- {} %", significant(100 * *stop.half_width))
      : stop.interval.values == 0
          ? std::string("they gave no ratio that may be told")
          : fmt::format("{} of them gave a ratio, too few for an interval", stop.interval.values);
  return fmt::format("{} after {}: {}, asked were {} %",
                     stop.reason == StopReason::kNarrowEnough ? "stopped" : "ended",
                     counted(stop.blocks, "block"), width, significant(100 * wanted_half_width));
}

double coverage_of_looks(const std::vector<std::size_t>& values_at_looks) {
  // chances[below]: that so many of the values so far lie below the median, and no look missed.
  std::vector<double> chances = {1.0};
  for (const std::size_t count : values_at_looks) {
    assert(count + 1 >= chances.size());
    while (chances.size() < count + 1) {
      chances.push_back(0);
      for (std::size_t below = chances.size() - 1; below > 0; --below) {
        chances[below] = (chances[below] + chances[below - 1]) / 2;
      }
      chances[0] /= 2;
    }
    const std::size_t rank = rank_of_interval(count, kLookCoverage);
    for (std::size_t below = 0; below < rank; ++below) {
      chances[below] = 0;
      chances[count - below] = 0;
    }
  }
  return std::accumulate(chances.begin(), chances.end(), 0.0);
}

}  // namespace coresweep
