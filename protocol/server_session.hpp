// What `serve_connection<Session>` asks of a server session: bytes in, calls answered, bytes out.
// A session owns no socket, reads no clock and starts no thread.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <utility>

#include "protocol/bytes.hpp"
#include "protocol/call_handler.hpp"
#include "protocol/http2_frame.hpp"

namespace coresweep {

enum class SessionStatus {
  open,       ///< read on
  finished,   ///< both sides said goodbye: write what is in `output`, then close
  broken,     ///< the peer broke the protocol: write what is in `output` (GOAWAY), then close
  flooded,    ///< it kept the rules and asked for far too much: likewise
  not_http2,  ///< its first bytes are another protocol's: close
  // Said by who owns the socket and the clock, never by a session:
  timed_out,  ///< the peer took too long
  lost,       ///< the connection is gone
};

/// Why a server ends a connection whose peer kept the protocol.
enum class Goodbye {
  draining,  ///< the server stops, and what has begun may come to its end: RFC 9113, section 6.8
  stopping,  ///< the server stops
  too_slow,  ///< the peer began something and did not finish it in time
  too_much,  ///< the peer makes the server hold too much
};

/// The one code that speaks of time is for SETTINGS; whatever comes too late after them is a
/// nuisance (RFC 9113, section 7).
[[nodiscard]] constexpr http2::ErrorCode goodbye_code(Goodbye why, bool settings_seen) {
  switch (why) {
    case Goodbye::draining:
    case Goodbye::stopping:
      return http2::ErrorCode::no_error;
    case Goodbye::too_slow:
      return settings_seen ? http2::ErrorCode::enhance_your_calm
                           : http2::ErrorCode::settings_timeout;
    case Goodbye::too_much:
      return http2::ErrorCode::enhance_your_calm;
  }
  return http2::ErrorCode::internal_error;
}

/// The last stream that a GOAWAY names, of those up to `last_seen`: one that drains names none yet.
[[nodiscard]] constexpr std::uint32_t last_stream(Goodbye why, std::uint32_t last_seen) {
  return why == Goodbye::draining ? http2::kMaxStreamId : last_seen;
}

template <class Session>
concept ServerSession =
    requires(Session session, Bytes input, CallHandler& handler, std::string& output) {
      /// Takes all of `input`, answers every call that it completes, appends to `output`.
      { session.receive(input, handler, output) } -> std::same_as<SessionStatus>;
      /// Appends a GOAWAY: what is answered so far is all that will be. Only `draining` lets the
      /// session go on, and asks the peer to begin nothing new.
      { session.shut_down(Goodbye::stopping, output) } -> std::same_as<void>;
      /// The peer's preface and SETTINGS have come.
      { std::as_const(session).has_greeted() } -> std::same_as<bool>;
      /// Something has begun that the peer has to finish: the greeting, a frame, a request, a reply
      /// that waits for its window.
      { std::as_const(session).is_unfinished() } -> std::same_as<bool>;
      /// Bytes kept for the peer, roughly: of its requests in parts, and of replies not sent.
      { std::as_const(session).held() } -> std::same_as<std::size_t>;
      /// Calls since it began, with whatever status.
      { std::as_const(session).calls_answered() } -> std::same_as<std::uint64_t>;
    };

}  // namespace coresweep
