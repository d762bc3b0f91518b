// One loop: an io_context, so one epoll set and one queue, with the sockets that live on it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "servers/connection_registry.hpp"

namespace coresweep {

struct Loop {
  /// Asio sizes its locking by the hint: 1 spares a lone thread the waking of others; see
  /// docs/decisions/0002-concurrency-hint.md.
  explicit Loop(int threads) : io(threads) {}

  ConnectionRegistry registry;
  boost::asio::io_context io;
};

// The loop's own executor type, not the type-erased default: smaller sockets, no indirect calls.
using LoopExecutor = boost::asio::io_context::executor_type;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, LoopExecutor>;
using Listener = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, LoopExecutor>;
using LoopTask = boost::asio::awaitable<void, LoopExecutor>;

}  // namespace coresweep
