// A unary gRPC request on the server's side, whoever speaks HTTP/2 there: what its headers ask for,
// and what it is answered ("gRPC over HTTP/2", Requests).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/bytes.hpp"
#include "protocol/call_handler.hpp"

namespace coresweep {

/// gRPC's own default for the largest message a server takes (bytes).
inline constexpr std::size_t kMaxGrpcMessage = std::size_t{4} << 20;

inline constexpr CallResult kMessageTooLarge{GrpcStatus::resource_exhausted, "request too large"};

/// As much of a request's headers as decides its answer.
struct GrpcRequestHead {
  static constexpr std::size_t kMaxPath = 1'024;

  std::string path;  ///< cut at kMaxPath: no method of ours has a longer one
  bool is_post = false;
  bool is_grpc = false;           ///< its content-type says so
  bool is_compressed = false;     ///< its grpc-encoding is another than identity
  bool is_timeout_wrong = false;  ///< its grpc-timeout is none

  void add_field(std::string_view name, std::string_view value);
};

/// The HTTP status for a request that is none of gRPC's (405, 415); 0 when it is one.
[[nodiscard]] int refused_by_http(const GrpcRequestHead& head);

/// The answer to a gRPC request that no message could make a good one; nothing when it may be.
[[nodiscard]] std::optional<CallResult> refused_by_head(const GrpcRequestHead& head,
                                                        const CallHandler& handler);

/// The answer to `body`, all the DATA of a request whose head is not refused. Appends the reply,
/// without a gRPC prefix, to `reply`.
[[nodiscard]] CallResult call_with_body(const GrpcRequestHead& head, Bytes body,
                                        CallHandler& handler, std::string& reply);

}  // namespace coresweep
