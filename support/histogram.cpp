#include "support/histogram.hpp"

#include <cassert>
#include <cmath>

namespace coresweep {

Histogram::Histogram(std::span<const std::uint64_t> counts) : Histogram() {
  static_assert(bucket_of(kHighest) + 1 == kBuckets);
  assert(counts.size() <= kBuckets);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > 0) {
      counts_[i] = counts[i];
      count_ += counts[i];
      sum_ += (lowest_in(i) + (highest_in(i) - lowest_in(i)) / 2) * counts[i];
      highest_ = std::min(highest_in(i), kHighest);
    }
  }
}

Histogram::Histogram(std::span<const std::uint64_t> counts, double mean, std::uint64_t highest)
    : Histogram(counts) {
  if (count_ == 0) {
    return;
  }
  const std::size_t last = bucket_of(highest_);
  highest_ = std::clamp(highest, lowest_in(last), highest_);
  // In doubles: what a damaged text counts may add up to more than 2^64.
  double least = static_cast<double>(highest_ - lowest_in(last));  // one value is the maximum
  double most = 0;
  for (std::size_t i = 0; i <= last; ++i) {
    const auto count = static_cast<double>(counts_[i]);
    least += count * static_cast<double>(lowest_in(i));
    most += count * static_cast<double>(std::min(highest_in(i), highest_));
  }
  const double sum = std::max(least, std::min(most, mean * static_cast<double>(count_)));
  sum_ = static_cast<std::uint64_t>(std::round(std::min(sum, 0x1p63)));
}

void Histogram::clear() {
  std::fill_n(counts_.begin(), counts().size(), 0);
  count_ = sum_ = highest_ = 0;
}

void Histogram::merge(const Histogram& other) {
  for (std::size_t i = 0; i < other.counts().size(); ++i) {
    counts_[i] += other.counts_[i];
  }
  count_ += other.count_;
  sum_ += other.sum_;
  highest_ = std::max(highest_, other.highest_);
}

double Histogram::mean() const {
  return count_ == 0 ? 0.0 : static_cast<double>(sum_) / static_cast<double>(count_);
}

std::uint64_t Histogram::percentile(double percent) const {
  assert(percent > 0 && percent <= 100);
  // 99.9 % of 20,000 are 19,980, and in binary a trifle more.
  constexpr double kTrifle = 1e-12;
  const auto wanted = static_cast<std::uint64_t>(
      std::ceil(percent / 100 * static_cast<double>(count_) * (1 - kTrifle)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= wanted && seen > 0) {
      return std::min(highest_in(i), highest_);
    }
  }
  return 0;
}

std::span<const std::uint64_t> Histogram::counts() const {
  const std::size_t used = count_ == 0 ? 0 : bucket_of(highest_) + 1;
  return {counts_.data(), used};
}

}  // namespace coresweep
