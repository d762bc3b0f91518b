#include "protocol/differential_excuses.hpp"

#include <string_view>

#include "protocol/frame_script.hpp"

namespace coresweep::script {

using http2::FrameType;

bool is_open_block(const http2::FrameHeader& header) {
  return (header.type == FrameType::headers || header.type == FrameType::continuation) &&
         !header.has(http2::kFlagEndHeaders);
}

namespace {

// Whether lean's error is right by the frame's header alone, whatever else is wrong with the frame.
bool is_right_by_header(const http2::FrameHeader& header, const std::string& lean) {
  if (header.length > http2::kMaxFrameSize) {
    return lean == "FRAME_SIZE_ERROR";  // section 4.2
  }
  switch (header.type) {
    case FrameType::settings:
    case FrameType::ping:
    case FrameType::goaway:
      return lean == "PROTOCOL_ERROR" && header.stream_id != 0;  // sections 6.5, 6.7, 6.8
    case FrameType::priority:
      return lean == "PROTOCOL_ERROR" && header.stream_id == 0;  // section 6.3
    case FrameType::push_promise:
      return lean == "PROTOCOL_ERROR";  // section 8.4
    default:
      return false;
  }
}

}  // namespace

std::string excuse_end(const http2::FrameHeader& header, const std::string& lean,
                       const std::string& nghttp2, const std::string& stream) {
  const bool lean_goes_on = lean == "nothing";
  // Section 5.4.2 names errors of a stream; 5.4.1 and h2spec let them end the connection.
  if (lean_goes_on && stream.find("reset " + nghttp2) != std::string::npos) {
    return "a stream's error taken for the connection's";
  }
  // Section 6.5.3 says nothing of an acknowledgement that acknowledges nothing.
  if (header.type == FrameType::settings && header.has(http2::kFlagAck) && lean_goes_on) {
    return "an acknowledgement of no SETTINGS";
  }
  // Section 6.8 names none for a last stream that a server cannot have: it is ours, and we open
  // none.
  if (header.type == FrameType::goaway && lean_goes_on && nghttp2 == "PROTOCOL_ERROR") {
    return "a GOAWAY about a stream of ours";
  }
  // Section 5.1, closed: MAY be an error of the connection. nghttp2 forgets closed streams.
  if (lean == "STREAM_CLOSED" && nghttp2 == "nothing") {
    return std::string(kLateFrame);
  }
  // Section 4.3 has a block decoded once it is whole; nghttp2 begins with its first part.
  if (is_open_block(header) && lean_goes_on) {
    return "a block that is wrong before it is whole";
  }
  // Section 6.1 asks it of DATA on any stream; nghttp2 looks into none of a closed stream.
  if (header.type == FrameType::data && header.has(kPadded) && nghttp2 == "nothing" &&
      (lean == "PROTOCOL_ERROR" || lean == "FRAME_SIZE_ERROR")) {
    return "wrong padding on a closed stream";
  }
  // Section 4.2, a payload too small for its fields; 6.1, padding as long as the payload.
  if (header.has(kPadded) && header.length == 0 && lean == "FRAME_SIZE_ERROR" &&
      nghttp2 == "PROTOCOL_ERROR") {
    return "padding without its length";
  }
  // No section says which comes first.
  if (is_right_by_header(header, lean) &&
      (nghttp2 == "PROTOCOL_ERROR" || nghttp2 == "FRAME_SIZE_ERROR")) {
    return "a frame wrong twice";
  }
  return {};
}

}  // namespace coresweep::script
