// HTTP/2 as a client of any kind writes it, well-behaved or not: what tests say to server sessions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/call_handler.hpp"
#include "protocol/greeting.hpp"
#include "protocol/grpc_frame.hpp"
#include "protocol/header_block.hpp"
#include "protocol/http2_frame.hpp"

namespace coresweep::script {

inline constexpr std::string_view kEcho = "/test.Echo/Echo";  ///< EchoHandler's method
inline constexpr std::uint8_t kEnds = http2::kFlagEndStream;
inline constexpr std::uint8_t kWhole = http2::kFlagEndHeaders;
inline constexpr std::uint8_t kPadded = http2::kFlagPadded;
inline constexpr std::uint8_t kPriority = http2::kFlagPriority;

using Fields = std::vector<HeaderField>;

/// Answers with the request's message, `repeat` times, whatever it means; keeps what it was asked.
class EchoHandler final : public CallHandler {
 public:
  [[nodiscard]] bool has_method(std::string_view path) const override {
    return path == kEcho || path == kSayHelloPath;
  }
  [[nodiscard]] CallResult call(std::string_view path, Bytes message, std::string& reply) override {
    calls.emplace_back(std::string(path) + " " + std::string(as_text(message)));
    for (std::size_t i = 0; i < repeat; ++i) {
      append(reply, message);
    }
    return {};
  }
  std::size_t repeat = 1;
  std::vector<std::string> calls;
};

inline std::string frame(http2::FrameType type, std::uint8_t flags, std::uint32_t id,
                         std::string_view payload) {
  std::string bytes;
  http2::append_frame_header(bytes, {.length = static_cast<std::uint32_t>(payload.size()),
                                     .type = type,
                                     .flags = flags,
                                     .stream_id = id});
  return bytes.append(payload);
}

inline std::string u32(std::uint32_t value) {
  std::string bytes;
  http2::append_u32(bytes, value);
  return bytes;
}

inline std::string data(std::uint32_t id, std::string_view payload, std::uint8_t flags = kEnds) {
  return frame(http2::FrameType::data, flags, id, payload);
}

/// With literals that no table keeps, so that blocks can be said in any order.
inline std::string block(const Fields& fields) { return encode_headers(fields, 0).later; }

inline std::string headers(std::uint32_t id, const Fields& fields, std::uint8_t flags = kWhole) {
  return frame(http2::FrameType::headers, flags, id, block(fields));
}

inline std::string continuation(std::uint32_t id, std::string_view part, std::uint8_t flags) {
  return frame(http2::FrameType::continuation, flags, id, part);
}

inline std::string settings(const std::vector<std::pair<http2::Setting, std::uint32_t>>& values) {
  std::string payload;
  for (const auto& [setting, value] : values) {
    http2::append_setting(payload, setting, value);
  }
  return frame(http2::FrameType::settings, 0, 0, payload);
}

inline std::string settings_ack() {
  return frame(http2::FrameType::settings, http2::kFlagAck, 0, "");
}

inline std::string window_update(std::uint32_t id, std::uint32_t increment) {
  return frame(http2::FrameType::window_update, 0, id, u32(increment));
}

inline std::string rst_stream(std::uint32_t id) {
  return frame(http2::FrameType::rst_stream, 0, id, u32(8));  // CANCEL
}

inline std::string ping() { return frame(http2::FrameType::ping, 0, 0, "8 bytes!"); }

inline std::string goaway() { return frame(http2::FrameType::goaway, 0, 0, u32(0) + u32(0)); }

/// Preface and an empty SETTINGS frame.
inline std::string hello() { return std::string(http2::kClientPreface) + settings({}); }

/// A right request's fields, and `more` behind them.
inline Fields post(const Fields& more = {}, std::string_view path = kEcho) {
  Fields fields{{":method", "POST"}, {":scheme", "http"}, {":path", path},
                {":authority", "x"}, {"te", "trailers"},  {"content-type", "application/grpc"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

/// One with `name` left out, and one with its value changed.
inline Fields post_without(std::string_view name) {
  Fields fields = post();
  std::erase_if(fields, [&](const HeaderField& field) { return field.first == name; });
  return fields;
}

inline Fields post_with(std::string_view name, std::string_view value) {
  Fields fields = post();
  for (HeaderField& field : fields) {
    field.second = field.first == name ? value : field.second;
  }
  return fields;
}

/// `message` behind its gRPC prefix.
inline std::string message(std::string_view text) {
  std::string bytes;
  append_grpc_prefix(bytes, text.size());
  return bytes.append(text);
}

inline std::string request(std::uint32_t id, std::string_view text = "x") {
  return headers(id, post()) + data(id, message(text));
}

}  // namespace coresweep::script
