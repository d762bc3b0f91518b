// One connection on a loop of Asio's, from its acceptance to its close.
#pragma once

#include "servers/connection_task.hpp"
#include "servers/loop.hpp"
#include "servers/placement.hpp"
#include "servers/server_options.hpp"

namespace coresweep {

/// Serves `socket` on its loop until either side ends it. The coroutine owns the socket: returning
/// closes it.
using ServeConnection = ConnectionTask (*)(Socket socket, Loop& loop);

/// Who speaks HTTP/2, and what guards the connection.
[[nodiscard]] ServeConnection serve_connection_with(Http2 http2, Guarding guarding);

}  // namespace coresweep
