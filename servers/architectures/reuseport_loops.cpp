// reuseport_loops: N loops of one thread each, each with its own listener on the same port.
//
//              +----------------------+
//           -> | listener 0, epoll 0  | -> thread 0     a connection is hashed to a listener
//   clients -> | listener 1, epoll 1  | -> thread 1     by its addresses and ports, and stays
//           -> | ...                  |    ...          with that thread for life
//              +----------------------+
//
// Saves: nothing is shared: no lock is contended, no thread wakes another, and the memory of a
//        connection stays in one core's cache.
// Pays:  the hash deals blindly. With few connections some threads have none, and a thread with a
//        hot or slow connection gets no help from an idle neighbour.
#include "servers/accept_loop.hpp"
#include "servers/architecture.hpp"
#include "servers/listen_on.hpp"
#include "servers/loop_group.hpp"

namespace coresweep {

void reuseport_loops(Server& server) {
  const ServerOptions& options = server.options();

  // 1. How many loops? One a thread.
  LoopGroup loops({.loops = options.threads, .threads_per_loop = 1}, server);

  // 2. Who listens? Each loop, on its own SO_REUSEPORT listener.
  std::vector<Listener> listeners = listen_sharing(options, options.threads);
  const auto endpoint = listeners[0].endpoint;

  // 3. Where does an accepted connection live? On the loop that accepted it.
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    accept_on(std::move(listeners[i]), loops[i], live_on(loops[i]), server);
  }

  // 4. How many threads run each loop? One.
  loops.run(endpoint);
}

}  // namespace coresweep
