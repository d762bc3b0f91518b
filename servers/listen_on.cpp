#include "servers/listen_on.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <boost/asio/detail/socket_option.hpp>

#include "support/endpoint.hpp"

namespace coresweep {
namespace {

using boost::asio::ip::tcp;
using ReusePort = boost::asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
using ErrorCode = boost::system::error_code;

enum class Port { alone, shared };

[[noreturn]] void throw_listen_error(const tcp::endpoint& endpoint, const ErrorCode& error) {
  const std::string address = format_endpoint(endpoint.address().to_string(), endpoint.port());
  if (error == boost::asio::error::address_in_use) {
    throw ListenError(fmt::format(
        "{} is in use by another listener (--listen): stop it or choose another port", address));
  }
  throw ListenError(fmt::format("cannot listen on {} (--listen): {}", address, error.message()));
}

void check(const ErrorCode& error, const tcp::endpoint& endpoint) {
  if (error) {
    throw_listen_error(endpoint, error);
  }
}

Listener open_listener(Loop& loop, const tcp::endpoint& endpoint, int backlog, Port port) {
  Listener listener(loop.io);
  ErrorCode error;
  check(listener.open(endpoint.protocol(), error), endpoint);
  // Connections of an earlier run that linger in TIME_WAIT do not stand in the way.
  check(listener.set_option(tcp::acceptor::reuse_address(true), error), endpoint);
  if (port == Port::shared) {
    check(listener.set_option(ReusePort(true), error), endpoint);
  }
  check(listener.bind(endpoint, error), endpoint);
  check(listener.listen(backlog > 0 ? backlog : tcp::acceptor::max_listen_connections, error),
        endpoint);
  return listener;
}

}  // namespace

Listener listen_alone(Loop& loop, const ServerOptions& options) {
  return open_listener(loop, options.listen, options.backlog, Port::alone);
}

std::vector<Listener> listen_on_each(std::span<const std::unique_ptr<Loop>> loops,
                                     const ServerOptions& options) {
  // The guard listens alone first: only `listen` excludes, and it excludes sharers as well. Then it
  // lets our own in, and closes when they are all there.
  Listener guard = open_listener(*loops.front(), options.listen, 1, Port::alone);
  ErrorCode error;
  check(guard.set_option(ReusePort(true), error), options.listen);
  const tcp::endpoint endpoint = guard.local_endpoint(error);  // the port, when 0 was asked for
  check(error, options.listen);
  std::vector<Listener> listeners;
  for (const auto& loop : loops) {
    listeners.push_back(open_listener(*loop, endpoint, options.backlog, Port::shared));
  }
  return listeners;
}

}  // namespace coresweep
