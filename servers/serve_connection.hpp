// One connection, from its acceptance to its close: read a batch, answer all its calls, write once.
#pragma once

#include "servers/connection_task.hpp"
#include "servers/loop.hpp"
#include "servers/server_options.hpp"

namespace coresweep {

/// Serves `socket` on its loop until either side ends it. The coroutine owns the socket: returning
/// closes it.
using ServeConnection = ConnectionTask (*)(Socket socket, Loop& loop);

/// The one place that chooses who speaks HTTP/2.
[[nodiscard]] ServeConnection serve_connection_with(Http2 http2);

}  // namespace coresweep
