// Where LeanServerSession and nghttp2 end a connection differently and both are right.
#pragma once

#include <string>
#include <string_view>

#include "protocol/http2_frame.hpp"

namespace coresweep::script {

/// The excuse of a frame of a closed stream: without it the comparison can go on.
inline constexpr std::string_view kLateFrame = "a frame of a closed stream";

/// Whether more of this frame's header block is to come.
[[nodiscard]] bool is_open_block(const http2::FrameHeader& header);

/// Why both ends of a connection (names of error codes, or "nothing") are right after the frame
/// with this header; empty when that is not so. `stream` is what lean has said of its stream. Each
/// excuse is commented with the section of RFC 9113 that leaves it open.
[[nodiscard]] std::string excuse_end(const http2::FrameHeader& header, const std::string& lean,
                                     const std::string& nghttp2, const std::string& stream);

}  // namespace coresweep::script
