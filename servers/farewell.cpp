#include "servers/farewell.hpp"

#include <sys/socket.h>

#include <cerrno>

#include "servers/server_thread.hpp"

namespace coresweep {
namespace {

// For a peer that was sent away, and may have sent more before it knows.
constexpr std::chrono::seconds kTimeToLinger{1};
constexpr std::size_t kMostDiscarded = std::size_t{8} << 20;

}  // namespace

Farewell::Farewell(int socket, Home& home) : socket_(socket), entry_(home.registry, socket) {
  entry_.allow(kTimeToLinger);
  ::shutdown(socket, SHUT_WR);
}

bool Farewell::go_on() {
  auto& input = ServerThread::current().input;
  while (discarded_ < kMostDiscarded) {
    const ssize_t size = ::recv(socket_, input.data(), input.size(), MSG_DONTWAIT);
    if (size <= 0) {
      return size < 0 && (errno == EAGAIN || errno == EINTR);
    }
    discarded_ += static_cast<std::size_t>(size);
  }
  return false;
}

void count_closed(Home& home) {
  ServerThread::current().counters.connections_closed.add(1);
  home.open.leave();
}

}  // namespace coresweep
