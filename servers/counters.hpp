// What one thread has done, readable by another at any time. Each counter has one writer, the
// thread itself, so it is loaded and stored, never locked: a relaxed add without the `lock` prefix.
#pragma once

#include <atomic>
#include <cstdint>

namespace coresweep {

class Counter {
 public:
  void add([[maybe_unused]] std::uint64_t amount) {
#if defined(CORESWEEP_WITHOUT_COUNTERS)  // only to measure the cost: tests/counters_bench.py
#elif defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
    // One instruction, where GCC makes three of a relaxed load and store. ThreadSanitizer would not
    // see it.
    asm("addq %1, %0" : "+m"(value_) : "er"(amount) : "cc");
#else
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
#endif
  }
  [[nodiscard]] std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// Lines of its own a thread: two threads' counters never share one. What every batch counts is the
// first.
struct alignas(128) ThreadCounters {
  Counter requests;  ///< answered, with whatever status
  Counter reads;     ///< of its sockets, that brought something
  Counter writes;
  Counter loop_waits;   ///< returns from epoll_wait, or what stands for it, that may have slept
  Counter loop_polls;   ///< that only looked
  Counter loop_events;  ///< that either brought
  Counter bytes_received;
  Counter bytes_sent;
  Counter connections_accepted;
  Counter connections_begun;      ///< that this thread began to serve, whoever accepted them
  Counter connections_closed;     ///< by this thread, whoever accepted them
  Counter connections_refused;    ///< accepted and closed at once, at the limit
  Counter accept_errors;          ///< no descriptor left, most likely, or no epoll watch
  Counter protocol_errors;        ///< connections that ended because the peer broke the protocol
  Counter streams_refused;        ///< over the limit of one connection
  Counter headers_too_large;      ///< requests answered with 431
  Counter messages_too_large;     ///< requests answered with status 8
  Counter connections_flooding;   ///< closed for asking far too much (ENHANCE_YOUR_CALM)
  Counter connections_timed_out;  ///< closed for beginning something and finishing nothing
  Counter connections_not_http2;  ///< closed at their first bytes: HTTP/1, TLS, anything else
};

}  // namespace coresweep
