// What was answered instead, by the first reply of a connection that was not the right one. A
// session compares replies and keeps none: this keeps a little of those that are wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/bytes.hpp"

namespace coresweep {

struct WrongReply {
  /// As much is kept of a body.
  static constexpr std::size_t kMostBytes = 64;
  enum class Wrong : std::uint8_t { status, payload };

  Wrong wrong = Wrong::status;
  int http_status = 0;   ///< 0: none
  int grpc_status = -1;  ///< -1: none
  std::string message;   ///< grpc-message, in printable letters; empty: none
  std::size_t from = 0;  ///< of both bodies, the first byte that is kept: a little before they part
  std::string got;       ///< of a wrong status empty where the body was right as far as it came
  std::size_t got_bytes = 0;  ///< of the whole body; of one too long, until no more was read
  std::string due;            ///< empty: any message was right
  std::size_t due_bytes = 0;
};

/// A session's wrong replies until one of them has ended; of all after that it keeps nothing.
class WrongReplies {
 public:
  /// `part` follows on `before` bytes of the body, and one of the two is not as in `due`: the whole
  /// body that is right, or nothing. To be called with each part from the first wrong one on.
  void see(std::uint32_t stream_id, Bytes due, std::size_t before, Bytes part);

  /// The reply is at its end. `reply` has what is known of it, which is no byte of it; `due` is the
  /// whole body that is right, or nothing: then its prefix has announced a message of `announced`.
  void end(std::uint32_t stream_id, std::string_view due, std::uint32_t announced,
           WrongReply reply);
  /// The call is at its end without one.
  void forget(std::uint32_t stream_id) { seen_.erase(stream_id); }

  [[nodiscard]] const std::optional<WrongReply>& first() const { return first_; }

  /// Where to begin with two bodies that part `at` this byte.
  [[nodiscard]] static std::size_t begin_of(std::size_t at) { return at < 32 ? 0 : at - 16; }

 private:
  struct Seen {
    std::size_t from = 0;
    std::string bytes;
  };

  std::map<std::uint32_t, Seen> seen_;  // by stream: any number may come at once, in parts
  std::optional<WrongReply> first_;
};

}  // namespace coresweep
