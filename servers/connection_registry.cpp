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
  const std::size_t before = size_.load(std::memory_order_relaxed);
  if (size == 0 && before == 0) {
    return;
  }
  registry_.held_.add(size);
  registry_.held_.take(before);
  size_.store(static_cast<std::uint32_t>(size), std::memory_order_relaxed);
  went_on_.store(registry_.seconds_.load(std::memory_order_relaxed), std::memory_order_relaxed);
}

bool ConnectionRegistry::Entry::holds_much() const {
  constexpr std::uint32_t kLittle = 64 * 1'024;
  return size_.load(std::memory_order_relaxed) > kLittle;
}

bool ConnectionRegistry::Entry::holds_too_much() const {
  return holds_much() && registry_.held_.is_used_up();
}

void ConnectionRegistry::pass_second(std::size_t& shortage) {
  const std::lock_guard lock(mutex_);
  const std::uint32_t now = seconds_.load(std::memory_order_relaxed) + 1;
  seconds_.store(now, std::memory_order_relaxed);
  for (const auto& [fd, entry] : sockets_) {
    // The second in which it last went on may have begun late.
    const bool is_silent = now - entry->went_on_.load(std::memory_order_relaxed) > 1;
    const bool gives_up = shortage > 0 && is_silent && entry->holds_much();
    if (gives_up) {
      shortage -= std::min<std::size_t>(shortage, entry->size_.load(std::memory_order_relaxed));
    }
    if (gives_up || entry->due_.load(std::memory_order_relaxed) <= now) {
      const bool again = entry->overdue_.exchange(true, std::memory_order_relaxed);
      ::shutdown(fd, again ? SHUT_RDWR : SHUT_RD);
    }
  }
}

void ConnectionRegistry::stop_idle() {
  const std::lock_guard lock(mutex_);
  stopping_.store(true, std::memory_order_relaxed);
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
