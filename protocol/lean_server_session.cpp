#include "protocol/lean_server_session.hpp"

#include <algorithm>

namespace coresweep {
namespace {

using http2::FrameType;

void append_greeting(std::string& output) {
  http2::append_frame_header(output, {.length = 18, .type = FrameType::settings});
  http2::append_setting(output, http2::Setting::max_concurrent_streams,
                        LeanServerSession::kMaxStreams);
  http2::append_setting(output, http2::Setting::initial_window_size,
                        LeanServerSession::kStreamWindow);
  http2::append_setting(output, http2::Setting::max_header_list_size,
                        LeanServerSession::kMaxHeaderList);
  http2::append_window_update(output, 0,
                              LeanServerSession::kConnectionWindow - http2::kDefaultWindow);
}

}  // namespace

SessionStatus LeanServerSession::receive(Bytes input, CallHandler& handler, std::string& output) {
  if (!read_preface(input, output)) {
    return SessionStatus::not_http2;
  }
  debt_ = std::max(0, debt_ - kForgivenARead);
  Turn turn{handler, output};
  Error error = frames_.read(
      input, [&](const Frame& header, Bytes payload) { return on_frame(header, payload, turn); });
  if (error == Error::no_error && debt_ > kMaxDebt) {
    error = Error::enhance_your_calm;
  }
  if (error != Error::no_error) {
    http2::append_goaway(output, last_stream_id_, error);
    return error == Error::enhance_your_calm ? SessionStatus::flooded : SessionStatus::broken;
  }
  settle_fresh();  // its fields lie in the decoder, but its stream may be asked for
  return going_away_ && !is_unfinished() ? SessionStatus::finished : SessionStatus::open;
}

void LeanServerSession::shut_down(Goodbye why, std::string& output) {
  http2::append_goaway(output, last_stream(why, last_stream_id_),
                       goodbye_code(why, settings_seen_));
}

bool LeanServerSession::is_unfinished() const {
  return !settings_seen_ || frames_.has_partial() || part_.stream_id != 0 || streams_.size() > 0;
}

std::size_t LeanServerSession::held() const {
  return buffered_ + frames_.held() + part_.block.size() + streams_.size() * sizeof(ServerStream);
}

// False when these are the bytes of another protocol: HTTP/1, or TLS.
bool LeanServerSession::read_preface(Bytes& input, std::string& output) {
  if (preface_read_ == http2::kClientPreface.size()) {
    return true;
  }
  const std::string_view expected = http2::kClientPreface.substr(preface_read_);
  const std::size_t size = std::min(expected.size(), input.size());
  if (as_text(input.first(size)) != expected.substr(0, size)) {
    return false;
  }
  preface_read_ = static_cast<std::uint8_t>(preface_read_ + size);
  input = input.subspan(size);
  if (preface_read_ == http2::kClientPreface.size()) {
    append_greeting(output);
  }
  return true;
}

LeanServerSession::Error LeanServerSession::owe(int debt) {
  debt_ += debt;
  return debt_ > kMaxDebt ? Error::enhance_your_calm : Error::no_error;
}

LeanServerSession::Error LeanServerSession::on_frame(const Frame& header, Bytes payload,
                                                     Turn& turn) {
  if (!settings_seen_ && (header.type != FrameType::settings || header.has(http2::kFlagAck))) {
    return Error::protocol_error;
  }
  if (part_.stream_id != 0 &&
      (header.type != FrameType::continuation || header.stream_id != part_.stream_id)) {
    return Error::protocol_error;
  }
  switch (header.type) {
    case FrameType::data:
      return on_data(header, payload, turn);
    case FrameType::headers:
      return on_headers(header, payload, turn);
    case FrameType::continuation:
      return on_continuation(header, payload, turn);
    case FrameType::settings:
      return on_settings(header, payload, turn.output);
    case FrameType::window_update:
      return on_window_update(header, payload, turn.output);
    case FrameType::ping:
      return on_ping(header, payload, turn.output);
    case FrameType::rst_stream:
      return on_rst_stream(header, payload);
    case FrameType::goaway:
      return on_goaway(header, payload);
    case FrameType::priority:
      return on_priority(header, payload, turn.output);
    case FrameType::push_promise:
      return Error::protocol_error;  // only servers push
  }
  return owe(1);  // unknown types are ignored: RFC 9113, section 4.1
}

LeanServerSession::Error LeanServerSession::on_settings(const Frame& header, Bytes payload,
                                                        std::string& output) {
  if (header.stream_id != 0) {
    return Error::protocol_error;
  }
  if (header.has(http2::kFlagAck)) {
    return payload.empty() ? owe(1) : Error::frame_size_error;
  }
  if (payload.size() % 6 != 0) {
    return Error::frame_size_error;
  }
  settings_seen_ = true;
  std::int64_t initial_window = queue_.initial_window();
  for (; !payload.empty(); payload = payload.subspan(6)) {
    const std::uint32_t value = http2::read_u32(payload.data() + 2);
    switch (static_cast<http2::Setting>(http2::read_u16(payload.data()))) {
      case http2::Setting::header_table_size:
        replies_.limit_table(value);
        break;
      case http2::Setting::enable_push:
        if (value > 1) {
          return Error::protocol_error;
        }
        break;
      case http2::Setting::initial_window_size:
        if (value > http2::kMaxWindow) {
          return Error::flow_control_error;
        }
        initial_window = value;  // the last one counts, so that the streams are visited once
        break;
      case http2::Setting::max_frame_size:
        if (value < http2::kMaxFrameSize || value > http2::kMaxFrameLength) {
          return Error::protocol_error;
        }
        break;
      case http2::Setting::max_concurrent_streams:  // of ours, and we push none
      case http2::Setting::max_header_list_size:    // our heads are far below any
        break;
    }
  }
  http2::append_settings_ack(output);
  settle_fresh();
  if (initial_window == queue_.initial_window()) {
    return owe(1);
  }
  if (queue_.set_initial_window(initial_window, streams_) != Error::no_error) {
    return Error::flow_control_error;
  }
  // Each may let a sliver of every reply go, a frame each: fifteen bytes of input for 10 KB.
  const int visited = static_cast<int>(streams_.size());
  send_what_fits(output);
  return owe(1 + visited / kForgivenARead);
}

LeanServerSession::Error LeanServerSession::on_window_update(const Frame& header, Bytes payload,
                                                             std::string& output) {
  if (payload.size() != 4) {
    return Error::frame_size_error;
  }
  const std::uint32_t increment = http2::read_u32(payload.data()) & http2::kMaxWindow;
  const std::size_t before = output.size();
  if (header.stream_id == 0) {
    if (increment == 0) {
      return Error::protocol_error;
    }
    if (queue_.widen(increment) != Error::no_error) {
      return Error::flow_control_error;
    }
    send_what_fits(output);
  } else if (is_idle(header.stream_id)) {
    return Error::protocol_error;
  } else {
    settle_fresh();
    // One that is no more had its reply: the update crossed it.
    if (ServerStream* const stream = streams_.find(header.stream_id)) {
      if (increment == 0) {
        reset(header.stream_id, Error::protocol_error, output);
      } else if (queue_.widen(*stream, increment) != Error::no_error) {
        reset(header.stream_id, Error::flow_control_error, output);
      } else {
        send_what_fits(output);
      }
    }
  }
  return output.size() > before ? Error::no_error : owe(1);
}

LeanServerSession::Error LeanServerSession::on_ping(const Frame& header, Bytes payload,
                                                    std::string& output) {
  if (header.stream_id != 0) {
    return Error::protocol_error;
  }
  if (payload.size() != 8) {
    return Error::frame_size_error;
  }
  if (!header.has(http2::kFlagAck)) {
    http2::append_ping_ack(output, payload);
  }
  return owe(1);
}

LeanServerSession::Error LeanServerSession::on_rst_stream(const Frame& header, Bytes payload) {
  if (payload.size() != 4) {
    return Error::frame_size_error;
  }
  if (is_idle(header.stream_id)) {
    return Error::protocol_error;
  }
  if (fresh_.id == header.stream_id) {
    fresh_ = {};
  } else if (ServerStream* const stream = streams_.find(header.stream_id)) {
    drop(*stream);
  }
  // More than the call that it takes back forgives: else opening and resetting cost nothing.
  return owe(kForgivenACall + 1);
}

// Priorities mean nothing here; their frames have a form (RFC 9113, section 6.3).
LeanServerSession::Error LeanServerSession::on_priority(const Frame& header, Bytes payload,
                                                        std::string& output) {
  if (header.stream_id == 0) {
    return Error::protocol_error;
  }
  if (payload.size() != 5) {
    settle_fresh();
    if (streams_.find(header.stream_id) == nullptr) {
      return Error::frame_size_error;  // there is no stream that could be reset
    }
    reset(header.stream_id, Error::frame_size_error, output);
  }
  return owe(1);
}

LeanServerSession::Error LeanServerSession::on_goaway(const Frame& header, Bytes payload) {
  if (header.stream_id != 0) {
    return Error::protocol_error;
  }
  if (payload.size() < 8) {
    return Error::frame_size_error;
  }
  going_away_ = true;
  return owe(1);
}

}  // namespace coresweep
