// Accepts connections one after another and starts serving each.
#pragma once

#include "servers/loop.hpp"
#include "servers/server.hpp"

namespace coresweep {

/// Starts a coroutine on `listener`'s loop that accepts until that loop stops. Every connection it
/// accepts lives on `home` and is served with what the server's `http2` option names.
void accept_on(Listener listener, Loop& listening, Loop& home, Server& server);

}  // namespace coresweep
