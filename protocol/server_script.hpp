// What a server says to a call, in the words of frame_script.hpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/frame_script.hpp"

namespace coresweep::script {

inline std::string head(std::uint32_t id, std::string_view status = "200") {
  return headers(id, {{":status", status}});
}
inline std::string body(std::uint32_t id, std::string_view text = "answer",
                        std::uint8_t flags = 0) {
  return data(id, message(text), flags);
}
inline std::string trailers(std::uint32_t id, std::string_view status = "0") {
  return headers(id, {{"grpc-status", status}}, kWhole | kEnds);
}
inline std::string answer(std::uint32_t id) { return head(id) + body(id) + trailers(id); }
inline std::string said_goaway(http2::ErrorCode error) {
  return frame(http2::FrameType::goaway, 0, 0, u32(0) + u32(static_cast<std::uint32_t>(error)));
}

}  // namespace coresweep::script
