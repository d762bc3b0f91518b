// Latencies in log-linear buckets: any value from 1 ns to 100 s, kept to three significant digits.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace coresweep {

/// Values below 2048 ns have a bucket each; above, every power of two is cut into 1024, so that a
/// bucket is at most a thousandth of what it holds. (The layout is HdrHistogram's, with a lowest
/// value of 1 and three digits.) Larger values than kHighest count as kHighest.
class Histogram {
 public:
  static constexpr std::uint64_t kHighest = 100'000'000'000;  // ns
  static constexpr std::size_t kBuckets = 28'115;

  Histogram() : counts_(kBuckets) {}

  void record(std::uint64_t value) {
    if (value > kHighest) {
      value = kHighest;
    }
    ++counts_[bucket_of(value)];
    ++count_;
    sum_ += value;
    if (value > highest_) {
      highest_ = value;
    }
  }

  /// Of counts by bucket, as counts() gives them; fewer are taken as followed by zeros. The exact
  /// sum and maximum are not in them: a value counts as its bucket's middle, the maximum as the
  /// highest that its bucket holds.
  explicit Histogram(std::span<const std::uint64_t> counts);

  /// Likewise, with the exact mean and maximum from beside them. What the counts rule out becomes
  /// the nearest that they allow. (A sum below 2^53 ns comes back from its mean to the nanosecond.)
  Histogram(std::span<const std::uint64_t> counts, double mean, std::uint64_t highest);

  void clear();

  /// Adds all of `other`: exact, since the buckets are the same.
  void merge(const Histogram& other);

  [[nodiscard]] std::uint64_t count() const { return count_; }

  /// The exact sum's mean; 0 when empty.
  [[nodiscard]] double mean() const;

  /// The largest value recorded, exactly; 0 when empty.
  [[nodiscard]] std::uint64_t max() const { return highest_; }

  /// The smallest bucket's highest value that at least `percent` % of the values do not exceed.
  /// Requires 0 < percent <= 100; 0 when empty.
  [[nodiscard]] std::uint64_t percentile(double percent) const;

  /// How often each bucket was met, up to the last that was.
  [[nodiscard]] std::span<const std::uint64_t> counts() const;

 private:
  static constexpr int kHalfBits = 10;  // 1024 buckets a power of two

  [[nodiscard]] static constexpr std::size_t bucket_of(std::uint64_t value) {
    // How often the value is halved until it is below 2048.
    const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - (kHalfBits + 1));
    return (static_cast<std::size_t>(shift) << kHalfBits) +
           static_cast<std::size_t>(value >> shift);
  }
  [[nodiscard]] static constexpr std::uint64_t lowest_in(std::size_t bucket) {
    return bucket == 0 ? 0 : highest_in(bucket - 1) + 1;
  }
  [[nodiscard]] static constexpr std::uint64_t highest_in(std::size_t bucket) {
    if (bucket < (std::size_t{2} << kHalfBits)) {
      return bucket;
    }
    const auto shift = (bucket >> kHalfBits) - 1;
    const std::uint64_t mantissa = bucket - (shift << kHalfBits);
    return ((mantissa + 1) << shift) - 1;
  }

  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;  // 2^64 ns are 184 million values of 100 s: more than a trial can hold
  std::uint64_t highest_ = 0;
};

}  // namespace coresweep
