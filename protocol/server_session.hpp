// What `serve_connection<Session>` asks of a server session: bytes in, calls answered, bytes out.
// A session owns no socket, reads no clock and starts no thread.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>

#include "protocol/bytes.hpp"
#include "protocol/call_handler.hpp"

namespace coresweep {

enum class SessionStatus {
  open,       ///< read on
  finished,   ///< both sides said goodbye: write what is in `output`, then close
  broken,     ///< the peer broke the protocol: write what is in `output` (GOAWAY), then close
  flooded,    ///< it kept the rules and asked for far too much: likewise
  not_http2,  ///< its first bytes are another protocol's: close
};

template <class Session>
concept ServerSession =
    requires(Session session, Bytes input, CallHandler& handler, std::string& output) {
      /// Takes all of `input`, answers every call that it completes, appends to `output`.
      { session.receive(input, handler, output) } -> std::same_as<SessionStatus>;
      /// Appends a GOAWAY: the server stops, and what is answered so far is all that will be.
      { session.shut_down(output) } -> std::same_as<void>;
      /// Calls answered since the session began, with whatever status.
      { session.calls_answered() } -> std::same_as<std::uint64_t>;
    };

}  // namespace coresweep
