// Accepts connections one after another and starts serving each.
#pragma once

#include "servers/listen_on.hpp"
#include "servers/placement.hpp"
#include "servers/server.hpp"

namespace coresweep {

/// Starts a coroutine on `listening` that accepts until that loop stops. Every connection lives
/// where `placement` says and is served with what the server's `http2` option names.
void accept_on(Listener listener, Loop& listening, Placement placement, Server& server);

}  // namespace coresweep
