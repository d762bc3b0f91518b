#include "protocol/grpc_frame.hpp"

#include "protocol/http2_frame.hpp"

namespace coresweep {

GrpcMessage read_grpc_message(Bytes body) {
  if (body.size() < kGrpcPrefixSize) {
    return {GrpcFrameError::incomplete, {}};
  }
  if (body[0] != 0) {
    return {GrpcFrameError::compressed, {}};
  }
  const std::size_t size = http2::read_u32(body.data() + 1);
  const Bytes rest = body.subspan(kGrpcPrefixSize);
  if (rest.size() != size) {
    return {rest.size() < size ? GrpcFrameError::incomplete : GrpcFrameError::trailing, {}};
  }
  return {GrpcFrameError::none, rest};
}

bool is_grpc_content_type(std::string_view content_type) {
  constexpr std::string_view kType = "application/grpc";
  return content_type.starts_with(kType) &&
         (content_type.size() == kType.size() || content_type[kType.size()] == '+' ||
          content_type[kType.size()] == ';');
}

void append_grpc_prefix(std::string& output, std::size_t size) {
  output += '\0';
  http2::append_u32(output, static_cast<std::uint32_t>(size));
}

}  // namespace coresweep
