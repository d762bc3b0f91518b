#include "servers/accept_loop.hpp"

#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>
#include <vector>

#include "servers/accept_connection.hpp"
#include "servers/farewell.hpp"
#include "servers/serve_connection.hpp"
#include "servers/server_thread.hpp"
#include "servers/socket_options.hpp"

namespace coresweep {
namespace {

using boost::asio::ip::tcp;
constexpr auto kAwait = boost::asio::as_tuple(boost::asio::use_awaitable_t<LoopExecutor>{});

struct Acceptance {
  Loop& listening;
  Placement placement;
  ServeConnection serve;
  tcp protocol;
  // A loop to which nothing has been dealt yet shall not leave for want of work.
  std::vector<boost::asio::executor_work_guard<LoopExecutor>> kept;
};

void begin(FileDescriptor accepted, const Acceptance& how) {
  set_connection_options(accepted.get());
  Loop& home = how.placement.home();
  // The bare descriptor goes to its home: made a socket here, it would wake that loop twice.
  boost::asio::dispatch(home.io, [accepted = std::move(accepted), &home, serve = how.serve,
                                  protocol = how.protocol]() mutable {
    Socket socket(home.io);
    boost::system::error_code refused;
    socket.assign(protocol, accepted.get(), refused);
    if (refused) {  // the kernel takes no more into any epoll set
      ThreadCounters& counters = ServerThread::current().counters;
      counters.accept_errors.add(1);
      counters.connections_begun.add(1);  // and closed: what is open here is their difference
      count_closed(home);
      return;
    }
    static_cast<void>(accepted.release());
    boost::system::error_code ignored;  // one already reset fails at its first read, too
    socket.non_blocking(true, ignored);
    serve(std::move(socket), home);
  });
}

// What waits to be accepted, or a part of it. False when accepting makes no sense for a while.
bool accept_some(int listener, Acceptance& how) {
  ThreadCounters& counters = ServerThread::current().counters;
  for (int i = 0; i < kMostAcceptedInTurn; ++i) {
    Accepted accepted = accept_connection(listener, SOCK_NONBLOCK, how.listening.registry);
    if (accepted.result != Accepting::taken) {
      return accepted.result == Accepting::nothing;
    }
    if (!how.listening.open.enter()) {
      counters.connections_refused.add(1);
      continue;
    }
    counters.connections_accepted.add(1);
    begin(std::move(accepted.connection), how);
    how.placement.taken();
  }
  return true;
}

LoopTask accept_loop(Acceptor acceptor, Acceptance how) {
  const ConnectionRegistry::Entry entry(how.listening.registry, acceptor.native_handle());
  while (!how.listening.registry.stopping()) {
    static_cast<void>(co_await acceptor.async_wait(Acceptor::wait_read, kAwait));
    if (!how.listening.registry.stopping() && !accept_some(acceptor.native_handle(), how)) {
      Timer pause(how.listening.io, kPauseAfterAcceptError);
      static_cast<void>(co_await pause.async_wait(kAwait));
    }
  }
}

}  // namespace

void accept_on(Listener listener, Loop& listening, Placement placement, Server& server) {
  const tcp protocol = listener.endpoint.protocol();
  Acceptor acceptor(listening.io, protocol, listener.socket.release());
  const ServeConnection serve = serve_connection_with(server.options().http2, placement.guarding());
  Acceptance how{
      .listening = listening,
      .placement = std::move(placement),
      .serve = serve,
      .protocol = protocol,
      .kept = {}};
  for (Loop* home : how.placement.homes()) {
    how.kept.emplace_back(home->io.get_executor());
  }
  boost::asio::co_spawn(listening.io, accept_loop(std::move(acceptor), std::move(how)),
                        boost::asio::detached);
}

}  // namespace coresweep
