// The edges of a run in time, fixed once for all threads. Time is an argument.
#pragma once

#include <chrono>
#include <cstdint>

namespace coresweep {

enum class Phase {
  warmup,    ///< full load, not measured
  window,    ///< full load, measured
  cooldown,  ///< full load still, so that the server's counters can be read at the window's end
  drain,     ///< nothing new is sent; answers are awaited
  over,
};

/// Absolute times on CLOCK_MONOTONIC, in nanoseconds.
struct Schedule {
  static constexpr std::chrono::nanoseconds kCooldown = std::chrono::milliseconds(100);
  /// With the cooldown and the closing of the connections, the program ends within 2 s of the
  /// window.
  static constexpr std::chrono::nanoseconds kLongestDrain = std::chrono::milliseconds(1'800);

  Schedule(std::int64_t start, std::chrono::nanoseconds warmup, std::chrono::nanoseconds window)
      : begin(start),
        window_begin(start + warmup.count()),
        window_end(window_begin + window.count()),
        drain_begin(window_end + kCooldown.count()),
        drain_end(drain_begin + kLongestDrain.count()) {}

  [[nodiscard]] Phase phase_at(std::int64_t now) const;

  /// The next edge after `now`; drain_end when there is none.
  [[nodiscard]] std::int64_t next_edge(std::int64_t now) const;

  std::int64_t begin;
  std::int64_t window_begin;
  std::int64_t window_end;
  std::int64_t drain_begin;
  std::int64_t drain_end;
};

}  // namespace coresweep
