// One call in bytes, made once and sent again and again.
#pragma once

#include <string>
#include <string_view>

#include "protocol/header_block.hpp"

namespace coresweep {

/// Everything about a call that is the same each time. Shared by all connections, never changed.
struct CallTemplate {
  EncodedHeaders indexed;  ///< for a server with the default header table, or a larger one
  EncodedHeaders plain;    ///< for one that wants a smaller table: uses none at all
  std::string data;        ///< the DATA frame, with its gRPC prefix; stream number left open
  std::string reply;       ///< the whole body of a right answer, with its gRPC prefix
};

[[nodiscard]] CallTemplate make_call_template(std::string_view authority, std::string_view path,
                                              std::string_view request, std::string_view reply);

}  // namespace coresweep
