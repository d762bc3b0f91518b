#include "servers/connection_registry.hpp"

#include <sys/socket.h>

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
  const std::lock_guard lock(registry_.mutex_);
  registry_.sockets_.erase(fd_);
}

void ConnectionRegistry::Entry::allow(std::chrono::seconds time) {
  // The second under way may be nearly over: it does not count.
  const std::uint64_t now = registry_.seconds_.load(std::memory_order_relaxed);
  due_.store(now + static_cast<std::uint64_t>(time.count()) + 1, std::memory_order_relaxed);
}

void ConnectionRegistry::pass_second() {
  const std::lock_guard lock(mutex_);
  const std::uint64_t now = seconds_.load(std::memory_order_relaxed) + 1;
  seconds_.store(now, std::memory_order_relaxed);
  for (const auto& [fd, entry] : sockets_) {
    if (entry->due_.load(std::memory_order_relaxed) <= now) {
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
