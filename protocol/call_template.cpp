#include "protocol/call_template.hpp"

#include <cstdint>

#include "protocol/grpc_frame.hpp"
#include "protocol/http2_frame.hpp"

namespace coresweep {
namespace {

RequestTemplate make_request(const Exchange& exchange) {
  RequestTemplate made;
  http2::append_frame_header(
      made.data, {.length = static_cast<std::uint32_t>(kGrpcPrefixSize + exchange.request.size()),
                  .type = http2::FrameType::data,
                  .flags = http2::kFlagEndStream});
  append_grpc_prefix(made.data, exchange.request.size());
  made.data += exchange.request;
  if (!exchange.any_reply) {
    append_grpc_prefix(made.reply, exchange.reply.size());
    made.reply += exchange.reply;
  }
  return made;
}

}  // namespace

CallTemplate make_call_template(std::string_view authority, std::string_view path,
                                const std::vector<HeaderField>& metadata,
                                const std::vector<Exchange>& exchanges) {
  std::vector<HeaderField> fields{{":method", "POST"},
                                  {":scheme", "http"},
                                  {":path", path},
                                  {":authority", authority},
                                  {"content-type", "application/grpc"},
                                  {"te", "trailers"},
                                  {"user-agent", "coresweep-loadgen"}};
  fields.insert(fields.end(), metadata.begin(), metadata.end());
  CallTemplate call;
  call.indexed = encode_headers(fields, http2::kDefaultHeaderTableSize);
  call.plain = encode_headers(fields, 0);
  for (const Exchange& exchange : exchanges) {
    call.requests.push_back(make_request(exchange));
  }
  return call;
}

CallTemplate make_call_template(std::string_view authority, std::string_view path,
                                std::string_view request, std::string_view reply) {
  return make_call_template(authority, path, {},
                            {{.request = std::string(request), .reply = std::string(reply)}});
}

}  // namespace coresweep
