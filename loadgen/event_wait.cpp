#include "loadgen/event_wait.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <system_error>
#include <utility>

#include "support/thread_usage.hpp"

namespace coresweep {
namespace {

// A look takes less than one: if more went by, another thread had the CPU, and it was not spent
// here.
constexpr std::int64_t kLongestLookNs = 5'000;

}  // namespace

EventWait::EventWait() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_.is_open()) {
    throw std::system_error(errno, std::system_category(), "epoll_create1");
  }
}

// It looks before it sleeps: then what ends the sleep was not there before it.
std::span<const epoll_event> EventWait::sleep_until(std::int64_t until_ns) {
  const std::int64_t now = monotonic_ns();
  std::span<const epoll_event> events = look(now);
  if (events.empty() && now < until_ns) {
    events = wait(until_ns - now);
    if (!events.empty() || errno != EINTR) {  // else it was stopped, who knows for how long
      // Later than it was to be woken: it was, and then had no CPU.
      came_after_ns_ = std::min(monotonic_ns(), until_ns);
      all_seen_ns_ = events.size() < events_.size() ? came_after_ns_ : all_seen_ns_;
    }
  }
  return events;
}

std::span<const epoll_event> EventWait::spin_until(std::int64_t until_ns) {
  const std::int64_t asleep_until_ns = until_ns - spin_ns_;
  const bool sleeps = monotonic_ns() < asleep_until_ns;
  if (const auto events = sleep_until(asleep_until_ns); !events.empty()) {
    return events;
  }
  const std::int64_t begin = monotonic_ns();
  if (sleeps) {
    learn_from(begin - asleep_until_ns);
  }
  std::int64_t now = begin;
  std::span<const epoll_event> events;
  while (now < until_ns && events.empty()) {
    events = look(now);
    const std::int64_t before = std::exchange(now, monotonic_ns());
    spun_ns_ += std::min(now - before, kLongestLookNs);
  }
  return events;
}

void EventWait::learn_from(std::int64_t overslept_ns) {
  const std::int64_t forgotten = spin_ns_ - spin_ns_ / 64;
  spin_ns_ =
      std::clamp(std::max(forgotten, overslept_ns + overslept_ns / 2), kLeastSpinNs, kMostSpinNs);
}

std::span<const epoll_event> EventWait::look(std::int64_t now) {
  const std::span<const epoll_event> events = wait(0);
  came_after_ns_ = all_seen_ns_;
  if (events.size() < events_.size()) {
    all_seen_ns_ = now;
  }
  return events;
}

std::span<const epoll_event> EventWait::wait(std::int64_t timeout_ns) {
  errno = 0;
  const timespec timeout{.tv_sec = timeout_ns / 1'000'000'000,
                         .tv_nsec = timeout_ns % 1'000'000'000};
  int count =
      ::epoll_pwait2(epoll(), events_.data(), static_cast<int>(events_.size()), &timeout, nullptr);
  if (count < 0 && errno == ENOSYS) {  // before Linux 5.11
    count = ::epoll_wait(epoll(), events_.data(), static_cast<int>(events_.size()),
                         static_cast<int>(timeout_ns / 1'000'000));
  }
  return {events_.data(), static_cast<std::size_t>(std::max(count, 0))};
}

}  // namespace coresweep
