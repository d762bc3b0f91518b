// shared_reactor: one acceptor and one epoll set, run by N threads: the code
// that most people write.
//
//              +-------------------------+    thread 0
//   clients -> | listener                | -> thread 1   any thread takes the next ready
//              | epoll set, ready queue  |    ...        connection, whichever it is
//              +-------------------------+    thread N-1
//
// Saves: nothing has to be shared out. An idle thread takes whatever is ready, so neither a few
//        connections nor one slow request leave a thread without work.
// Pays:  one queue under one lock, one thread in epoll_wait at a time which wakes the others, and a
//        connection whose memory moves from core to core with each batch.
#include "servers/accept_loop.hpp"
#include "servers/architecture.hpp"
#include "servers/listen_on.hpp"
#include "servers/loop_group.hpp"

namespace coresweep {

void shared_reactor(Server& server) {
  const ServerOptions& options = server.options();

  // 1. How many loops? One, made for as many threads as question 4 gives it.
  LoopGroup loops({.loops = 1, .threads_per_loop = options.threads}, server);

  // 2. Who listens? One listener, alone on the port.
  Listener listener = listen_alone(options);
  const auto endpoint = listener.endpoint;

  // 3. Where does an accepted connection live? On the loop.
  accept_on(std::move(listener), loops[0], live_on(loops[0]), server);

  // 4. How many threads run each loop? All of them.
  loops.run(endpoint);
}

}  // namespace coresweep
