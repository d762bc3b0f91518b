// Accepts connections one after another and starts serving each.
#pragma once

#include "servers/loop.hpp"
#include "servers/server_options.hpp"

namespace coresweep {

/// Starts a coroutine on `listener`'s loop that accepts until that loop stops. Every connection it
/// accepts lives on `home` and is served with what `options.http2` names.
void accept_on(Listener listener, Loop& listening, Loop& home, const ServerOptions& options);

}  // namespace coresweep
