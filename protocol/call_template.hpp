// Calls in bytes, made once and sent again and again.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/header_block.hpp"

namespace coresweep {

/// One request message and what has to come back. gRPC's prefix is in both.
struct RequestTemplate {
  std::string data;   ///< the DATA frame; stream number left open
  std::string reply;  ///< the whole body of a right answer; empty: any one message is right
};

/// Everything about calls of one method that is the same each time. Shared by all connections,
/// never changed.
struct CallTemplate {
  EncodedHeaders indexed;  ///< for a server with the default header table, or a larger one
  EncodedHeaders plain;    ///< for one that wants a smaller table: uses none at all
  std::vector<RequestTemplate> requests;  ///< at least one
};

/// Messages without gRPC's prefix.
struct Exchange {
  std::string request;
  bool any_reply = false;
  std::string reply;  ///< where not any is right
};

/// `metadata` follows the headers of our own. Requires at least one exchange, and messages of less
/// than 16 MB.
[[nodiscard]] CallTemplate make_call_template(std::string_view authority, std::string_view path,
                                              const std::vector<HeaderField>& metadata,
                                              const std::vector<Exchange>& exchanges);

/// Of a single exchange, without metadata.
[[nodiscard]] CallTemplate make_call_template(std::string_view authority, std::string_view path,
                                              std::string_view request, std::string_view reply);

}  // namespace coresweep
