#include "loadgen/epoch_clock.hpp"

#include <ctime>
#include <limits>

#include "support/thread_usage.hpp"

namespace coresweep {

std::int64_t epoch_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

// Two clocks are not read at once: of a few readings the one that took least, since the thread may
// have lost its CPU within another.
std::int64_t epoch_ahead_ns() {
  constexpr int kReadings = 5;
  std::int64_t ahead = 0;
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  for (int i = 0; i < kReadings; ++i) {
    const std::int64_t before = monotonic_ns();
    const std::int64_t epoch = epoch_ns();
    const std::int64_t took = monotonic_ns() - before;
    if (took < least) {
      least = took;
      ahead = epoch - (before + took / 2);
    }
  }
  return ahead;
}

}  // namespace coresweep
