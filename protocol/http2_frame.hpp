// HTTP/2 frames on the wire (RFC 9113, sections 4 and 6): headers read and written, input cut into
// frames. Knows no stream and no state of a connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/bytes.hpp"

namespace coresweep::http2 {

inline constexpr std::string_view kClientPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
inline constexpr std::size_t kFrameHeaderSize = 9;
/// The largest payload a peer may send before it is told otherwise; we never tell it otherwise.
inline constexpr std::uint32_t kMaxFrameSize = 16'384;
/// The largest that a peer may ask for.
inline constexpr std::uint32_t kMaxFrameLength = 0xff'ffff;
inline constexpr std::uint32_t kDefaultWindow = 65'535;
inline constexpr std::uint32_t kMaxWindow = 0x7fff'ffff;
inline constexpr std::uint32_t kMaxStreamId = 0x7fff'ffff;
inline constexpr std::uint32_t kDefaultHeaderTableSize = 4'096;

enum class FrameType : std::uint8_t {
  data = 0,
  headers = 1,
  priority = 2,
  rst_stream = 3,
  settings = 4,
  push_promise = 5,
  ping = 6,
  goaway = 7,
  window_update = 8,
  continuation = 9,
};

enum class ErrorCode : std::uint32_t {
  no_error = 0,
  protocol_error = 1,
  internal_error = 2,
  flow_control_error = 3,
  settings_timeout = 4,
  stream_closed = 5,
  frame_size_error = 6,
  refused_stream = 7,
  cancel = 8,
  compression_error = 9,
  enhance_your_calm = 11,
};

enum class Setting : std::uint16_t {
  header_table_size = 1,
  enable_push = 2,
  max_concurrent_streams = 3,
  initial_window_size = 4,
  max_frame_size = 5,
  max_header_list_size = 6,
};

inline constexpr std::uint8_t kFlagEndStream = 0x1;  ///< DATA, HEADERS
inline constexpr std::uint8_t kFlagAck = 0x1;        ///< SETTINGS, PING
inline constexpr std::uint8_t kFlagEndHeaders = 0x4;
inline constexpr std::uint8_t kFlagPadded = 0x8;
inline constexpr std::uint8_t kFlagPriority = 0x20;

struct FrameHeader {
  std::uint32_t length = 0;  ///< of the payload, in bytes
  FrameType type = FrameType::data;
  std::uint8_t flags = 0;
  std::uint32_t stream_id = 0;

