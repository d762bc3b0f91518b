// CLOCK_REALTIME, by which clients on several hosts agree on a start.
#pragma once

#include <cstdint>

namespace coresweep {

/// Nanoseconds since 1970.
[[nodiscard]] std::int64_t epoch_ns();

/// CLOCK_REALTIME less CLOCK_MONOTONIC, in nanoseconds; another when the first is set.
[[nodiscard]] std::int64_t epoch_ahead_ns();

}  // namespace coresweep
