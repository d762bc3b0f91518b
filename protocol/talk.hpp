// One server session, what it was told, and what it made of that.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/bytes.hpp"
#include "protocol/frame_script.hpp"
#include "protocol/reply_reader.hpp"
#include "protocol/server_session.hpp"

namespace coresweep::script {

template <class Session>
class Talk {
 public:
  /// Whoever calls gets his message back, `repeat` times.
  explicit Talk(std::size_t repeat) { handler_.repeat = repeat; }

  /// In parts no longer than what a server reads at once: nghttp2 keeps account of the windows that
  /// it has granted so far, and a client could not have sent more.
  void say(std::string_view bytes) {
    constexpr std::size_t kMostRead = 65'536;
    do {
      if (status != SessionStatus::open) {
        return;
      }
      const std::string_view part = bytes.substr(0, kMostRead);
      bytes.remove_prefix(part.size());
      std::string output;
      status = session_.receive(as_bytes(part), handler_, output);
      replies.read(output);
    } while (!bytes.empty());
  }
  [[nodiscard]] const std::vector<std::string>& calls() const { return handler_.calls; }
  [[nodiscard]] bool is_over() const { return status != SessionStatus::open; }

  ReplyReader replies;
  SessionStatus status = SessionStatus::open;

 private:
  EchoHandler handler_;
  Session session_;
};

}  // namespace coresweep::script
