// An epoll set, and waiting for it to the nanosecond: no grain of a timer shows in when requests
// are sent.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <span>

#include "support/file_descriptor.hpp"

namespace coresweep {

class EventWait {
 public:
  /// Throws std::system_error when there can be no epoll set.
  EventWait();

  [[nodiscard]] int epoll() const { return epoll_.get(); }

  /// Sleeps until there are events, or until `until_ns` (CLOCK_MONOTONIC), or a little later: what
  /// the kernel takes to wake a thread.
  [[nodiscard]] std::span<const epoll_event> sleep_until(std::int64_t until_ns);

  /// As sleep_until(), but for as long as waking has been seen to take it does not sleep: it looks
  /// again and again, so that it is not later.
  [[nodiscard]] std::span<const epoll_event> spin_until(std::int64_t until_ns);

  /// What the last events tell of came later than this (CLOCK_MONOTONIC), or that long earlier as
  /// the kernel took to wake a sleeping thread. (Stopped just then, it counts as woken when it was
  /// to be at the latest.)
  [[nodiscard]] std::int64_t came_after_ns() const { return came_after_ns_; }

  /// How long it looked and found nothing to do (nanoseconds): CPU time that is no work.
  [[nodiscard]] std::int64_t spun_ns() const { return spun_ns_; }

 private:
  // A sleep's last part that is not slept: what waking took of late, and half as much again.
  static constexpr std::int64_t kLeastSpinNs = 50'000;
  static constexpr std::int64_t kMostSpinNs = 2'000'000;
  void learn_from(std::int64_t overslept_ns);

  // What is there, at `now`.
  [[nodiscard]] std::span<const epoll_event> look(std::int64_t now);
  [[nodiscard]] std::span<const epoll_event> wait(std::int64_t timeout_ns);

  FileDescriptor epoll_;
  std::array<epoll_event, 256> events_;
  std::int64_t spin_ns_ = 200'000;
  std::int64_t spun_ns_ = 0;
  std::int64_t came_after_ns_ = 0;
  std::int64_t all_seen_ns_ = 0;  // what was there by then has been told
};

}  // namespace coresweep
