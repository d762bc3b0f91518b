// The one place that chooses who speaks HTTP/2.
#pragma once

#include <type_traits>

#include "protocol/lean_server_session.hpp"
#include "protocol/nghttp2_server_session.hpp"
#include "protocol/null_server_session.hpp"
#include "servers/server_options.hpp"

namespace coresweep {

/// What `make(std::type_identity<Session>())` returns for the session that `http2` names.
template <class Make>
[[nodiscard]] auto with_session(Http2 http2, Make make) {
  switch (http2) {
    case Http2::lean:
      return make(std::type_identity<LeanServerSession>());
    case Http2::nghttp2:
      return make(std::type_identity<Nghttp2ServerSession>());
    case Http2::null:
      return make(std::type_identity<NullServerSession>());
  }
  __builtin_unreachable();
}

}  // namespace coresweep
