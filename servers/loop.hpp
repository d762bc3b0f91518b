// One loop: an io_context, so one epoll set and one queue, with the sockets that live on it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>

#include "servers/connection_registry.hpp"
#include "servers/held_memory.hpp"
#include "servers/open_connections.hpp"

namespace coresweep {

struct Loop {
  /// `all_open` and `all_held`: the connections of all loops, and what they make the server hold.
  /// Asio sizes its locking by the number of threads: 1 spares a lone thread the waking of others;
  /// see docs/decisions/0002-concurrency-hint.md.
  Loop(int threads, OpenConnections& all_open, HeldMemory& all_held, std::chrono::seconds time)
      : patience(time), open(all_open), registry(all_held), io(threads) {}

  const std::chrono::seconds patience;  ///< with a connection that finishes nothing
  OpenConnections& open;
  ConnectionRegistry registry;
  boost::asio::io_context io;
};

// The loop's own executor type, not the type-erased default: smaller sockets, no indirect calls.
using LoopExecutor = boost::asio::io_context::executor_type;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, LoopExecutor>;
using Listener = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, LoopExecutor>;
using LoopTask = boost::asio::awaitable<void, LoopExecutor>;

}  // namespace coresweep
