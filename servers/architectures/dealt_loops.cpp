// dealt_loops: one loop accepts for all and deals the connections out in turn, as
// Netty, memcached and actix do.
//
//                                    +--------+
//              +----------+     +--> | loop 0 | -> thread 0
//   clients -> | listener | ----+--> | loop 1 | -> thread 1    a connection stays where it
//              +----------+     +--> | ...    |    ...         was dealt
//               on loop 0            +--------+
//
// Saves: the loops have equally many connections, to one, where a hash leaves some with twice the
//        mean. After the accept nothing is shared.
// Pays:  one thread accepts for all, and each connection starts on a loop that had to be woken for
//        it: churn is limited by that one thread. A busy connection is one like any other.
#include "servers/accept_loop.hpp"
#include "servers/architecture.hpp"
#include "servers/listen_on.hpp"
#include "servers/loop_group.hpp"

namespace coresweep {

void dealt_loops(Server& server) {
  const ServerOptions& options = server.options();

  // 1. How many loops? One a thread.
  LoopGroup loops({.loops = options.threads, .threads_per_loop = 1}, server);

  // 2. Who listens? The first loop, alone on the port.
  Listener listener = listen_alone(options);
  const auto endpoint = listener.endpoint;

  // 3. Where does an accepted connection live? On each loop in turn.
  accept_on(std::move(listener), loops[0], deal_to(loops.all()), server);

  // 4. How many threads run each loop? One.
  loops.run(endpoint);
}

}  // namespace coresweep
