// Where connections live: what a set of them shares, whoever waits for their sockets.
#pragma once

#include <chrono>

#include "servers/connection_registry.hpp"
#include "servers/open_connections.hpp"
#include "servers/server.hpp"

namespace coresweep {

struct Home {
  explicit Home(Server& server)
      : patience(server.options().patience),
        handler_wait(server.options().handler_wait),
        open(server.open_connections()),
        registry(server.held_memory()) {}

  const std::chrono::seconds patience;          ///< with a connection that finishes nothing
  const std::chrono::nanoseconds handler_wait;  ///< of every call, beside its CPU time
  OpenConnections& open;                        ///< of all homes
  ConnectionRegistry registry;
};

}  // namespace coresweep
