#include "servers/socket_options.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace coresweep {
namespace {

// A peer that stops reading its replies is let go after this.
constexpr int kStuckWriterMs = 10'000;
constexpr int kSilentBeforeAskedS = 120;

// A connection already reset fails here, and at its first read.
void set(int socket, int level, int option, int value) {
  static_cast<void>(::setsockopt(socket, level, option, &value, sizeof(value)));
}

}  // namespace

void set_connection_options(int socket) {
  set(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  // A silent peer may be gone without a word: the kernel asks after two minutes.
  set(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(socket, IPPROTO_TCP, TCP_KEEPIDLE, kSilentBeforeAskedS);
  set(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, kStuckWriterMs);
}

}  // namespace coresweep
