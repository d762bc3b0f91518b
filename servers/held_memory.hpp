// What connections make the server hold for them: requests in parts, replies that their peers do
// not take. Each connection has a bound of its own; ten thousand together need one too, whatever
// loops they live on.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>

namespace coresweep {

class HeldMemory {
 public:
  explicit HeldMemory(std::size_t limit) : limit_(limit) {}

  void add(std::size_t bytes) { held_.fetch_add(bytes, std::memory_order_relaxed); }
  void take(std::size_t bytes) { held_.fetch_sub(bytes, std::memory_order_relaxed); }

  /// Whoever asks for more has to go.
  [[nodiscard]] bool is_used_up() const { return held() > limit_; }
  /// How much those who do not go on have to give up, to leave room for those who do (bytes).
  [[nodiscard]] std::size_t shortage() const {
    const std::size_t enough = limit_ / 4 * 3;
    return std::max(held(), enough) - enough;
  }

 private:
  [[nodiscard]] std::size_t held() const { return held_.load(std::memory_order_relaxed); }

  std::size_t limit_;
  std::atomic<std::size_t> held_{0};
};

}  // namespace coresweep
