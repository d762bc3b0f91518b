// The null responder's session: the least that still answers. It reads frames only to find where
// requests end, honours no flow control, and gives every request the same greeting, whatever it
// asked: for our own load generator only. What that reaches against it is the ceiling.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/http2_frame.hpp"
#include "protocol/server_session.hpp"

namespace coresweep {

class NullServerSession {
 public:
  /// Whom every reply greets; a load generator that asks for another name finds the reply wrong.
  static constexpr std::string_view kName = "world";

  [[nodiscard]] SessionStatus receive(Bytes input, CallHandler& handler, std::string& output);
  void shut_down(Goodbye why, std::string& output);
  [[nodiscard]] bool has_greeted() const { return settings_seen_; }
  [[nodiscard]] bool is_unfinished() const { return !settings_seen_; }
  [[nodiscard]] std::size_t held() const { return 0; }
  [[nodiscard]] std::uint64_t calls_answered() const { return calls_answered_; }

 private:
  [[nodiscard]] http2::ErrorCode on_frame(const http2::FrameHeader& header, Bytes payload,
                                          std::string& output);

  http2::FrameReader frames_;
  std::size_t preface_read_ = 0;
  bool settings_seen_ = false;
  std::uint32_t last_stream_id_ = 0;
  std::uint32_t unacknowledged_ = 0;  // DATA received since the last WINDOW_UPDATE
  std::uint64_t calls_answered_ = 0;
};

static_assert(ServerSession<NullServerSession>);

}  // namespace coresweep
