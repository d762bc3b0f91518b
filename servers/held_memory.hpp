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

  /// Of one connection's part, in bytes.
  void change(std::size_t before, std::size_t now) {
    held_.fetch_add(now - before, std::memory_order_relaxed);  // wraps where it shrinks
    if ((before == 0) != (now == 0)) {
      holders_.fetch_add(now == 0 ? -1 : 1, std::memory_order_relaxed);
    }
  }

  /// Whoever holds more than this (bytes) has to make room when there is none. When too much is
  /// held, somebody does.
  [[nodiscard]] std::size_t even_share() const {
    return enough() /
           static_cast<std::size_t>(std::max(1, holders_.load(std::memory_order_relaxed)));
  }

  /// Whoever asks for more, and holds more than an even share, has to go.
  [[nodiscard]] bool is_used_up() const { return held() > limit_; }
  /// How much those who do not go on have to give up, to leave room for those who do (bytes).
  [[nodiscard]] std::size_t shortage() const { return std::max(held(), enough()) - enough(); }

 private:
  [[nodiscard]] std::size_t held() const { return held_.load(std::memory_order_relaxed); }

  [[nodiscard]] std::size_t enough() const { return limit_ / 4 * 3; }

  std::size_t limit_;
  std::atomic<std::size_t> held_{0};
  std::atomic<int> holders_{0};  // connections with a part in it
};

}  // namespace coresweep
