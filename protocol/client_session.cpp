#include "protocol/client_session.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

namespace coresweep {
namespace {

using http2::FrameType;

// A stream's window holds a right reply and this: it need not be given back.
constexpr std::size_t kRoomForPadding = std::size_t{1} << 20;

std::size_t longest_reply(const CallTemplate& call) {
  std::size_t longest = 0;
  for (const RequestTemplate& request : call.requests) {
    longest =
        std::max(longest, request.reply.empty() ? ClientSession::kMostReply : request.reply.size());
  }
  return longest;
}

}  // namespace

ClientSession::ClientSession(const CallTemplate& call, std::uint32_t max_calls,
                             std::uint32_t first_stream_id)
    : call_(&call),
      max_calls_(max_calls),
      calls_(std::bit_ceil(std::size_t{2} * max_calls)),
      next_stream_id_(first_stream_id) {
  assert(max_calls > 0 && first_stream_id % 2 == 1);
}

void ClientSession::open(std::string& output) {
  output += http2::kClientPreface;
  http2::append_frame_header(output, {.length = 12, .type = FrameType::settings});
  http2::append_setting(output, http2::Setting::enable_push, 0);
  http2::append_setting(output, http2::Setting::initial_window_size,
                        static_cast<std::uint32_t>(longest_reply(*call_) + kRoomForPadding));
  http2::append_window_update(output, 0, kConnectionWindow - http2::kDefaultWindow);
}

bool ClientSession::receive(Bytes input, std::vector<FinishedCall>& finished, std::string& output) {
  const Turn turn{finished, output};
  const Error error = frames_.read(
      input, [&](const Frame& header, Bytes payload) { return on_frame(header, payload, turn); });
  if (error == Error::no_error) {
    return true;
  }
  if (broken_because_.empty()) {
    broken_because_ = settings_received_ ? "a frame above the size limit" : "no HTTP/2 at all";
  }
  http2::append_goaway(output, 0, error);
  return false;
}

ClientSession::Error ClientSession::fail(Error error, std::string_view why) {
  broken_because_ = why;
  return error;
}

ClientSession::Error ClientSession::on_frame(const Frame& header, Bytes payload, Turn turn) {
  if (!settings_received_ && (header.type != FrameType::settings || header.has(http2::kFlagAck))) {
    return fail(Error::protocol_error, "another frame before its SETTINGS");
  }
  if (continued_stream_id_ != 0 &&
      (header.type != FrameType::continuation || header.stream_id != continued_stream_id_)) {
    return fail(Error::protocol_error, "a header block interrupted by another frame");
  }
  switch (header.type) {
    case FrameType::data:
      return on_data(header, payload, turn);
    case FrameType::headers:
      return on_headers(header, payload, turn);
    case FrameType::continuation:
      return on_continuation(header, payload, turn);
    case FrameType::settings:
      return on_settings(header, payload, turn);
    case FrameType::window_update:
      return on_window_update(header, payload, turn);
    case FrameType::ping:
      return on_ping(header, payload, turn);
    case FrameType::goaway:
      return on_goaway(header, payload, turn);
    case FrameType::rst_stream:
      return on_rst_stream(header, payload, turn);
    case FrameType::priority:
      return on_priority(header, payload);
    case FrameType::push_promise:
      return fail(Error::protocol_error, "a PUSH_PROMISE, which our SETTINGS forbid");
  }
  return Error::no_error;  // unknown types are ignored: RFC 9113, section 4.1
}

ClientSession::Error ClientSession::on_settings(const Frame& header, Bytes payload, Turn turn) {
  if (header.stream_id != 0) {
    return fail(Error::protocol_error, "a SETTINGS frame on a stream");
  }
  if (payload.size() % 6 != 0 || (header.has(http2::kFlagAck) && !payload.empty())) {
    return fail(Error::frame_size_error, "a SETTINGS frame of a wrong size");
  }
  if (header.has(http2::kFlagAck)) {
    return Error::no_error;
  }
  for (; !payload.empty(); payload = payload.subspan(6)) {
    const auto setting = static_cast<http2::Setting>(http2::read_u16(payload.data()));
    const Error error = on_setting(setting, http2::read_u32(payload.data() + 2));
    if (error != Error::no_error) {
      return error;
    }
  }
  settings_received_ = true;
  http2::append_settings_ack(turn.output);
  send_what_waits(turn.output);
  return Error::no_error;
}

ClientSession::Error ClientSession::on_setting(http2::Setting setting, std::uint32_t value) {
  switch (setting) {
    case http2::Setting::header_table_size:
      if (value < http2::kDefaultHeaderTableSize && !plain_headers_) {
        plain_headers_ = true;
        sent_a_block_ = false;  // the next block announces the smaller table
      }
      break;
    case http2::Setting::enable_push:
      if (value != 0) {
        return fail(Error::protocol_error, "an ENABLE_PUSH that is not a server's to set");
      }
      break;
    case http2::Setting::max_concurrent_streams:
      server_max_calls_ = value;
      break;
    case http2::Setting::initial_window_size:
      return on_initial_window(value);
    case http2::Setting::max_frame_size:  // ours are never above what it has to take
      if (value < http2::kMaxFrameSize || value > http2::kMaxFrameLength) {
        return fail(Error::protocol_error, "a MAX_FRAME_SIZE out of its range");
      }
      break;
    case http2::Setting::max_header_list_size:  // ours is far below any
      break;
  }
  return Error::no_error;
}

ClientSession::Error ClientSession::on_initial_window(std::uint32_t value) {
  if (value > http2::kMaxWindow) {
    return fail(Error::flow_control_error, "an initial window above 2^31-1");
  }
  server_initial_window_ = value;
  for (const Call& call : calls_) {
    if (call.stream_id != 0 && send_window(call) > http2::kMaxWindow) {
      return fail(Error::flow_control_error, "a stream's window above 2^31-1");
    }
  }
  return Error::no_error;
}

ClientSession::Error ClientSession::on_window_update(const Frame& header, Bytes payload,
                                                     Turn turn) {
  if (payload.size() != 4) {
    return fail(Error::frame_size_error, "a WINDOW_UPDATE of a wrong size");
  }
  const std::uint32_t increment = http2::read_u32(payload.data()) & http2::kMaxWindow;
  if (increment == 0) {
    return fail(Error::protocol_error, "a WINDOW_UPDATE by nothing");
  }
  if (header.stream_id == 0) {
    send_window_ += increment;
    if (send_window_ > http2::kMaxWindow) {
      return fail(Error::flow_control_error, "a window above 2^31-1");
    }
    send_what_waits(turn.output);
    return Error::no_error;
  }
  Call* const call = find(header.stream_id);
  if (call == nullptr) {
    return is_idle(header.stream_id)
               ? fail(Error::protocol_error, "a WINDOW_UPDATE of a stream we did not open")
               : Error::no_error;
  }
  if (send_window(*call) + increment > http2::kMaxWindow) {
    return fail(Error::flow_control_error, "a stream's window above 2^31-1");
  }
  call->granted += increment;
  send_what_fits(*call, turn.output);
  return Error::no_error;
}

ClientSession::Error ClientSession::on_ping(const Frame& header, Bytes payload, Turn turn) {
  if (header.stream_id != 0) {
    return fail(Error::protocol_error, "a PING on a stream");
  }
  if (payload.size() != 8) {
    return fail(Error::frame_size_error, "a PING of a wrong size");
  }
  if (!header.has(http2::kFlagAck)) {
    http2::append_ping_ack(turn.output, payload);
  }
  return Error::no_error;
}

ClientSession::Error ClientSession::on_goaway(const Frame& header, Bytes payload, Turn turn) {
  if (header.stream_id != 0) {
    return fail(Error::protocol_error, "a GOAWAY on a stream");
  }
  if (payload.size() < 8) {
    return fail(Error::frame_size_error, "a GOAWAY of a wrong size");
  }
  going_away_ = true;
  goaway_error_ = http2::read_u32(payload.data() + 4);
  const std::uint32_t last_stream_id = http2::read_u32(payload.data()) & http2::kMaxStreamId;
  for (Call& call : calls_) {
    if (call.stream_id > last_stream_id) {
      finish(call, CallOutcome::goaway, turn);
    }
  }
  return Error::no_error;
}

ClientSession::Error ClientSession::on_rst_stream(const Frame& header, Bytes payload, Turn turn) {
  if (payload.size() != 4) {
    return fail(Error::frame_size_error, "an RST_STREAM of a wrong size");
  }
  if (is_idle(header.stream_id)) {
    return fail(Error::protocol_error, "an RST_STREAM of a stream we did not open");
  }
  if (Call* const call = find(header.stream_id)) {
    finish(*call, CallOutcome::reset, turn);
  }
  return Error::no_error;
}

// Priorities mean nothing here; their frames have a form (RFC 9113, section 6.3).
ClientSession::Error ClientSession::on_priority(const Frame& header, Bytes payload) {
  if (header.stream_id == 0) {
    return fail(Error::protocol_error, "a PRIORITY of no stream");
  }
  if (payload.size() != 5) {
    return fail(Error::frame_size_error, "a PRIORITY of a wrong size");
  }
  return Error::no_error;
}

}  // namespace coresweep
