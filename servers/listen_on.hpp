// Opens listeners: one alone on its port, or one a loop on a port they share.
#pragma once

#include <memory>
#include <span>
#include <stdexcept>
#include <vector>

#include "servers/loop.hpp"
#include "servers/server_options.hpp"

namespace coresweep {

/// The port cannot be had. what() is the line for the operator.
struct ListenError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// One listener on `loop`, alone on the port. Throws ListenError.
[[nodiscard]] Listener listen_alone(Loop& loop, const ServerOptions& options);

/// One listener a loop, all on one port through SO_REUSEPORT: the kernel hashes each new connection
/// to one of them. Nobody else's listener is on that port, or ListenError is thrown: a server left
/// over from an earlier run would silently take its share of the connections.
[[nodiscard]] std::vector<Listener> listen_on_each(std::span<const std::unique_ptr<Loop>> loops,
                                                   const ServerOptions& options);

}  // namespace coresweep
