#include "protocol/client_session.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <charconv>
#include <utility>

namespace coresweep {
namespace {

using http2::ErrorCode;
using http2::FrameHeader;
using http2::FrameType;

// A reply is a few dozen bytes: this much can never hold up a server.
constexpr std::uint32_t kConnectionWindow = 1U << 30;
constexpr std::uint32_t kStreamWindow = 1U << 20;
// A reply's headers are far below; a server that goes on and on is not listened to.
constexpr std::size_t kMaxHeaderBlock = 16'384;

int parse_int(std::string_view text, int otherwise) {
  int value = otherwise;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? value : otherwise;
}

}  // namespace

ClientSession::ClientSession(const CallTemplate& call, std::uint32_t max_calls)
    : call_(&call), max_calls_(max_calls), calls_(std::bit_ceil(std::size_t{2} * max_calls)) {
  assert(max_calls > 0);
}

void ClientSession::open(std::string& output) {
  output += http2::kClientPreface;
  http2::append_frame_header(output, {.length = 12, .type = FrameType::settings});
  http2::append_setting(output, http2::Setting::enable_push, 0);
  http2::append_setting(output, http2::Setting::initial_window_size, kStreamWindow);
  http2::append_window_update(output, 0, kConnectionWindow - http2::kDefaultWindow);
}

bool ClientSession::receive(Bytes input, std::vector<FinishedCall>& finished, std::string& output) {
  const ErrorCode error = frames_.read(input, [&](const FrameHeader& header, Bytes payload) {
    return on_frame(header, payload, finished, output);
  });
  if (error == ErrorCode::no_error) {
    return true;
  }
  if (broken_because_.empty()) {
    broken_because_ = "a frame above the size limit";
  }
  http2::append_goaway(output, 0, error);
  return false;
}

ErrorCode ClientSession::fail(ErrorCode error, std::string_view why) {
  broken_because_ = why;
  return error;
}

bool ClientSession::can_start() const {
  const auto size = static_cast<std::int64_t>(call_->data.size() - http2::kFrameHeaderSize);
  return settings_received_ && !going_away_ &&
         in_flight_ < std::min(max_calls_, server_max_calls_) && size <= send_window_ &&
         size <= server_initial_window_ &&
         next_stream_id_ <= http2::kMaxStreamId - 2 * static_cast<std::uint32_t>(calls_.size());
}

std::size_t ClientSession::place_of(std::uint32_t stream_id) const {
  return (stream_id >> 1) & (calls_.size() - 1);
}

ClientSession::Call* ClientSession::find(std::uint32_t stream_id) {
  Call& call = calls_[place_of(stream_id)];
  return stream_id != 0 && call.stream_id == stream_id ? &call : nullptr;
}

void ClientSession::start_call(std::uint64_t tag, std::string& output) {
  assert(can_start());
  while (calls_[place_of(next_stream_id_)].stream_id != 0) {
    next_stream_id_ += 2;
  }
  const std::uint32_t stream_id = std::exchange(next_stream_id_, next_stream_id_ + 2);
  calls_[place_of(stream_id)] = {.tag = tag, .stream_id = stream_id};
  ++in_flight_;

  const EncodedHeaders& headers = plain_headers_ ? call_->plain : call_->indexed;
  const std::string& block = std::exchange(sent_a_block_, true) ? headers.later : headers.first;
  http2::append_frame_header(output, {.length = static_cast<std::uint32_t>(block.size()),
                                      .type = FrameType::headers,
                                      .flags = http2::kFlagEndHeaders,
                                      .stream_id = stream_id});
  output += block;
  const std::size_t data = output.size();
  output += call_->data;
  http2::set_stream_id(output, data, stream_id);
  send_window_ -= static_cast<std::int64_t>(call_->data.size() - http2::kFrameHeaderSize);
}

ErrorCode ClientSession::on_frame(const FrameHeader& header, Bytes payload,
                                  std::vector<FinishedCall>& finished, std::string& output) {
  if (continued_stream_id_ != 0 &&
      (header.type != FrameType::continuation || header.stream_id != continued_stream_id_)) {
    return fail(ErrorCode::protocol_error, "a header block interrupted by another frame");
  }
  switch (header.type) {
    case FrameType::data:
      return on_data(header, payload, finished, output);
    case FrameType::headers:
    case FrameType::continuation:
      return on_headers(header, payload, finished);
    case FrameType::settings:
      return on_settings(header, payload, output);
    case FrameType::window_update:
      return on_window_update(header, payload);
    case FrameType::goaway:
      return on_goaway(payload, finished);
    case FrameType::rst_stream:
      if (payload.size() != 4) {
        return fail(ErrorCode::frame_size_error, "an RST_STREAM of a wrong size");
      }
      if (Call* const call = find(header.stream_id)) {
        finish(*call, CallOutcome::reset, finished);
      }
      return ErrorCode::no_error;
    case FrameType::ping:
      if (payload.size() != 8) {
        return fail(ErrorCode::frame_size_error, "a PING of a wrong size");
      }
      if (!header.has(http2::kFlagAck)) {
        http2::append_ping_ack(output, payload);
      }
      return ErrorCode::no_error;
    case FrameType::push_promise:
      return fail(ErrorCode::protocol_error, "a PUSH_PROMISE, which our SETTINGS forbid");
    case FrameType::priority:
      return ErrorCode::no_error;
  }
  return ErrorCode::no_error;  // unknown types are ignored: RFC 9113, section 4.1
}

ErrorCode ClientSession::on_headers(const FrameHeader& header, Bytes payload,
                                    std::vector<FinishedCall>& finished) {
  if (header.type == FrameType::headers) {
    if (!http2::strip_padding(header, payload)) {
      return fail(ErrorCode::protocol_error, "HEADERS padded beyond their payload");
    }
    if (header.has(http2::kFlagEndHeaders)) {
      return on_header_block(header.stream_id, payload, header.flags, finished);
    }
    continued_stream_id_ = header.stream_id;
    continued_flags_ = header.flags;
  } else if (continued_stream_id_ == 0) {
    return fail(ErrorCode::protocol_error, "a CONTINUATION that continues nothing");
  }
  append(continued_block_, payload);
  if (continued_block_.size() > kMaxHeaderBlock) {
    return fail(ErrorCode::protocol_error, "a header block above the size limit");
  }
  if (!header.has(http2::kFlagEndHeaders)) {
    return ErrorCode::no_error;
  }
  const std::string block = std::exchange(continued_block_, {});
  return on_header_block(std::exchange(continued_stream_id_, 0), as_bytes(block), continued_flags_,
                         finished);
}

ErrorCode ClientSession::on_header_block(std::uint32_t stream_id, Bytes block, std::uint8_t flags,
                                         std::vector<FinishedCall>& finished) {
  // Decoded also for streams that are gone: the dynamic table is the connection's.
  const ReplyFields* const fields =
      decoder_.decode(block, [](ReplyFields& reply, std::string_view name, std::string_view value) {
        if (name == ":status") {
          reply.http_status = parse_int(value, 0);
        } else if (name == "grpc-status") {
          reply.grpc_status = parse_int(value, -1);
        }
      });
  if (fields == nullptr) {
    return fail(ErrorCode::compression_error, "a header block that cannot be decoded");
  }
  Call* const call = find(stream_id);
  if (call == nullptr) {
    return ErrorCode::no_error;
  }
  if (fields->http_status != 0) {
    call->status_right = fields->http_status == 200;
  }
  if ((flags & http2::kFlagEndStream) != 0) {
    finish_by_trailers(*call, *fields, finished);
  }
  return ErrorCode::no_error;
}

void ClientSession::finish_by_trailers(Call& call, const ReplyFields& fields,
                                       std::vector<FinishedCall>& finished) {
  CallOutcome outcome = CallOutcome::answered;
  if (!call.status_right || fields.grpc_status != 0) {
    outcome = CallOutcome::wrong_status;
  } else if (!call.payload_right || call.reply_read != call_->reply.size()) {
    outcome = CallOutcome::wrong_payload;
  }
  finish(call, outcome, finished);
}

ErrorCode ClientSession::on_data(const FrameHeader& header, Bytes payload,
                                 std::vector<FinishedCall>& finished, std::string& output) {
  // Padding counts against the window too: what was received is the frame's whole length.
  received_since_update_ += header.length;
  if (received_since_update_ >= kConnectionWindow / 2) {
    http2::append_window_update(output, 0, std::exchange(received_since_update_, 0));
  }
  if (!http2::strip_padding(header, payload)) {
    return fail(ErrorCode::protocol_error, "DATA padded beyond their payload");
  }
  Call* const call = find(header.stream_id);
  if (call == nullptr) {
    return ErrorCode::no_error;
  }
  const Bytes expected = as_bytes(call_->reply).subspan(call->reply_read);
  if (call->payload_right && payload.size() <= expected.size() &&
      std::equal(payload.begin(), payload.end(), expected.begin())) {
    call->reply_read += static_cast<std::uint32_t>(payload.size());
  } else {
    call->payload_right = false;
  }
  if (header.has(http2::kFlagEndStream)) {
    finish(*call, CallOutcome::wrong_status, finished);  // no trailers, so no grpc-status
  }
  return ErrorCode::no_error;
}

ErrorCode ClientSession::on_settings(const FrameHeader& header, Bytes payload,
                                     std::string& output) {
  if (header.stream_id != 0 || payload.size() % 6 != 0 ||
      (header.has(http2::kFlagAck) && !payload.empty())) {
    return fail(ErrorCode::frame_size_error, "a SETTINGS frame of a wrong form");
  }
  if (header.has(http2::kFlagAck)) {
    return ErrorCode::no_error;
  }
  for (; !payload.empty(); payload = payload.subspan(6)) {
    const std::uint32_t value = http2::read_u32(payload.data() + 2);
    switch (static_cast<http2::Setting>(http2::read_u16(payload.data()))) {
      case http2::Setting::header_table_size:
        if (value < http2::kDefaultHeaderTableSize && !plain_headers_) {
          plain_headers_ = true;
          sent_a_block_ = false;  // the next block announces the smaller table
        }
        break;
      case http2::Setting::max_concurrent_streams:
        server_max_calls_ = value;
        break;
      case http2::Setting::initial_window_size:
        if (value > http2::kMaxWindow) {
          return fail(ErrorCode::flow_control_error, "an initial window above 2^31-1");
        }
        server_initial_window_ = value;
        break;
      default:
        break;
    }
  }
  settings_received_ = true;
  http2::append_settings_ack(output);
  return ErrorCode::no_error;
}

ErrorCode ClientSession::on_window_update(const FrameHeader& header, Bytes payload) {
  if (payload.size() != 4) {
    return fail(ErrorCode::frame_size_error, "a WINDOW_UPDATE of a wrong size");
  }
  if (header.stream_id == 0) {
    send_window_ += http2::read_u32(payload.data()) & http2::kMaxWindow;
    if (send_window_ > http2::kMaxWindow) {
      return fail(ErrorCode::flow_control_error, "a window above 2^31-1");
    }
  }
  return ErrorCode::no_error;  // a stream's: its one request was sent whole
}

ErrorCode ClientSession::on_goaway(Bytes payload, std::vector<FinishedCall>& finished) {
  if (payload.size() < 8) {
    return fail(ErrorCode::frame_size_error, "a GOAWAY of a wrong size");
  }
  going_away_ = true;
  const std::uint32_t last_stream_id = http2::read_u32(payload.data()) & http2::kMaxStreamId;
  for (Call& call : calls_) {
    if (call.stream_id > last_stream_id) {
      finish(call, CallOutcome::goaway, finished);
    }
  }
  return ErrorCode::no_error;
}

void ClientSession::finish(Call& call, CallOutcome outcome, std::vector<FinishedCall>& finished) {
  finished.push_back({call.tag, outcome});
  call.stream_id = 0;
  --in_flight_;
}

}  // namespace coresweep
