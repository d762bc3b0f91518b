// What connections make the server hold for them: requests in parts, replies that their peers do
// not take. Each connection has a bound of its own; ten thousand together need one too, whatever
// loops they live on. A connection that holds nothing never writes here.
#pragma once

#include <atomic>
#include <cstddef>

namespace coresweep {

class HeldMemory {
 public:
  explicit HeldMemory(std::size_t limit) : limit_(limit) {}

  /// One connection's part, given back when it ends.
  class Share {
   public:
    explicit Share(HeldMemory& all) : all_(all) {}
    ~Share() { set(0); }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    /// What the connection holds now (bytes).
    void set(std::size_t size) {
      if (size != size_) {
        all_.held_.fetch_add(size - size_, std::memory_order_relaxed);  // wraps where it shrinks
        size_ = size;
      }
    }

    /// Whether this connection has to go: all together hold too much, and it more than a little.
    [[nodiscard]] bool is_too_much() const {
      constexpr std::size_t kLittle = 64 * 1'024;
      return size_ > kLittle && all_.held_.load(std::memory_order_relaxed) > all_.limit_;
    }

   private:
    HeldMemory& all_;
    std::size_t size_ = 0;
  };

 private:
  std::size_t limit_;
  std::atomic<std::size_t> held_{0};
};

}  // namespace coresweep
