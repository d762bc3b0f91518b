// shared_listener_loops: every loop waits for the one listener, and whoever is
// first has the connection: nginx before EPOLLEXCLUSIVE and reuseport.
//
//                                    +--------+
//              +----------+     +--> | loop 0 | -> thread 0
//   clients -> | listener | ----+--> | loop 1 | -> thread 1    a connection stays on the loop
//              +----------+     +--> | ...    |    ...         that won it
//                                    +--------+
//
// Saves: no thread accepts for the others, and a loop that is busy leaves new connections to those
//        that are not.
// Pays:  each connection wakes every idle loop, of which all but one find nothing (Asio cannot add
//        a listener with EPOLLEXCLUSIVE). Whoever wakes first gets most: the balance is luck.
#include "servers/accept_loop.hpp"
#include "servers/architecture.hpp"
#include "servers/listen_on.hpp"
#include "servers/loop_group.hpp"

namespace coresweep {

void shared_listener_loops(Server& server) {
  const ServerOptions& options = server.options();

  // 1. How many loops? One a thread.
  LoopGroup loops({.loops = options.threads, .threads_per_loop = 1}, server);

  // 2. Who listens? All loops, on the one listener.
  std::vector<Listener> listeners = listen_together(listen_alone(options), options.threads);
  const auto endpoint = listeners[0].endpoint;

  // 3. Where does an accepted connection live? On the loop that won it.
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    accept_on(std::move(listeners[i]), loops[i], live_on(loops[i]), server);
  }

  // 4. How many threads run each loop? One.
  loops.run(endpoint);
}

}  // namespace coresweep
