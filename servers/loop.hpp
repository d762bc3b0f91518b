// One loop: an io_context, so one epoll set (or one ring) and one queue, with the sockets that live
// on it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>

#include "servers/home.hpp"

namespace coresweep {

struct Loop : Home {
  /// Asio sizes its locking by the number of threads: 1 spares a lone thread the waking of others;
  /// see docs/decisions/0002-concurrency-hint.md.
  Loop(int threads, Server& server) : Home(server), io(threads) {
    // Asio makes the reactor with the first object that needs it. Made by a serving thread, with
    // the first connection dealt to it, it may find no descriptor left, and cannot be waked then.
    const boost::asio::steady_timer now(io);
  }

  boost::asio::io_context io;
};

// The loop's own executor type, not the type-erased default: smaller sockets, no indirect calls.
using LoopExecutor = boost::asio::io_context::executor_type;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, LoopExecutor>;
using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, LoopExecutor>;
using LoopTask = boost::asio::awaitable<void, LoopExecutor>;
using Timer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, LoopExecutor>;

}  // namespace coresweep
