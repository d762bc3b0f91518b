// Times without any answer: of one thread, and of all that share the load.
#pragma once

#include <cstdint>
#include <vector>

namespace coresweep {

/// Longer ones are kept. The harness asks for a second; what several threads have in common is
/// shorter than each one's own.
inline constexpr std::int64_t kShortestSilenceNs = 500'000'000;

/// From one answer to the next, whichever phase they are in.
struct Silence {
  std::int64_t begin_ns = 0;  ///< since the window's begin; negative before it
  std::int64_t end_ns = 0;
  std::uint64_t requests_waiting = 0;  ///< due and neither answered nor failed at its end

  bool operator==(const Silence&) const = default;
};

/// The times at which both were silent, in their order; what waits is the sum of what waited at
/// either one's end. Both are in order and do not overlap within themselves.
[[nodiscard]] std::vector<Silence> common_silences(const std::vector<Silence>& a,
                                                   const std::vector<Silence>& b);

}  // namespace coresweep
