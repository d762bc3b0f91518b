#include "protocol/reply_frames.hpp"

#include <array>
#include <cassert>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/grpc_frame.hpp"
#include "protocol/header_block.hpp"
#include "protocol/http2_frame.hpp"

namespace coresweep {
namespace {

using http2::FrameType;

constexpr std::uint8_t kLast = http2::kFlagEndHeaders | http2::kFlagEndStream;
constexpr char kTableSizeZero = '\x20';  // RFC 7541, section 6.3

struct Head {
  std::string bytes;     // HEADERS, DATA's header, the gRPC prefix
  std::size_t data = 0;  // where the DATA frame begins
};

Head make_head(const std::string& block) {
  Head head;
  http2::append_frame_header(head.bytes, {.length = static_cast<std::uint32_t>(block.size()),
                                          .type = FrameType::headers,
                                          .flags = http2::kFlagEndHeaders});
  head.bytes += block;
  head.data = head.bytes.size();
  http2::append_frame_header(head.bytes, {.type = FrameType::data});
  append_grpc_prefix(head.bytes, 0);
  return head;
}

std::string make_end(const std::string& block) {
  std::string frame;
  http2::append_frame_header(frame, {.length = static_cast<std::uint32_t>(block.size()),
                                     .type = FrameType::headers,
                                     .flags = kLast});
  return frame + block;
}

// Both in the order of ReplyFrames::Table: what is sent when the peer's table holds that much.
struct Encoded {
  std::array<Head, 4> heads;
  std::array<std::string, 4> trailers;  // the first is never sent: a head goes before
};

Encoded encode() {
  const std::vector<HeaderField> head{{":status", "200"}, {"content-type", "application/grpc"}};
  const std::vector<HeaderField> trailers{{"grpc-status", "0"}};
  const auto blocks =
      encode_in_turn({head, head, trailers, head, trailers}, http2::kDefaultHeaderTableSize);
  // The second block of two for a table of no size: the first carries the update.
  const auto plain_head = encode_headers(head, 0).later;
  const auto plain_trailers = encode_headers(trailers, 0).later;
  return {{make_head(blocks[0]), make_head(blocks[1]), make_head(blocks[3]), make_head(plain_head)},
          {std::string(), make_end(blocks[2]), make_end(blocks[4]), make_end(plain_trailers)}};
}

const Encoded& encoded() {
  static const Encoded made = encode();
  return made;
}

std::string encode_refusal(int status, std::string_view message) {
  const std::string number = std::to_string(status);
  if (message.empty()) {
    return make_end(encode_headers({{":status", number}}, 0).later);
  }
  return make_end(encode_headers({{":status", "200"},
                                  {"content-type", "application/grpc"},
                                  {"grpc-status", number},
                                  {"grpc-message", message},
                                  {"grpc-accept-encoding", "identity"}},
                                 0)
                      .later);
}

// A refusal's frame: of HTTP's own status without a message, of gRPC's with one. Encoded once a
// thread, since a client may ask for nothing else; the texts are static and few.
const std::string& refusal(int status, std::string_view message) {
  thread_local std::map<std::pair<int, std::string_view>, std::string> made;
  std::string& frame = made[{status, message}];
  if (frame.empty()) {
    frame = encode_refusal(status, message);
  }
  return frame;
}

}  // namespace

std::size_t ReplyFrames::append_head(std::string& output, std::uint32_t stream_id) {
  const Head& head = encoded().heads[static_cast<std::size_t>(table_)];
  const std::size_t start = output.size();
  output += head.bytes;
  http2::set_stream_id(output, start, stream_id);
  std::size_t data = start + head.data;
  http2::set_stream_id(output, data, stream_id);
  if (table_ == Table::empty) {
    table_ = Table::head;
  } else if (update_due_) {
    insert_update(output, start);
    ++data;
  }
  return data;
}

void ReplyFrames::set_length(std::string& output, std::size_t data) {
  const auto length = static_cast<std::uint32_t>(output.size() - data - http2::kFrameHeaderSize);
  http2::set_length(output, data, length);
  http2::write_u32(output.data() + data + http2::kFrameHeaderSize + 1,
                   length - static_cast<std::uint32_t>(kGrpcPrefixSize));
}

void ReplyFrames::append_trailers(std::string& output, std::uint32_t stream_id) {
  assert(table_ != Table::empty);
  const std::size_t start = output.size();
  output += encoded().trailers[static_cast<std::size_t>(table_)];
  http2::set_stream_id(output, start, stream_id);
  if (table_ == Table::head) {
    table_ = Table::head_and_trailers;
  } else if (update_due_) {
    insert_update(output, start);
  }
}

// Into the block of the HEADERS frame at `frame`. Once in a connection's life, if ever.
void ReplyFrames::insert_update(std::string& output, std::size_t frame) {
  update_due_ = false;
  const auto header = http2::read_frame_header(as_bytes(output).data() + frame);
  output.insert(frame + http2::kFrameHeaderSize, 1, kTableSizeZero);
  http2::set_length(output, frame, header.length + 1);
}

void ReplyFrames::append_error(std::string& output, std::uint32_t stream_id,
                               const CallResult& result) {
  append_end(output, stream_id, refusal(static_cast<int>(result.status), result.error));
}

void ReplyFrames::append_status(std::string& output, std::uint32_t stream_id, int http_status) {
  append_end(output, stream_id, refusal(http_status, {}));
}

// Blocks for a table of no size insert nothing, so they are right for any table.
void ReplyFrames::append_end(std::string& output, std::uint32_t stream_id,
                             const std::string& frame) {
  const std::size_t start = output.size();
  output += frame;
  http2::set_stream_id(output, start, stream_id);
  if (update_due_) {
    insert_update(output, start);
  }
}

void ReplyFrames::limit_table(std::uint32_t size) {
  if (size < http2::kDefaultHeaderTableSize && table_ != Table::unused) {
    table_ = Table::unused;
    update_due_ = true;
  }
}

}  // namespace coresweep
