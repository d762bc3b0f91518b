#include "support/cpu_rounds.hpp"

#include <algorithm>
#include <limits>

#include "support/thread_usage.hpp"

namespace coresweep {

// No compiler can leave these out, and no memory is asked for.
void spend_rounds(std::uint64_t rounds) {
  std::uint64_t value = 1;
  for (std::uint64_t i = 0; i < rounds; ++i) {
    value = value * 6'364'136'223'846'793'005U + 1;
    asm volatile("" : "+r"(value));
  }
}

// The fastest of some: in the others the thread was interrupted.
double ns_a_round() {
  constexpr std::uint64_t kRounds = 100'000;
  std::int64_t fastest = std::numeric_limits<std::int64_t>::max();
  for (int i = 0; i < 20; ++i) {
    const std::int64_t begin = monotonic_ns();
    spend_rounds(kRounds);
    fastest = std::min(fastest, monotonic_ns() - begin);
  }
  return static_cast<double>(fastest) / kRounds;
}

}  // namespace coresweep
