#include "protocol/null_server_session.hpp"

#include <algorithm>
#include <utility>

#include "protocol/greeting.hpp"
#include "protocol/grpc_frame.hpp"
#include "protocol/header_block.hpp"

namespace coresweep {
namespace {

using http2::ErrorCode;
using http2::FrameType;

// Far from the 65,535 bytes that a connection starts with, far from the limit of the field.
constexpr std::uint32_t kWindow = 1U << 30;

// HEADERS, DATA and trailers of one reply, with room for the stream's number in each.
struct ReplyFrames {
  std::string bytes;
  std::size_t data = 0;      // where the DATA frame begins
  std::size_t trailers = 0;  // where the trailers' HEADERS frame begins
};

void append_frame(std::string& output, FrameType type, std::uint8_t flags,
                  std::string_view payload) {
  http2::append_frame_header(
      output, {.length = static_cast<std::uint32_t>(payload.size()), .type = type, .flags = flags});
  output += payload;
}

ReplyFrames make_reply() {
  // For a table of no size, so that the block is the same for every request of every connection;
  // `later`, as `first` carries the table size update.
  const auto head = encode_headers({{":status", "200"}, {"content-type", "application/grpc"}}, 0);
  const auto trailers = encode_headers({{"grpc-status", "0"}}, 0);
  const std::string message = encode_reply(NullServerSession::kName);
  std::string body;
  append_grpc_prefix(body, message.size());
  body += message;

  ReplyFrames reply;
  append_frame(reply.bytes, FrameType::headers, http2::kFlagEndHeaders, head.later);
  reply.data = reply.bytes.size();
  append_frame(reply.bytes, FrameType::data, 0, body);
  reply.trailers = reply.bytes.size();
  append_frame(reply.bytes, FrameType::headers, http2::kFlagEndHeaders | http2::kFlagEndStream,
               trailers.later);
  return reply;
}

void append_reply(std::string& output, std::uint32_t stream_id) {
  static const ReplyFrames reply = make_reply();
  const std::size_t start = output.size();
  output += reply.bytes;
  http2::set_stream_id(output, start, stream_id);
  http2::set_stream_id(output, start + reply.data, stream_id);
  http2::set_stream_id(output, start + reply.trailers, stream_id);
}

void append_greeting(std::string& output) {
  http2::append_frame_header(output, {.length = 6, .type = FrameType::settings});
  http2::append_setting(output, http2::Setting::max_concurrent_streams, 1'024);
  http2::append_window_update(output, 0, kWindow);
}

}  // namespace

SessionStatus NullServerSession::receive(Bytes input, CallHandler&, std::string& output) {
  if (preface_read_ < http2::kClientPreface.size()) {
    const std::string_view expected = http2::kClientPreface.substr(preface_read_);
    const std::size_t size = std::min(expected.size(), input.size());
    if (as_text(input.first(size)) != expected.substr(0, size)) {
      return SessionStatus::not_http2;
    }
    preface_read_ += size;
    input = input.subspan(size);
    if (preface_read_ < http2::kClientPreface.size()) {
      return SessionStatus::open;
    }
    append_greeting(output);
  }
  const ErrorCode error = frames_.read(input, [&](const http2::FrameHeader& header, Bytes payload) {
    return on_frame(header, payload, output);
  });
  if (error != ErrorCode::no_error) {
    http2::append_goaway(output, last_stream_id_, error);
    return SessionStatus::broken;
  }
  return SessionStatus::open;
}

ErrorCode NullServerSession::on_frame(const http2::FrameHeader& header, Bytes payload,
                                      std::string& output) {
  switch (header.type) {
    case FrameType::headers:
    case FrameType::data:
      if (header.type == FrameType::data) {
        unacknowledged_ += header.length;
        if (unacknowledged_ >= kWindow / 2) {
          http2::append_window_update(output, 0, std::exchange(unacknowledged_, 0));
        }
      }
      if (header.has(http2::kFlagEndStream)) {
        last_stream_id_ = std::max(last_stream_id_, header.stream_id);
        append_reply(output, header.stream_id);
        ++calls_answered_;
      }
      return ErrorCode::no_error;
    case FrameType::settings:
      settings_seen_ = true;
      if (!header.has(http2::kFlagAck)) {
        http2::append_settings_ack(output);
      }
      return ErrorCode::no_error;
    case FrameType::ping:
      if (payload.size() != 8) {
        return ErrorCode::frame_size_error;
      }
      if (!header.has(http2::kFlagAck)) {
        http2::append_ping_ack(output, payload);
      }
      return ErrorCode::no_error;
    default:
      return ErrorCode::no_error;
  }
}

void NullServerSession::shut_down(Goodbye why, std::string& output) {
  http2::append_goaway(output, last_stream(why, last_stream_id_),
                       goodbye_code(why, settings_seen_));
}

}  // namespace coresweep
