// steered_loops: one loop a thread, each with its own SO_REUSEPORT listener, and
// the kernel picks the listener of the CPU that took the connection's packet
// from the network: libreactor.
//
//             +-------+     +------------+
//   queue 0 ->| CPU 0 | --> | listener 0 | -> thread 0
//   queue 1 ->| CPU 1 | --> | listener 1 | -> thread 1    a table from CPU to loop in place
//   ...       | ...   |     | ...        |    ...         of a hash; for life
//             +-------+     +------------+
//
// Saves: a packet is worked on by the core that took it, from the network card to the answer: no
//        core is woken by another, no cache line moves.
// Pays:  the balance is the network's, by its own hash over its queues. On loopback the CPU that
//        takes a packet is the client's, so there it means nothing. Needs --pin to mean anything.
#include "servers/accept_loop.hpp"
#include "servers/architecture.hpp"
#include "servers/listen_on.hpp"
#include "servers/loop_group.hpp"

namespace coresweep {

void steered_loops(Server& server) {
  const ServerOptions& options = server.options();

  // 1. How many loops? One a thread.
  LoopGroup loops({.loops = options.threads, .threads_per_loop = 1}, server);

  // 2. Who listens? Each loop, on its own SO_REUSEPORT listener, for its own CPU.
  std::vector<Listener> listeners = listen_sharing(options, options.threads);
  const auto endpoint = listeners[0].endpoint;
  steer_by_cpu(listeners, pinned_cpus(options));

  // 3. Where does an accepted connection live? On the loop of the CPU that took its first packet.
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    accept_on(std::move(listeners[i]), loops[i], live_on(loops[i]), server);
  }

  // 4. How many threads run each loop? One.
  loops.run(endpoint);
}

}  // namespace coresweep
