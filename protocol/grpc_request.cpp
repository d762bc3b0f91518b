#include "protocol/grpc_request.hpp"

#include "protocol/grpc_frame.hpp"

namespace coresweep {
namespace {

// "gRPC over HTTP/2", Timeout: at most eight digits and a unit.
bool is_timeout(std::string_view value) {
  constexpr std::size_t kMostDigits = 8;
  if (value.size() < 2 || value.size() > kMostDigits + 1) {
    return false;
  }
  const std::string_view digits = value.substr(0, value.size() - 1);
  return digits.find_first_not_of("0123456789") == std::string_view::npos &&
         std::string_view("HMSmun").find(value.back()) != std::string_view::npos;
}

}  // namespace

void GrpcRequestHead::add_field(std::string_view name, std::string_view value) {
  if (name == ":path") {
    path = value.substr(0, kMaxPath);
  } else if (name == "content-type") {
    is_grpc = is_grpc || is_grpc_content_type(value);
  } else if (name == ":method") {
    is_post = value == "POST";
  } else if (name == "grpc-encoding") {
    is_compressed = is_compressed || value != "identity";
  } else if (name == "grpc-timeout") {
    // Calls are answered as they are read, so no deadline passes here: only its form is looked at.
    is_timeout_wrong = is_timeout_wrong || !is_timeout(value);
  }
}

int refused_by_http(const GrpcRequestHead& head) {
  if (!head.is_post) {
    return 405;
  }
  return head.is_grpc ? 0 : 415;
}

std::optional<CallResult> refused_by_head(const GrpcRequestHead& head, const CallHandler& handler) {
  if (!handler.has_method(head.path)) {
    return CallResult{GrpcStatus::unimplemented, "unknown method"};
  }
  if (head.is_compressed) {
    return CallResult{GrpcStatus::unimplemented, "only identity encoding is taken"};
  }
  if (head.is_timeout_wrong) {
    return CallResult{GrpcStatus::internal, "malformed grpc-timeout"};
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
