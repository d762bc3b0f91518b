#include "protocol/grpc_request.hpp"

#include "protocol/grpc_frame.hpp"

namespace coresweep {

void GrpcRequestHead::add_field(std::string_view name, std::string_view value) {
  if (name == ":path") {
    path = value.substr(0, kMaxPath);
  } else if (name == "content-type") {
    is_grpc = is_grpc || is_grpc_content_type(value);
  } else if (name == "grpc-encoding") {
    is_compressed = is_compressed || value != "identity";
  }
}

std::optional<CallResult> refused_by_head(const GrpcRequestHead& head, const CallHandler& handler) {
  if (!handler.has_method(head.path)) {
    return CallResult{GrpcStatus::unimplemented, "unknown method"};
  }
  if (head.is_compressed) {
    return CallResult{GrpcStatus::unimplemented, "only identity encoding is taken"};
  }
  return std::nullopt;
}

CallResult call_with_body(const GrpcRequestHead& head, Bytes body, CallHandler& handler,
                          std::string& reply) {
  const GrpcMessage request = read_grpc_message(body);
  if (request.error == GrpcFrameError::compressed) {
    return {GrpcStatus::internal, "compressed without grpc-encoding"};
  }
  if (request.error != GrpcFrameError::none) {
    return {GrpcStatus::internal, "not exactly one gRPC message"};
  }
  return handler.call(head.path, request.message, reply);
}

}  // namespace coresweep
