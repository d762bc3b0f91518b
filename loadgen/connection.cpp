#include "loadgen/connection.hpp"

#include <fmt/format.h>
#include <linux/tcp.h>  // the C library's tcp_info ends before the segments
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

namespace coresweep {
namespace {

// Acknowledgements that a server asks for and does not take: requests never come near this.
constexpr std::size_t kMostPending = std::size_t{4} << 20;

}  // namespace

bool Connection::fail(int error) {
  error_ = error;
  lost_because_ = std::system_category().message(error);
  return false;
}

bool Connection::begin_connect(const SocketAddress& to, const SocketAddress* source) {
  session_ = ClientSession(*call_, streams_);
  output_.clear();
  error_ = 0;
  lost_because_.clear();
  socket_ = FileDescriptor(::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket_.is_open()) {
    return fail(errno);
  }
  const int on = 1;
  ::setsockopt(socket(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (source != nullptr) {
    // The port is chosen when the other end is known: it only has to differ from others there.
    ::setsockopt(socket(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
    if (::bind(socket(), source->get(), source->size) != 0) {
      return fail(errno);
    }
  }
  session_.open(output_);
  if (::connect(socket(), to.get(), to.size) == 0) {
    connecting_ = false;
    return flush();
  }
  connecting_ = errno == EINPROGRESS;
  return connecting_ || fail(errno);
}

bool Connection::finish_connect() {
  int error = 0;
  socklen_t size = sizeof(error);
  ::getsockopt(socket(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) {
    return fail(error);
  }
  connecting_ = false;
  return flush();
}

Segments Connection::segments() const {
  tcp_info info{};  // an older kernel fills in less of it
  socklen_t size = sizeof(info);
  if (is_open()) {
    ::getsockopt(socket(), IPPROTO_TCP, TCP_INFO, &info, &size);
  }
  return {.sent = info.tcpi_segs_out, .retransmitted = info.tcpi_total_retrans,
          .retransmitted_needlessly = info.tcpi_dsack_dups};
}

Segments Connection::close(Close how) {
  const Segments sent = segments();
  if (how == Close::reset && is_open()) {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  }
  socket_.reset();
  connecting_ = false;
  return sent;
}

bool Connection::read(std::vector<std::uint8_t>& buffer, std::vector<FinishedCall>& finished) {
  const ssize_t size = ::recv(socket(), buffer.data(), buffer.size(), 0);
  may_have_more_ = size == static_cast<ssize_t>(buffer.size());
  if (size < 0) {
    if (errno == EAGAIN || errno == EINTR) {
      return true;
    }
    return fail(errno);
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
  while (!output_.empty() && !connecting_) {
    const ssize_t sent = ::send(socket(), output_.data(), output_.size(), MSG_NOSIGNAL);
    if (sent < 0) {
      return errno == EAGAIN || errno == EINTR || fail(errno);
    }
    if (static_cast<std::size_t>(sent) < output_.size()) {
      output_.erase(0, static_cast<std::size_t>(sent));
      return true;
    }
    output_.clear();
    session_.send_what_waits(output_);
  }
  return true;
}

}  // namespace coresweep
