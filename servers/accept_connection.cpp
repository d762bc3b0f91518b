#include "servers/accept_connection.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "servers/server_thread.hpp"

namespace coresweep {

Accepted accept_connection(int listener, int flags, const ConnectionRegistry& registry) {
  FileDescriptor accepted(::accept4(listener, nullptr, nullptr, flags | SOCK_CLOEXEC));
  if (accepted.is_open()) {
    return {Accepting::taken, std::move(accepted)};
  }
  if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) {
    return {Accepting::nothing, {}};
  }
  if (!registry.stopping()) {
    ServerThread::current().counters.accept_errors.add(1);
  }
  return {Accepting::failing, {}};
}

}  // namespace coresweep
