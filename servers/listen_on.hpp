// Opens listening sockets, for whatever will wait for them: one alone on its port, or several that
// share it.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <span>
#include <stdexcept>
#include <vector>

#include "servers/server_options.hpp"
#include "support/file_descriptor.hpp"

namespace coresweep {

/// The port cannot be had. what() is the line for the operator.
struct ListenError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Listener {
  FileDescriptor socket;  ///< not blocking
  boost::asio::ip::tcp::endpoint endpoint;
};

/// One listener, alone on the port. Throws ListenError, as do all of these.
[[nodiscard]] Listener listen_alone(const ServerOptions& options);

/// `count` listeners, all on one port through SO_REUSEPORT: the kernel hashes each new connection
/// to one of them. Nobody else's listener is on that port, or ListenError is thrown: a server left
/// over from an earlier run would silently take its share of the connections.
[[nodiscard]] std::vector<Listener> listen_sharing(const ServerOptions& options, int count);

/// `count` descriptors of the one listener, the given among them: whoever accepts first has the
/// connection.
[[nodiscard]] std::vector<Listener> listen_together(Listener listener, int count);

/// From now on the kernel gives a connection that CPU `cpus[i]` takes from the network to
/// `listeners[i]`, and those of other CPUs to that CPU's number modulo their number. The listeners
/// are those of one listen_sharing(), in its order.
void steer_by_cpu(std::span<const Listener> listeners, std::span<const int> cpus);

}  // namespace coresweep
