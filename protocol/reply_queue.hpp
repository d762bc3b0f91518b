// Flow control of what a server sends (RFC 9113, section 5.2): the windows that replies need, and
// the replies that wait for them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocol/http2_frame.hpp"
#include "protocol/stream_table.hpp"

namespace coresweep {

class ReplyQueue {
 public:
  /// The window that a new stream begins with (bytes).
  [[nodiscard]] std::int64_t initial_window() const { return initial_window_; }

  /// True when a reply of `size` bytes of DATA may leave now, in one frame, on a stream that has
  /// `window`; its bytes are then spent. Nobody passes those who wait.
  [[nodiscard]] bool pass(std::int64_t size, std::int64_t window);

  /// Puts a stream with a reply in line, unless its own window is used up: then that has to open
  /// first.
  void add(ServerStream& stream);
  void remove(ServerStream& stream);

  /// Appends as much DATA as the windows let pass, a frame a stream in turn. Calls `done(stream)`,
  /// which is to append the trailers, for each whose reply is then sent whole.
  template <class Done>
  void send(StreamTable& streams, std::string& output, Done&& done);

  /// What a WINDOW_UPDATE or SETTINGS frame changes. An error when a window leaves its range: the
  /// connection's for these two, the stream's for widen(stream).
  [[nodiscard]] http2::ErrorCode widen(std::uint32_t increment);
  [[nodiscard]] http2::ErrorCode set_initial_window(std::int64_t value, StreamTable& streams);
  [[nodiscard]] http2::ErrorCode widen(ServerStream& stream, std::int64_t increment);

 private:
  // Appends one frame of the first stream in line. True when its reply is sent.
  [[nodiscard]] bool send_frame(ServerStream& stream, std::string& output);

  std::vector<std::uint32_t> line_;  // streams that wait for the connection's window alone
  std::int64_t window_ = http2::kDefaultWindow;
  std::int64_t initial_window_ = http2::kDefaultWindow;
};

template <class Done>
void ReplyQueue::send(StreamTable& streams, std::string& output, Done&& done) {
  while (window_ > 0 && !line_.empty()) {
    ServerStream& stream = *streams.find(line_.front());
    const bool sent = send_frame(stream, output);
    remove(stream);
    if (sent) {
      done(stream);
    } else {
      add(stream);
    }
  }
}

}  // namespace coresweep
