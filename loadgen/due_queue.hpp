// What one connection has to send and has not yet sent: when each request was due, the oldest
// first. Ten thousand connections have one each, so an empty one holds next to nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace coresweep {

struct DueRequest {
  std::int64_t due_ns = 0;
  std::int64_t with_slot_ns = 0;  ///< what the connection's SlotClock said of that time
};

class DueQueue {
 public:
  [[nodiscard]] bool empty() const { return head_ == times_.size(); }
  [[nodiscard]] std::size_t size() const { return times_.size() - head_; }

  void push(DueRequest request) { times_.push_back(request); }

  /// Requires that it is not empty.
  DueRequest pop() {
    const DueRequest due = times_[head_++];
    if (empty()) {
      times_.clear();
      head_ = 0;
    } else if (head_ >= kMostTaken && head_ * 2 > times_.size()) {
      times_.erase(times_.begin(), times_.begin() + static_cast<std::ptrdiff_t>(head_));
      head_ = 0;
    }
    return due;
  }

 private:
  static constexpr std::size_t kMostTaken = 1'024;

  std::vector<DueRequest> times_;
  std::size_t head_ = 0;  // those before it are taken
};

}  // namespace coresweep
