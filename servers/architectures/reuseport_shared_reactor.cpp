// reuseport_shared_reactor: one epoll set, run by N threads, that N SO_REUSEPORT
// listeners are in. Nobody builds this: it is half the step from shared_reactor
// to reuseport_loops.
//
//              +-------------------------+    thread 0
//   clients -> | listeners 0 .. N-1      | -> thread 1   any thread takes the next ready
//              | epoll set, ready queue  |    ...        connection, whichever it is
//              +-------------------------+    thread N-1
//
// Saves: new connections wait in N queues under N locks, and are accepted by several threads at
//        once. What it gains over shared_reactor is the listener's share of the whole step.
// Pays:  all that shared_reactor pays once a connection is there.
#include "servers/accept_loop.hpp"
#include "servers/architecture.hpp"
#include "servers/listen_on.hpp"
#include "servers/loop_group.hpp"

namespace coresweep {

void reuseport_shared_reactor(Server& server) {
  const ServerOptions& options = server.options();

  // 1. How many loops? One, made for as many threads as question 4 gives it.
  LoopGroup loops({.loops = 1, .threads_per_loop = options.threads}, server);

  // 2. Who listens? The loop, on as many SO_REUSEPORT listeners as it has threads.
  std::vector<Listener> listeners = listen_sharing(options, options.threads);
  const auto endpoint = listeners[0].endpoint;

  // 3. Where does an accepted connection live? On the loop.
  for (Listener& listener : listeners) {
    accept_on(std::move(listener), loops[0], live_on(loops[0]), server);
  }

  // 4. How many threads run each loop? All of them.
  loops.run(endpoint);
}

}  // namespace coresweep
