// How late a request is by the client's own doing: the time since it was due in which its
// connection had a slot for it, whatever the others that were due before it did meanwhile.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

namespace coresweep {

/// For how long a connection has had a slot for a request.
class SlotClock {
 public:
  void see(bool is_free, std::int64_t now) {
    if (is_free == is_free_) {
      return;
    }
    free_ns_ = free_until(now);
    is_free_ = is_free;
    before_ns_ = std::exchange(changed_ns_, now);
  }
  [[nodiscard]] bool is_free() const { return is_free_; }
  /// Since when it is as it is.
  [[nodiscard]] std::int64_t changed_ns() const { return changed_ns_; }

  /// Until `at`, which may be some time ago: what is due is drawn when the thread gets round to it.
  /// Exact back to the change before the last; before that it counts as free, since a thread that
  /// is so far behind is late by its own doing.
  [[nodiscard]] std::int64_t free_until(std::int64_t at) const {
    if (at >= changed_ns_) {
      return free_ns_ + (is_free_ ? at - changed_ns_ : 0);
    }
    const std::int64_t of_last = is_free_ ? 0 : changed_ns_ - std::max(at, before_ns_);
    return free_ns_ - of_last - std::max(before_ns_ - at, std::int64_t{0});
  }

 private:
  bool is_free_ = false;
  std::int64_t changed_ns_ = 0;
  std::int64_t before_ns_ = 0;  // when it changed to that
  std::int64_t free_ns_ = 0;    // until changed_ns_
};

}  // namespace coresweep
