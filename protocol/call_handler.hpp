// What a server session calls for each request it has read whole, or refuses unread.
#pragma once

#include <string>
#include <string_view>

#include "protocol/bytes.hpp"

namespace coresweep {

/// gRPC's status codes, as far as we send or expect them.
enum class GrpcStatus : int {
  ok = 0,
  unknown = 2,
  resource_exhausted = 8,
  unimplemented = 12,
  internal = 13,
};

struct CallResult {
  GrpcStatus status = GrpcStatus::ok;
  std::string_view error;  ///< for people, static text; empty when ok
};

/// Of what a connection asked too much.
enum class Refusal {
  stream,       ///< over the limit of open streams
  header_list,  ///< answered with 431
  message,      ///< or more than the connection may keep here: status 8
};

class CallHandler {
 public:
  /// Whether `path` ("/package.Service/Method") can be called: asked before a request's body is
  /// looked at, since a server that has no such method cannot know what a right body is.
  [[nodiscard]] virtual bool has_method(std::string_view path) const = 0;

  /// Answers the unary call of `path`, which it has, with `message`, the request without its gRPC
  /// prefix: appends the reply, without a prefix too, to `reply`.
  [[nodiscard]] virtual CallResult call(std::string_view path, Bytes message,
                                        std::string& reply) = 0;

  /// Told, for whoever counts: the session refuses by itself.
  virtual void on_refused(Refusal) {}

 protected:
  ~CallHandler() = default;
};

}  // namespace coresweep
