// What is to happen to which connection, and when: the earliest first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <queue>
#include <utility>
#include <vector>

namespace coresweep {

class TimerQueue {
 public:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  /// `at_ns` on CLOCK_MONOTONIC.
  void push(std::int64_t at_ns, std::size_t connection) { timers_.emplace(at_ns, connection); }

  /// When the earliest is due; kNever when there is none.
  [[nodiscard]] std::int64_t next_at() const {
    return timers_.empty() ? kNever : timers_.top().first;
  }

  /// Removes the earliest and returns its connection. Requires that there is one.
  std::size_t pop() {
    const std::size_t connection = timers_.top().second;
    timers_.pop();
    return connection;
  }

 private:
  using Timer = std::pair<std::int64_t, std::size_t>;
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
};

}  // namespace coresweep
