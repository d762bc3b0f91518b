#include "servers/connection_registry.hpp"

#include <sys/socket.h>

namespace coresweep {

ConnectionRegistry::Entry::Entry(ConnectionRegistry& registry, int fd)
    : registry_(registry), fd_(fd) {
  const std::lock_guard lock(registry_.mutex_);
  registry_.sockets_.insert(fd_);
  if (registry_.stopping_) {
    ::shutdown(fd_, SHUT_RD);
  }
}

ConnectionRegistry::Entry::~Entry() {
  const std::lock_guard lock(registry_.mutex_);
  registry_.sockets_.erase(fd_);
}

void ConnectionRegistry::stop_reading() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  for (const int fd : sockets_) {
    ::shutdown(fd, SHUT_RD);
  }
}

void ConnectionRegistry::stop_writing() {
  const std::lock_guard lock(mutex_);
  for (const int fd : sockets_) {
    ::shutdown(fd, SHUT_RDWR);
  }
}

bool ConnectionRegistry::stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

}  // namespace coresweep
