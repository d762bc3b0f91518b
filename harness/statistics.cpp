#include "harness/statistics.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace coresweep {
namespace {

// Above this many values 2 to the power of minus their number is no normal double any more.
constexpr std::size_t kMostValues = 1000;
constexpr double kMostCoverage = 0.999999;

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

double chance_of_at_most(std::size_t most, std::size_t count, double chance) {
  assert(chance >= 0 && chance <= 0.5 && count <= kMostValues);
  double term = std::pow(1 - chance, static_cast<double>(count));
  double sum = 0;
  for (std::size_t hits = 0; hits <= most && hits <= count; ++hits) {
    sum += term;
    term *=
        static_cast<double>(count - hits) / static_cast<double>(hits + 1) * chance / (1 - chance);
  }
  return sum;
}

double coverage_of_ranks(std::size_t count, std::size_t rank) {
  assert(rank >= 1 && 2 * rank <= count + 1);
  // The median is missed below when fewer than `rank` values lie under it, each with chance 1/2.
  return 1.0 - 2.0 * chance_of_at_most(rank - 1, count, 0.5);
}

std::size_t rank_of_interval(std::size_t count, double coverage) {
  // As coverage_of_ranks for one rank after the other, without beginning again at each.
  double term = std::pow(0.5, static_cast<double>(count));
  double missed = 0;
  for (std::size_t rank = 1; 2 * rank <= count; ++rank) {
    missed += term;
    if (1.0 - 2.0 * missed < coverage) {
      return rank - 1;
    }
    term *= static_cast<double>(count - rank + 1) / static_cast<double>(rank);
  }
  return count / 2;
}

std::size_t fewest_for_interval(double coverage) {
  assert(coverage > 0 && coverage <= kMostCoverage);
  std::size_t count = 2;
  while (rank_of_interval(count, coverage) == 0) {
    ++count;
  }
  return count;
}

MedianInterval median_interval(std::vector<double> values, double coverage) {
  assert(!values.empty() && coverage > 0 && coverage <= kMostCoverage);
  std::sort(values.begin(), values.end());
  const std::size_t count = values.size();
  const std::size_t rank = rank_of_interval(count, coverage);
  if (rank == 0) {
    return {values.front(), median_of_sorted(values), values.back(), 0, count};
  }
  return {values[rank - 1], median_of_sorted(values), values[count - rank],
          coverage_of_ranks(count, rank), count};
}

}  // namespace coresweep
