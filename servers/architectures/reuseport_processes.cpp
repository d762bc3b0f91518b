// reuseport_processes: N processes, each with one loop and its own SO_REUSEPORT
// listener: nginx with `reuseport`.
//
//                +-------------+
//   clients -->  | listener 0  | -> process 0
//           -->  | listener 1  | -> process 1    a connection is hashed to one process
//           -->  | ...         |    ...          for life
//                +-------------+
//
// Saves: what all threads of a process share in the kernel and in the C library: its descriptor
//        table, its memory map, its allocator. What it gains over reuseport_loops is theirs. And
//        one process's death leaves the others.
// Pays:  what reuseport_loops pays, and a process's memory for each core. Limits are each
//        process's own.
#include "servers/accept_loop.hpp"
#include "servers/architecture.hpp"
#include "servers/listen_on.hpp"
#include "servers/loop_group.hpp"
#include "servers/process_group.hpp"

namespace coresweep {

void reuseport_processes(Server& server) {
  const ServerOptions& options = server.options();

  // 1. How many loops? One, in each of as many processes as there would be threads.
  constexpr LoopCount kOfOneProcess{.loops = 1, .threads_per_loop = 1};

  // 2. Who listens? Each process, on its own SO_REUSEPORT listener.
  std::vector<Listener> listeners = listen_sharing(options, options.threads);

  run_processes(server, std::move(listeners), [](Server& part, Listener listener) {
    LoopGroup loops(kOfOneProcess, part);
    const auto endpoint = listener.endpoint;

    // 3. Where does an accepted connection live? In the process that accepted it.
    accept_on(std::move(listener), loops[0], live_on(loops[0]), part);

    // 4. How many threads run each loop? One.
    loops.run(endpoint);
  });
}

}  // namespace coresweep
