#include "protocol/call_template.hpp"

#include <cstdint>
#include <vector>

#include "protocol/grpc_frame.hpp"
#include "protocol/http2_frame.hpp"

namespace coresweep {

CallTemplate make_call_template(std::string_view authority, std::string_view path,
                                std::string_view request, std::string_view reply) {
  const std::vector<HeaderField> fields{{":method", "POST"},
                                        {":scheme", "http"},
                                        {":path", path},
                                        {":authority", authority},
                                        {"content-type", "application/grpc"},
                                        {"te", "trailers"},
                                        {"user-agent", "coresweep-loadgen"}};
  CallTemplate call;
  call.indexed = encode_headers(fields, http2::kDefaultHeaderTableSize);
  call.plain = encode_headers(fields, 0);

  http2::append_frame_header(
      call.data, {.length = static_cast<std::uint32_t>(kGrpcPrefixSize + request.size()),
                  .type = http2::FrameType::data,
                  .flags = http2::kFlagEndStream});
  append_grpc_prefix(call.data, request.size());
  call.data += request;

  append_grpc_prefix(call.reply, reply.size());
  call.reply += reply;
  return call;
}

}  // namespace coresweep
