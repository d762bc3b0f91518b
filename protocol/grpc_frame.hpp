// gRPC's length-prefixed message ("gRPC over HTTP/2", Length-Prefixed-Message): one byte of flags,
// four of length, the message.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "protocol/bytes.hpp"

namespace coresweep {

inline constexpr std::size_t kGrpcPrefixSize = 5;

enum class GrpcFrameError {
  none,
  incomplete,  ///< fewer bytes than the prefix promises, or no prefix at all
  compressed,  ///< the compressed flag is set
  trailing,    ///< bytes behind the message: a unary call has exactly one
};

/// A unary call's one message out of its whole body; `message` lies inside `body`.
struct GrpcMessage {
  GrpcFrameError error = GrpcFrameError::none;
  Bytes message;
};
[[nodiscard]] GrpcMessage read_grpc_message(Bytes body);

/// True for "application/grpc" alone, or followed by "+proto" or by parameters.
[[nodiscard]] bool is_grpc_content_type(std::string_view content_type);

/// Appends the prefix of an uncompressed message of `size` bytes.
void append_grpc_prefix(std::string& output, std::size_t size);

}  // namespace coresweep
