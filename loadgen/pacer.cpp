#include "loadgen/pacer.hpp"

#include <algorithm>
#include <cmath>

namespace coresweep {

Pacer::Pacer(Arrivals arrivals, double rate_per_s, std::int64_t start_ns, Share share,
             std::uint64_t seed)
    : arrivals_(arrivals),
      gap_ns_(1e9 / rate_per_s * share.count),
      first_ns_(1e9 / rate_per_s * share.index),
      start_ns_(start_ns) {
  std::seed_seq seeds{seed, seed >> 32, std::uint64_t{share.index}};
  random_.seed(seeds);
  advance();
}

void Pacer::advance() {
  if (arrivals_ == Arrivals::constant) {
    // Each from the beginning, so that nothing adds up: a double is exact to a nanosecond for a
    // hundred days.
    offset_ns_ = first_ns_ + gap_ns_ * static_cast<double>(drawn_++);
  } else {
    constexpr double kScale = 0x1p-53;
    const double uniform = static_cast<double>(random_() >> 11) * kScale;  // 0 to just below 1
    offset_ns_ -= gap_ns_ * std::log1p(-uniform);
  }
  next_due_ = start_ns_ + static_cast<std::int64_t>(offset_ns_);
}

std::uint64_t Pacer::skip_until(std::int64_t until_ns) {
  if (next_due_ >= until_ns) {
    return 0;
  }
  std::uint64_t skipped = 0;
  const auto until = static_cast<double>(until_ns - start_ns_);
  if (arrivals_ == Arrivals::constant) {
    // To just before it: a quotient may be rounded up.
    const double before = std::max(0.0, (until - first_ns_) / gap_ns_ - 1);
    const std::uint64_t next = drawn_ - 1;
    drawn_ = std::max(next, static_cast<std::uint64_t>(before));
    skipped = drawn_ - next;
  } else {
    // The one before it, which is drawn already, and how many lie between; what comes after knows
    // nothing of them.
    const double mean = (until - offset_ns_) / gap_ns_;
    skipped = 1 + std::poisson_distribution<std::uint64_t>(mean)(random_);
    offset_ns_ = until;
  }
  advance();
  for (; next_due_ < until_ns; ++skipped) {
    advance();
  }
  return skipped;
}

}  // namespace coresweep
