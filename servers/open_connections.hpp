// How many connections are open, all loops together, held below --max-connections.
#pragma once

#include <atomic>

namespace coresweep {

// One number that every loop writes, at an accept and at a close, as each does with the kernel's
// table of descriptors anyway. Nothing is touched by a request.
class OpenConnections {
 public:
  explicit OpenConnections(int limit) : limit_(limit) {}

  /// False when there is no room for one more.
  [[nodiscard]] bool enter() {
    int count = count_.load(std::memory_order_relaxed);
    while (count < limit_) {
      if (count_.compare_exchange_weak(count, count + 1, std::memory_order_relaxed)) {
        return true;
      }
    }
    return false;
  }
  void leave() { count_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  const int limit_;
  std::atomic<int> count_{0};
};

}  // namespace coresweep
