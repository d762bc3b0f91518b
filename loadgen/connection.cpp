#include "loadgen/connection.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <system_error>

namespace coresweep {
namespace {

// Acknowledgements that a server asks for and does not take: its own requests never come near this.
constexpr std::size_t kMostPending = std::size_t{4} << 20;
constexpr timeval kConnectTimeout{.tv_sec = 5, .tv_usec = 0};

std::string error_text(int error) { return std::system_category().message(error); }

}  // namespace

std::string Connection::connect(const SocketAddress& address) {
  socket_ = FileDescriptor(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket_.is_open()) {
    return error_text(errno);
  }
  const int on = 1;
  ::setsockopt(socket(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  // Bounds a blocking connect too: Linux, socket(7).
  ::setsockopt(socket(), SOL_SOCKET, SO_SNDTIMEO, &kConnectTimeout, sizeof(kConnectTimeout));
  if (::connect(socket(), address.get(), address.size) != 0) {
    return errno == EINPROGRESS ? "no answer within 5 s" : error_text(errno);
  }
  if (::fcntl(socket(), F_SETFL, O_NONBLOCK) != 0) {
    return error_text(errno);
  }
  session_.open(output_);
  return flush() ? std::string() : lost_because_;
}

bool Connection::read(std::vector<std::uint8_t>& buffer, std::vector<FinishedCall>& finished) {
  const ssize_t size = ::recv(socket(), buffer.data(), buffer.size(), 0);
  if (size < 0) {
    if (errno == EAGAIN || errno == EINTR) {
      return true;
    }
    lost_because_ = error_text(errno);
    return false;
  }
  if (size == 0) {
    lost_because_ = "the server closed the connection";
    return false;
  }
  if (!session_.receive({buffer.data(), static_cast<std::size_t>(size)}, finished, output_)) {
    lost_because_ = fmt::format("the server sent {}", session_.broken_because());
    return false;
  }
  if (output_.size() > kMostPending) {
    lost_because_ = "the server wants answers and does not read them";
    return false;
  }
  return true;
}

bool Connection::flush() {
  if (output_.empty()) {
    return true;
  }
  const ssize_t sent = ::send(socket(), output_.data(), output_.size(), MSG_NOSIGNAL);
  if (sent < 0) {
    if (errno == EAGAIN || errno == EINTR) {
      return true;
    }
    lost_because_ = error_text(errno);
    return false;
  }
  if (static_cast<std::size_t>(sent) == output_.size()) {
    output_.clear();
  } else {
    output_.erase(0, static_cast<std::size_t>(sent));
  }
  return true;
}

}  // namespace coresweep
