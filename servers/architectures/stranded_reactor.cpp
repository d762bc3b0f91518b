// stranded_reactor: shared_reactor with a strand around each connection: the
// textbook server, which takes no chances.
//
//              +-------------------------+    thread 0
//   clients -> | listener                | -> thread 1   any thread takes the next ready
//              | epoll set, ready queue  |    ...        connection, through its strand
//              +-------------------------+    thread N-1
//
// Saves: thinking. A connection may have any number of operations under way, and no two of them
//        ever run at once.
// Pays:  all that shared_reactor pays, and for each completion a lock and a queue of its strand,
//        here for nothing: one operation at a time is under way anyhow.
#include "servers/accept_loop.hpp"
#include "servers/architecture.hpp"
#include "servers/listen_on.hpp"
#include "servers/loop_group.hpp"

namespace coresweep {

void stranded_reactor(Server& server) {
  const ServerOptions& options = server.options();

  // 1. How many loops? One, made for as many threads as question 4 gives it.
  LoopGroup loops({.loops = 1, .threads_per_loop = options.threads}, server);

  // 2. Who listens? One listener, alone on the port.
  Listener listener = listen_alone(options);
  const auto endpoint = listener.endpoint;

  // 3. Where does an accepted connection live? On the loop, behind a strand of its own.
  accept_on(std::move(listener), loops[0], live_behind_a_strand_on(loops[0]), server);

  // 4. How many threads run each loop? All of them.
  loops.run(endpoint);
}

}  // namespace coresweep
