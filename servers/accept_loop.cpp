#include "servers/accept_loop.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

#include "servers/serve_connection.hpp"
#include "servers/server_thread.hpp"

namespace coresweep {
namespace {

using boost::asio::ip::tcp;
using namespace std::chrono_literals;
using Timer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, LoopExecutor>;
constexpr auto kAwait = boost::asio::as_tuple(boost::asio::use_awaitable_t<LoopExecutor>{});

// Without a free descriptor every accept fails at once: waiting a little keeps the loop for those
// connections that are there.
constexpr auto kPauseAfterError = 50ms;
// A peer that stops reading its replies is let go after this.
constexpr unsigned kStuckWriterMs = 10'000;
constexpr int kSilentBeforeAskedS = 120;

void set_options(Socket& socket) {
  boost::system::error_code
      ignored;  // a connection already reset fails here, and at its first read
  socket.set_option(tcp::no_delay(true), ignored);
  socket.non_blocking(true, ignored);
  // A silent peer may be gone without a word: the kernel asks after two minutes.
  socket.set_option(boost::asio::socket_base::keep_alive(true), ignored);
  ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_KEEPIDLE, &kSilentBeforeAskedS,
               sizeof(kSilentBeforeAskedS));
  ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &kStuckWriterMs,
               sizeof(kStuckWriterMs));
}

struct Acceptance {
  Loop& listening;
  Loop& home;
  ServeConnection serve;
};

LoopTask accept_loop(Listener listener, Acceptance how) {
  const ConnectionRegistry::Entry entry(how.listening.registry, listener.native_handle());
  while (true) {
    auto [error, socket] = co_await listener.async_accept(how.home.io, kAwait);
    if (how.listening.registry.stopping()) {
      break;
    }
    ThreadCounters& counters = ServerThread::current().counters;
    if (error) {
      counters.accept_errors.add(1);
      Timer pause(how.listening.io, kPauseAfterError);
      co_await pause.async_wait(kAwait);
      continue;
    }
    if (!how.home.open.enter()) {
      counters.connections_refused.add(1);
      continue;
    }
    counters.connections_accepted.add(1);
    set_options(socket);
    boost::asio::dispatch(how.home.io, [socket = std::move(socket), how]() mutable {
      how.serve(std::move(socket), how.home);
    });
  }
}

}  // namespace

void accept_on(Listener listener, Loop& listening, Loop& home, Server& server) {
  boost::asio::co_spawn(
      listening.io,
      accept_loop(std::move(listener), {.listening = listening,
                                        .home = home,
                                        .serve = serve_connection_with(server.options().http2)}),
      boost::asio::detached);
}

}  // namespace coresweep
