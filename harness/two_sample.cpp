#include "harness/two_sample.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

namespace coresweep {
namespace {

constexpr double kCoverageWanted = 0.95;

// The chance of each value of Mann and Whitney's U up to `most`, where both samples come from one
// distribution: the largest of all values belongs to the first sample with chance
// first / (first + second), and is then above all of the second. Sums of positive terms only.
std::vector<double> chances_of_u(std::size_t first, std::size_t second, std::size_t most) {
  if (first > second) {
    std::swap(first, second);  // the chances are the same, and it takes less room
  }
  std::vector<std::vector<double>> of_first(first + 1);  // by size of the first sample
  for (std::vector<double>& chances : of_first) {
    chances.assign(most + 1, 0.0);
    chances[0] = 1;  // beside an empty second sample
  }
  for (std::size_t j = 1; j <= second; ++j) {
    for (std::size_t i = 1; i <= first; ++i) {
      const auto total = static_cast<double>(i + j);
      const double is_of_first = static_cast<double>(i) / total;
      const double is_of_second = static_cast<double>(j) / total;
      for (std::size_t u = 0; u <= std::min(most, i * j); ++u) {
        of_first[i][u] = is_of_second * of_first[i][u] +
                         (u >= j ? is_of_first * of_first[i - 1][u - j] : 0.0);
      }
    }
  }
  return of_first[first];
}

// P(U <= most), by the normal distribution with the same mean and variance.
double normal_chance(std::size_t first, std::size_t second, std::size_t most) {
  const auto pairs = static_cast<double>(first) * static_cast<double>(second);
  const double deviation = std::sqrt(pairs * static_cast<double>(first + second + 1) / 12);
  const double standard = (static_cast<double>(most) + 0.5 - pairs / 2) / deviation;
  return 0.5 * std::erfc(-standard / std::numbers::sqrt2);
}

// How far from either end the interval's ends lie among all ratios, from 1, and what that covers.
struct PairRank {
  std::size_t rank = 0;  ///< 0: not even the whole range covers enough
  double coverage = 0;
};

PairRank counted_rank(std::size_t first, std::size_t second) {
  const std::size_t half = first * second / 2;
  const std::vector<double> chances = chances_of_u(first, second, half);
  PairRank best;
  double missed = 0;
  for (std::size_t rank = 1; rank <= half; ++rank) {
    missed += chances[rank - 1];
    if (1 - 2 * missed < kCoverageWanted) {
      break;
    }
    best = {rank, 1 - 2 * missed};
  }
  return best;
}

PairRank normal_rank(std::size_t first, std::size_t second) {
  std::size_t enough = 0;
  std::size_t too_far = first * second / 2;
  while (enough + 1 < too_far) {
    const std::size_t rank = std::midpoint(enough, too_far);
    (1 - 2 * normal_chance(first, second, rank - 1) >= kCoverageWanted ? enough : too_far) = rank;
  }
  return enough == 0 ? PairRank()
                     : PairRank{enough, 1 - 2 * normal_chance(first, second, enough - 1)};
}

// All ratios of a pair, never written down: there may be a hundred thousand values in either.
class PairRatios {
 public:
  PairRatios(std::vector<double> numerators, std::vector<double> denominators)
      : numerators_(std::move(numerators)), denominators_(std::move(denominators)) {
    std::sort(numerators_.begin(), numerators_.end());
    std::sort(denominators_.begin(), denominators_.end());
  }

  [[nodiscard]] double smallest() const { return numerators_.front() / denominators_.back(); }
  [[nodiscard]] double largest() const { return numerators_.back() / denominators_.front(); }

  // The rank-th smallest, from 1: the least value that so many ratios do not exceed. Halving what
  // lies between finds that one itself, bit for bit, since between its neighbours nothing is left.
  [[nodiscard]] double ranked(std::size_t rank) const {
    double high = largest();
    double low = smallest();
    if (count_up_to(low) >= rank) {
      return low;
    }
    for (double middle = std::midpoint(low, high); middle > low && middle < high;
         middle = std::midpoint(low, high)) {
      (count_up_to(middle) >= rank ? high : low) = middle;
    }
    return high;
  }

 private:
  [[nodiscard]] std::size_t count_up_to(double value) const {
    std::size_t count = 0;
    std::size_t above = 0;  // denominators too small for this numerator, and so for the next
    for (const double numerator : numerators_) {
      while (above < denominators_.size() && numerator / denominators_[above] > value) {
        ++above;
      }
      count += denominators_.size() - above;
    }
    return count;
  }

  std::vector<double> numerators_;
  std::vector<double> denominators_;
};

}  // namespace

Coverage kind_of_coverage(std::size_t first, std::size_t second) {
  return first <= kMostPairsCounted / second ? Coverage::kExact : Coverage::kApproximate;
}

double coverage_of_pair_ranks(std::size_t first, std::size_t second, std::size_t rank) {
  assert(first > 0 && second > 0 && rank > 0 && 2 * rank <= first * second + 1);
  if (kind_of_coverage(first, second) == Coverage::kApproximate) {
    return 1 - 2 * normal_chance(first, second, rank - 1);
  }
  const std::vector<double> chances = chances_of_u(first, second, rank - 1);
  return 1 - 2 * std::accumulate(chances.begin(), chances.end(), 0.0);
}

RatioInterval two_sample_ratio(std::vector<double> numerators, std::vector<double> denominators) {
  assert(!numerators.empty() && !denominators.empty());
  const std::size_t first = numerators.size();
  const std::size_t second = denominators.size();
  const std::size_t pairs = first * second;
  const PairRatios ratios(std::move(numerators), std::move(denominators));
  RatioInterval result;
  // Of an even number of logarithms the median is the mean of two: of ratios, the geometric one.
  const double below = ratios.ranked((pairs + 1) / 2);
  const double above = ratios.ranked(pairs / 2 + 1);
  result.ratio = below == above ? below : std::sqrt(below) * std::sqrt(above);
  result.low = ratios.smallest();
  result.high = ratios.largest();
  const Coverage kind = kind_of_coverage(first, second);
  const PairRank found =
      kind == Coverage::kExact ? counted_rank(first, second) : normal_rank(first, second);
  if (found.rank > 0) {
    result.low = ratios.ranked(found.rank);
    result.high = ratios.ranked(pairs + 1 - found.rank);
    result.coverage = found.coverage;
    result.kind = kind;
  }
  return result;
}

}  // namespace coresweep
