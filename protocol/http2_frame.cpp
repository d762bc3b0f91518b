#include "protocol/http2_frame.hpp"

#include <algorithm>

namespace coresweep::http2 {

void append_u32(std::string& output, std::uint32_t value) {
  char bytes[4];
  write_u32(bytes, value);
  output.append(bytes, sizeof(bytes));
}

void append_frame_header(std::string& output, const FrameHeader& header) {
  const char bytes[] = {
      static_cast<char>(header.length >> 16),    static_cast<char>(header.length >> 8),
      static_cast<char>(header.length),          static_cast<char>(header.type),
      static_cast<char>(header.flags),           static_cast<char>(header.stream_id >> 24),
      static_cast<char>(header.stream_id >> 16), static_cast<char>(header.stream_id >> 8),
      static_cast<char>(header.stream_id)};
  output.append(bytes, sizeof(bytes));
}

void append_setting(std::string& output, Setting setting, std::uint32_t value) {
  output += static_cast<char>(static_cast<std::uint16_t>(setting) >> 8);
  output += static_cast<char>(setting);
  append_u32(output, value);
}

void append_settings_ack(std::string& output) {
  append_frame_header(output, {.type = FrameType::settings, .flags = kFlagAck});
}

void append_window_update(std::string& output, std::uint32_t stream_id, std::uint32_t increment) {
  append_frame_header(output,
                      {.length = 4, .type = FrameType::window_update, .stream_id = stream_id});
  append_u32(output, increment);
}

void append_ping_ack(std::string& output, Bytes opaque) {
  append_frame_header(output, {.length = static_cast<std::uint32_t>(opaque.size()),
                               .type = FrameType::ping,
                               .flags = kFlagAck});
  append(output, opaque);
}

void append_rst_stream(std::string& output, std::uint32_t stream_id, ErrorCode error) {
  append_frame_header(output, {.length = 4, .type = FrameType::rst_stream, .stream_id = stream_id});
  append_u32(output, static_cast<std::uint32_t>(error));
}

void append_goaway(std::string& output, std::uint32_t last_stream_id, ErrorCode error) {
  append_frame_header(output, {.length = 8, .type = FrameType::goaway});
  append_u32(output, last_stream_id);
  append_u32(output, static_cast<std::uint32_t>(error));
}

ErrorCode strip_what_is_there(const FrameHeader& header, Bytes& payload) {
  const bool is_padded = header.has(kFlagPadded);
  const bool has_priority = header.type == FrameType::headers && header.has(kFlagPriority);
  const std::size_t front = (is_padded ? 1U : 0U) + (has_priority ? 5U : 0U);
  if (payload.size() < front) {
    return ErrorCode::frame_size_error;
  }
  const std::size_t back = is_padded ? payload[0] : 0;
  if (payload.size() < front + back) {
    return ErrorCode::protocol_error;
  }
  payload = payload.subspan(front, payload.size() - front - back);
  return ErrorCode::no_error;
}

bool FrameReader::fill_partial(Bytes& input, std::size_t wanted) {
  if (partial_.size() < wanted) {
    const std::size_t taken = std::min(wanted - partial_.size(), input.size());
    append(partial_, input.first(taken));
    input = input.subspan(taken);
  }
  return partial_.size() >= wanted;
}

}  // namespace coresweep::http2