  [[nodiscard]] bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
};

[[nodiscard]] inline std::uint32_t read_u32(const std::uint8_t* at) {
  return std::uint32_t{at[0]} << 24 | std::uint32_t{at[1]} << 16 | std::uint32_t{at[2]} << 8 |
         at[3];
}

[[nodiscard]] inline std::uint16_t read_u16(const std::uint8_t* at) {
  return static_cast<std::uint16_t>(at[0] << 8 | at[1]);
}

/// `at` must hold kFrameHeaderSize bytes.
[[nodiscard]] inline FrameHeader read_frame_header(const std::uint8_t* at) {
  return {.length = std::uint32_t{at[0]} << 16 | std::uint32_t{at[1]} << 8 | at[2],
          .type = static_cast<FrameType>(at[3]),
          .flags = at[4],
          .stream_id = read_u32(at + 5) & kMaxStreamId};
}

/// `at` must have room for four bytes. Through a pointer of its own: bytes written through a
/// string's may be the string's, so that each would make the compiler load that anew.
inline void write_u32(char* at, std::uint32_t value) {
  at[0] = static_cast<char>(value >> 24);
  at[1] = static_cast<char>(value >> 16);
  at[2] = static_cast<char>(value >> 8);
  at[3] = static_cast<char>(value);
}

void append_u32(std::string& output, std::uint32_t value);
void append_frame_header(std::string& output, const FrameHeader& header);
void append_setting(std::string& output, Setting setting, std::uint32_t value);
void append_settings_ack(std::string& output);
void append_window_update(std::string& output, std::uint32_t stream_id, std::uint32_t increment);
void append_ping_ack(std::string& output, Bytes opaque);
void append_rst_stream(std::string& output, std::uint32_t stream_id, ErrorCode error);
void append_goaway(std::string& output, std::uint32_t last_stream_id, ErrorCode error);

/// Writes `stream_id` over that of the frame that starts at `frame` bytes into `output`.
inline void set_stream_id(std::string& output, std::size_t frame, std::uint32_t stream_id) {
  write_u32(output.data() + frame + 5, stream_id);
}

/// Writes `length` over that of the frame that starts at `frame` bytes into `output`.
inline void set_length(std::string& output, std::size_t frame, std::uint32_t length) {
  char* const at = output.data() + frame;
  at[0] = static_cast<char>(length >> 16);
  at[1] = static_cast<char>(length >> 8);
  at[2] = static_cast<char>(length);
}

/// As strip_padding(), for a frame that says it has some.
[[nodiscard]] ErrorCode strip_what_is_there(const FrameHeader& header, Bytes& payload);

/// The payload of a DATA or HEADERS frame without its padding and priority fields. Else an error of
/// the connection: FRAME_SIZE_ERROR for a payload too short for these fields (RFC 9113, section
/// 4.2), PROTOCOL_ERROR for more padding than there is payload (section 6.1).
[[nodiscard]] inline ErrorCode strip_padding(const FrameHeader& header, Bytes& payload) {
  return header.has(kFlagPadded | kFlagPriority) ? strip_what_is_there(header, payload)
                                                 : ErrorCode::no_error;
}

/// Cuts a byte stream into frames. Whole frames are handed on where they lie in the input; only a
/// frame that the input's end cuts in two is copied, and stays here until the rest has come.
class FrameReader {
 public:
  /// Calls `on_frame(header, payload)` for each whole frame, until it returns an error.
  /// FRAME_SIZE_ERROR for a payload above kMaxFrameSize.
  template <class OnFrame>
  [[nodiscard]] ErrorCode read(Bytes input, OnFrame&& on_frame);

  [[nodiscard]] bool has_partial() const { return !partial_.empty(); }
  [[nodiscard]] std::size_t held() const { return partial_.size(); }

 private:
  // Moves bytes from the input to partial_ until that holds `wanted`; false when there are too few.
  [[nodiscard]] bool fill_partial(Bytes& input, std::size_t wanted);

  std::string partial_;
};

template <class OnFrame>
ErrorCode FrameReader::read(Bytes input, OnFrame&& on_frame) {
  if (!partial_.empty()) {
    if (!fill_partial(input, kFrameHeaderSize)) {
      return ErrorCode::no_error;
    }
    const FrameHeader header = read_frame_header(as_bytes(partial_).data());
    if (header.length > kMaxFrameSize) {
      return ErrorCode::frame_size_error;
    }
    if (!fill_partial(input, kFrameHeaderSize + header.length)) {
      return ErrorCode::no_error;
    }
    const ErrorCode error = on_frame(header, as_bytes(partial_).subspan(kFrameHeaderSize));
    // Released, not cleared: ten thousand silent connections shall not keep a frame's room each.
    partial_ = std::string();
    if (error != ErrorCode::no_error) {
      return error;
    }
  }
  while (input.size() >= kFrameHeaderSize) {
    const FrameHeader header = read_frame_header(input.data());
    if (header.length > kMaxFrameSize) {
      return ErrorCode::frame_size_error;
    }
    const std::size_t size = kFrameHeaderSize + header.length;
    if (input.size() < size) {
      break;
    }
    const ErrorCode error = on_frame(header, input.subspan(kFrameHeaderSize, header.length));
    if (error != ErrorCode::no_error) {
      return error;
    }
    input = input.subspan(size);
  }
  append(partial_, input);
  return ErrorCode::no_error;
}

}  // namespace coresweep::http2
