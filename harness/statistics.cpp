#include "harness/statistics.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace coresweep {
namespace {

constexpr double kCoverageWanted = 0.95;

double median_of_sorted(const std::vector<double>& sorted) {
  const std::size_t middle = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

}  // namespace

double median(std::vector<double> values) {
  assert(!values.empty());
  std::sort(values.begin(), values.end());
  return median_of_sorted(values);
}

double coverage_of_ranks(std::size_t count, std::size_t rank) {
  assert(rank >= 1 && 2 * rank <= count + 1 && count <= 1000);
  // The median is missed below when fewer than `rank` values lie under it, each with chance 1/2.
  double term = std::ldexp(1.0, -static_cast<int>(count));
  double missed = 0;
  for (std::size_t below = 0; below < rank; ++below) {
    missed += term;
    term *= static_cast<double>(count - below) / static_cast<double>(below + 1);
  }
  return 1.0 - 2.0 * missed;
}

MedianInterval median_interval(std::vector<double> values) {
  assert(!values.empty());
  std::sort(values.begin(), values.end());
  const std::size_t count = values.size();
  MedianInterval result{values.front(), median_of_sorted(values), values.back(), 0, count};
  for (std::size_t rank = 1; 2 * rank <= count; ++rank) {
    const double coverage = coverage_of_ranks(count, rank);
    if (coverage < kCoverageWanted) {
      break;
    }
    result.low = values[rank - 1];
    result.high = values[count - rank];
    result.coverage = coverage;
  }
  return result;
}

}  // namespace coresweep
