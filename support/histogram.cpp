#include "support/histogram.hpp"

#include <cassert>
#include <cmath>

namespace coresweep {

void Histogram::merge(const Histogram& other) {
  for (std::size_t i = 0; i < counts_.size(); ++i) {
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
  const auto wanted =
      static_cast<std::uint64_t>(std::ceil(percent / 100 * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= wanted && seen > 0) {
      return std::min(highest_in(i), highest_);
    }
  }
  return 0;
}

std::uint64_t Histogram::count_above(std::uint64_t value) const {
  std::uint64_t above = 0;
  for (std::size_t i = bucket_of(std::min(value, kHighest)) + 1; i < counts_.size(); ++i) {
    above += counts_[i];
  }
  return above;
}

}  // namespace coresweep
