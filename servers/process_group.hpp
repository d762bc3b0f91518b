// Processes that serve beside each other, and the one that watches over them.
#pragma once

#include <vector>

#include "servers/listen_on.hpp"
#include "servers/server.hpp"

namespace coresweep {

/// Serves each listener in a process of its own: `serve(part, listener)` with one thread's options,
/// on that thread's CPU. To be called before any thread or io_context is made. Each process closes
/// the others' listeners: one that was held open by somebody else would go on taking connections
/// for a process that is dead.
///
/// Returns when the operator has stopped the server. One process's end leaves the others serving;
/// it is reported at once, and at the end thrown as std::runtime_error.
void run_processes(Server& server, std::vector<Listener> listeners,
                   void (*serve)(Server& part, Listener listener));

}  // namespace coresweep
