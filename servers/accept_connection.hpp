// One connection from a listener, and what it means when there is none: the same for all who
// accept, whatever they wait with.
#pragma once

#include <chrono>

#include "servers/connection_registry.hpp"
#include "support/file_descriptor.hpp"

namespace coresweep {

/// A storm of connects shall not keep a thread from the connections that it has.
inline constexpr int kMostAcceptedInTurn = 16;
/// Without a free descriptor every accept fails at once: waiting a little keeps the thread for
/// those connections that are there.
inline constexpr std::chrono::milliseconds kPauseAfterAcceptError{50};

enum class Accepting {
  taken,    ///< there is a connection
  nothing,  ///< none waits, or one has gone again
  failing,  ///< it makes no sense for a while
};

struct Accepted {
  Accepting result;
  FileDescriptor connection;
};

/// `flags`: of accept4, beside SOCK_CLOEXEC. On a server's thread, which counts the error unless
/// `registry` is stopping: then a listener's end is none.
[[nodiscard]] Accepted accept_connection(int listener, int flags,
                                         const ConnectionRegistry& registry);

}  // namespace coresweep
