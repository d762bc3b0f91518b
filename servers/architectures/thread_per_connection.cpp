// thread_per_connection: a thread for each connection, which reads and writes
// blocking: the baseline that event loops replaced.
//
//              +----------+     thread of connection 0
//   clients -> | listener | --> thread of connection 1    the kernel's scheduler is the loop;
//              +----------+     ...                       they share N CPUs
//
// Saves: no loop, no readiness, no state machine: a read that finds something costs one system
//        call where a loop needs a wait and a read.
// Pays:  a stack and a scheduled thread for each connection, and a context switch for each batch.
//        It refuses connections beyond the threads that it may have.
#include "servers/architecture.hpp"
#include "servers/connection_threads.hpp"
#include "servers/listen_on.hpp"

namespace coresweep {

void thread_per_connection(Server& server) {
  const ServerOptions& options = server.options();

  // 1. How many loops? None.
  ConnectionThreads threads(server);

  // 2. Who listens? One listener, alone on the port, with a thread of its own.
  Listener listener = listen_alone(options);
  const auto endpoint = listener.endpoint;

  // 3. Where does an accepted connection live? On a thread of its own.
  threads.accept_on(std::move(listener));

  // 4. How many threads run each loop? There is none: --threads is how many CPUs they share.
  threads.run(endpoint);
}

}  // namespace coresweep
