// Requests in flight, counted by the slots: how many were, on average, over the window.
#pragma once

#include <algorithm>
#include <cstdint>

#include "loadgen/phase.hpp"

namespace coresweep {

/// Counts whatever is sent and ends, and knows of no latency: what latencies come to is held
/// against it (Little's law).
class InFlight {
 public:
  /// `schedule` must outlive it.
  explicit InFlight(const Schedule& schedule) : schedule_(schedule) {}

  /// `now` never goes back. Once for all that a read or a write changes.
  void change(std::int64_t now, std::int64_t by) {
    const std::int64_t until = std::clamp(now, schedule_.window_begin, schedule_.window_end);
    // Before the first change there was none, however long.
    in_window_ns_ += count_ * (until - seen_until_);
    seen_until_ = until;
    count_ += by;
  }
  [[nodiscard]] std::int64_t count() const { return count_; }

  /// Of the whole window: those that are in flight still are taken to be until its end. Exact: each
  /// counts with the part of its time that lies in the window.
  [[nodiscard]] double mean_in_window() const {
    const std::int64_t left = count_ * (schedule_.window_end - seen_until_);
    return static_cast<double>(in_window_ns_ + left) /
           static_cast<double>(schedule_.window_end - schedule_.window_begin);
  }

 private:
  const Schedule& schedule_;
  std::int64_t count_ = 0;
  std::int64_t seen_until_ = 0;    // in the window, or at an edge of it
  std::int64_t in_window_ns_ = 0;  // requests times nanoseconds
};

}  // namespace coresweep
