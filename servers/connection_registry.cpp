#include "servers/connection_registry.hpp"

#include <sys/socket.h>

#include <algorithm>

namespace coresweep {

ConnectionRegistry::Entry::Entry(ConnectionRegistry& registry, int fd)
    : registry_(registry), fd_(fd) {
  const std::lock_guard lock(registry_.mutex_);
  registry_.sockets_.emplace(fd_, this);
  if (registry_.stopping()) {
    ::shutdown(fd_, SHUT_RD);
  }
}

ConnectionRegistry::Entry::~Entry() {
  hold(0);
  const std::lock_guard lock(registry_.mutex_);
  registry_.sockets_.erase(fd_);
}

void ConnectionRegistry::Entry::allow(std::chrono::seconds time) {
  // The second under way may be nearly over: it does not count.
  const std::uint32_t now = registry_.seconds_.load(std::memory_order_relaxed);
  due_.store(now + static_cast<std::uint32_t>(time.count()) + 1, std::memory_order_relaxed);
}

void ConnectionRegistry::Entry::hold(std::size_t size) {
  constexpr std::size_t kUnit = 4'096;  // a few open calls write nothing that threads share
  size -= size % kUnit;
  const std::size_t before = size_.load(std::memory_order_relaxed);
  if (size == 0 && before == 0) {
    return;
  }
  // In this order, and read in the other: a size is never seen with the silence before it.
  went_on_.store(registry_.seconds_.load(std::memory_order_relaxed), std::memory_order_relaxed);
  if (size != before) {
    registry_.held_.change(before, size);
    size_.store(static_cast<std::uint32_t>(size), std::memory_order_release);
  }
}

bool ConnectionRegistry::Entry::holds_too_much() const {
  return registry_.held_.is_used_up() &&
         size_.load(std::memory_order_relaxed) > registry_.held_.even_share();
}

void ConnectionRegistry::pass_second(std::size_t& shortage) {
  const std::lock_guard lock(mutex_);
  const std::uint32_t now = seconds_.load(std::memory_order_relaxed) + 1;
  seconds_.store(now, std::memory_order_relaxed);
  const std::size_t share = held_.even_share();
  for (const auto& [fd, entry] : sockets_) {
    const std::size_t size = entry->size_.load(std::memory_order_acquire);
    // More than one: the second in which it last went on may have been nearly over.
    const bool gives_up =
        shortage > 0 && size > share && now - entry->went_on_.load(std::memory_order_relaxed) > 1;
    if (gives_up) {
      shortage -= std::min(shortage, size);
    }
    if (gives_up || entry->due_.load(std::memory_order_relaxed) <= now) {
      const bool again = entry->overdue_.exchange(true, std::memory_order_relaxed);
      ::shutdown(fd, again ? SHUT_RDWR : SHUT_RD);
    }
  }
}

void ConnectionRegistry::announce_stop() {
  const std::lock_guard lock(mutex_);
  stopping_.store(true, std::memory_order_relaxed);
}

void ConnectionRegistry::stop_idle() {
  const std::lock_guard lock(mutex_);
  for (const auto& [fd, entry] : sockets_) {
    if (!entry->is_limited()) {
      ::shutdown(fd, SHUT_RD);
    }
  }
}

void ConnectionRegistry::stop_reading() {
  const std::lock_guard lock(mutex_);
  for (const auto& [fd, entry] : sockets_) {
    ::shutdown(fd, SHUT_RD);
  }
}

void ConnectionRegistry::stop_writing() {
  const std::lock_guard lock(mutex_);
  for (const auto& [fd, entry] : sockets_) {
    ::shutdown(fd, SHUT_RDWR);
  }
}

}  // namespace coresweep
