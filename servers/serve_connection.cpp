#include "servers/serve_connection.hpp"

#include <array>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/strand.hpp>
#include <cstdint>
#include <memory>
#include <utility>

#include "servers/conversation.hpp"
#include "servers/farewell.hpp"
#include "servers/with_session.hpp"

namespace coresweep {
namespace {

using boost::asio::buffer;

struct ByTurns {
  explicit ByTurns(Loop&) {}
  template <class Handler>
  [[nodiscard]] Handler&& bind(Handler&& handler) const {
    return std::move(handler);
  }
};

struct ByStrand {
  explicit ByStrand(Loop& loop) : strand(loop.io.get_executor()) {}
  template <class Handler>
  [[nodiscard]] auto bind(Handler&& handler) const {
    return boost::asio::bind_executor(strand, std::move(handler));
  }
  boost::asio::strand<LoopExecutor> strand;
};

ConnectionTask say_farewell(Socket socket, Loop& loop) {
  Farewell farewell(socket.native_handle(), loop);
  std::array<std::uint8_t, 64> own;
  do {
    const auto [error, size] = co_await Transfer(
        [&](auto&& handler) { socket.async_read_some(buffer(own), std::move(handler)); });
    if (error) {
      break;
    }
    farewell.discarded(size);
  } while (farewell.go_on());
  count_closed(loop);
}

template <ServerSession Session, class Guard>
ConnectionTask serve_connection(Socket socket, Loop& loop) {
  Wants last = Wants::read;
  {
    const Guard guard(loop);
    std::unique_ptr<Timer> timer;  // made at the first pause: most servers know none
    Conversation<Session> talk(socket.native_handle(), loop);
    do {
      // One await for all of it: each would have a place of its own in every connection's frame.
      const auto [error, size] = co_await Transfer([&](auto&& handler) {
        if (talk.wants() == Wants::read) {
          const auto room = talk.room();
          socket.async_read_some(buffer(room.data(), room.size()),
                                 guard.bind(std::move(handler)));
        } else if (talk.wants() == Wants::write) {
          const Bytes rest = talk.rest();
          socket.async_write_some(buffer(rest.data(), rest.size()),
                                  guard.bind(std::move(handler)));
        } else {
          timer = std::make_unique<Timer>(loop.io, loop.handler_wait);
          timer->async_wait(guard.bind(std::move(handler)));
        }
      });
      talk.go_on(failed_if(bool{error}), size);
    } while (!talk.is_over());
    last = talk.wants();
  }
  if (last == Wants::farewell) {
    say_farewell(std::move(socket), loop);
  } else {
    count_closed(loop);
  }
}

}  // namespace

ServeConnection serve_connection_with(Http2 http2, Guarding guarding) {
  return with_session(http2, [guarding]<class Session>(std::type_identity<Session>) {
    return guarding == Guarding::by_turns ? ServeConnection{serve_connection<Session, ByTurns>}
                                          : ServeConnection{serve_connection<Session, ByStrand>};
  });
}

}  // namespace coresweep
