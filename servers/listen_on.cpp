#include "servers/listen_on.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/filter.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

#include "support/endpoint.hpp"

namespace coresweep {
namespace {

using boost::asio::ip::tcp;

[[noreturn]] void throw_listen_error(const tcp::endpoint& endpoint, int error) {
  const std::string address = format_endpoint(endpoint.address().to_string(), endpoint.port());
  if (error == EADDRINUSE) {
    throw ListenError(fmt::format(
        "{} is in use by another listener (--listen): stop it or choose another port", address));
  }
  throw ListenError(fmt::format("cannot listen on {} (--listen): {}", address,
                                std::system_category().message(error)));
}

void set_on(const FileDescriptor& socket, int option, const tcp::endpoint& endpoint) {
  const int on = 1;
  if (::setsockopt(socket.get(), SOL_SOCKET, option, &on, sizeof(on)) != 0) {
    throw_listen_error(endpoint, errno);
  }
}

FileDescriptor open_socket(const tcp::endpoint& endpoint) {
  FileDescriptor socket(::socket(endpoint.protocol().family(),
                                 SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  if (!socket.is_open()) {
    throw_listen_error(endpoint, errno);
  }
  // Connections of an earlier run that linger in TIME_WAIT do not stand in the way.
  set_on(socket, SO_REUSEADDR, endpoint);
  return socket;
}

Listener listen_on(FileDescriptor socket, tcp::endpoint endpoint, int backlog) {
  if (::bind(socket.get(), endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0 ||
      ::listen(socket.get(), backlog > 0 ? backlog : SOMAXCONN) != 0) {
    throw_listen_error(endpoint, errno);
  }
  auto size = static_cast<socklen_t>(endpoint.capacity());
  if (::getsockname(socket.get(), endpoint.data(), &size) != 0) {  // the port, when 0 was asked for
    throw_listen_error(endpoint, errno);
  }
  return {std::move(socket), endpoint};
}

}  // namespace

Listener listen_alone(const ServerOptions& options) {
  return listen_on(open_socket(options.listen), options.listen, options.backlog);
}

std::vector<Listener> listen_sharing(const ServerOptions& options, int count) {
  // The first stands guard: it listens alone, since only `listen` excludes, and excludes sharers as
  // well; then it lets our own in. It stays, so that the kernel numbers them as we do: one that
  // closed would have the last moved to its place.
  const int backlog =
      options.divides_backlog ? (options.backlog + count - 1) / count : options.backlog;
  std::vector<Listener> listeners;
  listeners.push_back(listen_on(open_socket(options.listen), options.listen, backlog));
  const tcp::endpoint endpoint = listeners.front().endpoint;
  set_on(listeners.front().socket, SO_REUSEPORT, endpoint);
  while (listeners.size() < static_cast<std::size_t>(count)) {
    FileDescriptor socket = open_socket(endpoint);
    set_on(socket, SO_REUSEPORT, endpoint);
    listeners.push_back(listen_on(std::move(socket), endpoint, backlog));
  }
  return listeners;
}

std::vector<Listener> listen_together(Listener listener, int count) {
  std::vector<Listener> listeners;
  listeners.push_back(std::move(listener));
  while (listeners.size() < static_cast<std::size_t>(count)) {
    const Listener& first = listeners.front();
    FileDescriptor socket(::fcntl(first.socket.get(), F_DUPFD_CLOEXEC, 0));
    if (!socket.is_open()) {
      throw_listen_error(first.endpoint, errno);
    }
    listeners.push_back({std::move(socket), first.endpoint});
  }
  return listeners;
}

void steer_by_cpu(std::span<const Listener> listeners, std::span<const int> cpus) {
  if (listeners.size() < 2) {
    return;  // the kernel takes no program where there is nothing to choose from
  }
  std::vector<sock_filter> program{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_CPU))};
  for (std::uint32_t i = 0; i < cpus.size(); ++i) {
    program.push_back(
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(cpus[i]), 0, 1));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, i));
  }
  program.push_back(
      BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, static_cast<std::uint32_t>(listeners.size())));
  program.push_back(BPF_STMT(BPF_RET | BPF_A, 0));
  const sock_fprog whole{.len = static_cast<std::uint16_t>(program.size()),
                         .filter = program.data()};
  if (::setsockopt(listeners.front().socket.get(), SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &whole,
                   sizeof(whole)) != 0) {
    throw ListenError(fmt::format("cannot steer connections by CPU: {}",
                                  std::system_category().message(errno)));
  }
}

}  // namespace coresweep
