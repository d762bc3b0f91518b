#include "protocol/reply_queue.hpp"

#include <algorithm>

#include "protocol/bytes.hpp"

namespace coresweep {

using http2::ErrorCode;

bool ReplyQueue::pass(std::int64_t size, std::int64_t window) {
  if (size > window || size > window_ || size > http2::kMaxFrameSize || !line_.empty()) {
    return false;
  }
  window_ -= size;
  return true;
}

void ReplyQueue::add(ServerStream& stream) {
  if (stream.send_window > 0 && !stream.in_line && stream.reply_sent < stream.reply.size()) {
    stream.in_line = true;
    line_.push_back(stream.id);
  }
}

void ReplyQueue::remove(ServerStream& stream) {
  if (stream.in_line) {
    stream.in_line = false;
    line_.erase(std::find(line_.begin(), line_.end(), stream.id));
  }
}

bool ReplyQueue::send_frame(ServerStream& stream, std::string& output) {
  const auto rest = static_cast<std::int64_t>(stream.reply.size() - stream.reply_sent);
  const std::int64_t size = std::min(
      {rest, window_, stream.send_window, static_cast<std::int64_t>(http2::kMaxFrameSize)});
  if (size <= 0) {
    return false;  // a SETTINGS frame took its window away
  }
  http2::append_frame_header(output, {.length = static_cast<std::uint32_t>(size),
                                      .type = http2::FrameType::data,
                                      .stream_id = stream.id});
  output.append(stream.reply, stream.reply_sent, static_cast<std::size_t>(size));
  stream.reply_sent += static_cast<std::size_t>(size);
  stream.send_window -= size;
  window_ -= size;
  return size == rest;
}

ErrorCode ReplyQueue::widen(std::uint32_t increment) {
  window_ += increment;
  return window_ > http2::kMaxWindow ? ErrorCode::flow_control_error : ErrorCode::no_error;
}

ErrorCode ReplyQueue::widen(ServerStream& stream, std::int64_t increment) {
  stream.send_window += increment;
  if (stream.send_window > http2::kMaxWindow) {
    return ErrorCode::flow_control_error;
  }
  add(stream);
  return ErrorCode::no_error;
}

ErrorCode ReplyQueue::set_initial_window(std::int64_t value, StreamTable& streams) {
  const std::int64_t change = value - initial_window_;
  initial_window_ = value;
  ErrorCode error = ErrorCode::no_error;
  streams.for_each([&](ServerStream& stream) {
    if (const ErrorCode own = widen(stream, change); own != ErrorCode::no_error) {
      error = own;
    }
  });
  return error;
}

}  // namespace coresweep
