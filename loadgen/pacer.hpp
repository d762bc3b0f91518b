// When requests are due in an open loop: fixed in advance, whatever the server does. Knows no
// reply and no clock, and never sleeps: times go in and come out.
#pragma once

#include <cstdint>
#include <random>

namespace coresweep {

enum class Arrivals {
  constant,  ///< evenly
  poisson,   ///< with gaps that are exponentially distributed and know nothing of each other
};

/// One of `count` threads that share a schedule.
struct Share {
  std::uint32_t index = 0;
  std::uint32_t count = 1;
};

class Pacer {
 public:
  /// `rate_per_s` is that of all shares together, and above 0. Constant: the shares take turns, so
  /// that together they send what one would. Poisson: each draws its own part, by `seed` and its
  /// index; Poisson processes add up to one.
  Pacer(Arrivals arrivals, double rate_per_s, std::int64_t start_ns, Share share,
        std::uint64_t seed);

  /// When the next request is due (nanoseconds, on the clock of `start_ns`).
  [[nodiscard]] std::int64_t next_due() const { return next_due_; }

  /// On to the request after it.
  void advance();

  /// On to the first that is due at `until_ns` or later. Returns how many are due before it, at
  /// once, however many: of Poisson arrivals their number is drawn in place of each.
  std::uint64_t skip_until(std::int64_t until_ns);

 private:
  Arrivals arrivals_;
  double gap_ns_;    // the mean, of this share
  double first_ns_;  // constant: the first's offset from the start
  std::int64_t start_ns_;
  std::int64_t next_due_ = 0;
  double offset_ns_ = 0;     // the next's, from the start
  std::uint64_t drawn_ = 0;  // constant: how many there were
  std::mt19937_64 random_;
};

}  // namespace coresweep
