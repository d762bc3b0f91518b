// A gRPC client's side of one HTTP/2 connection, lean: requests, encoded once, sent again and
// again; replies are read where they lie and compared, not kept.
//
// Whatever breaks the protocol ends the connection, also where RFC 9113 asks only for the stream
// (section 5.4.1 allows it): behind a server that is wrong nothing is worth measuring.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/bytes.hpp"
#include "protocol/call_template.hpp"
#include "protocol/header_block.hpp"
#include "protocol/http2_frame.hpp"
#include "protocol/wrong_reply.hpp"

namespace coresweep {

/// How a call ended, seen from its own stream.
enum class CallOutcome : std::uint8_t {
  answered,       ///< status 200, grpc-status 0, and the expected body
  wrong_status,   ///< another :status or grpc-status, or none
  wrong_payload,  ///< another body under the right status (where any is right: not one whole,
                  ///< uncompressed message); a longer one is not read to its end
  reset,          ///< RST_STREAM before the answer was whole
  goaway,         ///< the server's GOAWAY says that it will not be answered
};

/// What whoever starts a call wants to know again at its end. The session never looks at it.
struct CallTag {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
};

struct FinishedCall {
  CallTag tag;  ///< what start_call() was given
  CallOutcome outcome;
  int grpc_status = -1;  ///< that the server said; -1: none
};

class ClientSession {
 public:
  /// Of a reply of which any is right, with its prefix: what gRPC's own clients take.
  static constexpr std::size_t kMostReply = (std::size_t{4} << 20) + 5;

  /// `call` must outlive the session. At most `max_calls` are in flight at once. Streams are
  /// numbered from `first_stream_id`, which is odd.
  ClientSession(const CallTemplate& call, std::uint32_t max_calls,
                std::uint32_t first_stream_id = 1);

  /// Appends the preface and our SETTINGS: the first bytes of the connection.
  void open(std::string& output);

  /// Takes all of `input`; appends to `finished` each call that it ends, and to `output` what the
  /// protocol wants answered. Returns false when the server broke the protocol: `broken_because()`
  /// says how, and the connection is of no more use.
  [[nodiscard]] bool receive(Bytes input, std::vector<FinishedCall>& finished, std::string& output);

  /// True once the server's SETTINGS have come: before that nobody knows what it allows.
  [[nodiscard]] bool ready() const { return settings_received_; }

  /// How many calls the server lets us have open at once.
  [[nodiscard]] std::uint32_t server_max_calls() const { return server_max_calls_; }

  /// False while the server's limits leave no room for one call more or the connection's window is
  /// closed, and for good when it goes away or the numbers of streams are used up.
  [[nodiscard]] bool can_start() const;

  /// Appends the template's request number `which` to `output`, or what the windows let go of it:
  /// the rest follows from receive() as they open. Requires can_start().
  void start_call(CallTag tag, std::string& output, std::size_t which = 0);

  /// Appends what the windows allow and the last calls had no room for: no more than some 256 KB
  /// is ever put into one output. To be called when that has been sent.
  void send_what_waits(std::string& output);

  [[nodiscard]] std::uint32_t calls_in_flight() const { return in_flight_; }
  [[nodiscard]] bool going_away() const { return going_away_; }
  /// The last GOAWAY's (RFC 9113, section 7); 0: no error, or none was said.
  [[nodiscard]] std::uint32_t goaway_error() const { return goaway_error_; }
  [[nodiscard]] std::string_view broken_because() const { return broken_because_; }
  /// The first grpc-message, as it was sent; empty when there was none.
  [[nodiscard]] const std::string& first_message() const { return first_message_; }
  /// Of the calls that ended by wrong_status or wrong_payload, the first one's.
  [[nodiscard]] const std::optional<WrongReply>& first_wrong_reply() const {
    return wrong_replies_.first();
  }

 private:
  using Error = http2::ErrorCode;
  using Frame = http2::FrameHeader;

  // Replies are a few dozen bytes: this much can never hold up a server.
  static constexpr std::uint32_t kConnectionWindow = 1U << 30;

  // What a header block of a reply says.
  struct ReplyFields {
    std::uint16_t http_status = 0;  // 0: the block has none
    int grpc_status = -1;           // -1: likewise
  };
  struct Call {
    CallTag tag;
    const RequestTemplate* request = nullptr;
    std::uint32_t stream_id = 0;     // 0: this place is free
    std::uint32_t reply_read = 0;    // bytes of the body so far
    std::uint32_t request_sent = 0;  // likewise
    std::uint32_t reply_size = 0;    // where any is right: what its prefix says
    std::uint32_t granted = 0;       // by WINDOW_UPDATEs, above the server's initial window
    std::uint16_t http_status = 0;   // 0: none so far
    bool payload_right = true;
  };
  // Where receive() writes to.
  struct Turn {
    std::vector<FinishedCall>& finished;
    std::string& output;
  };

  [[nodiscard]] Error on_frame(const Frame& header, Bytes payload, Turn turn);
  [[nodiscard]] Error on_settings(const Frame& header, Bytes payload, Turn turn);
  [[nodiscard]] Error on_setting(http2::Setting setting, std::uint32_t value);
  [[nodiscard]] Error on_initial_window(std::uint32_t value);
  [[nodiscard]] Error on_window_update(const Frame& header, Bytes payload, Turn turn);
  [[nodiscard]] Error on_ping(const Frame& header, Bytes payload, Turn turn);
  [[nodiscard]] Error on_goaway(const Frame& header, Bytes payload, Turn turn);
  [[nodiscard]] Error on_rst_stream(const Frame& header, Bytes payload, Turn turn);
  [[nodiscard]] Error on_priority(const Frame& header, Bytes payload);
  [[nodiscard]] Error fail(Error error, std::string_view why);

  // In client_calls.cpp: what belongs to a call.
  [[nodiscard]] Error on_headers(const Frame& header, Bytes payload, Turn turn);
  [[nodiscard]] Error on_continuation(const Frame& header, Bytes payload, Turn turn);
  [[nodiscard]] Error on_header_block(std::uint32_t stream_id, Bytes block, std::uint8_t flags,
                                      Turn turn);
  [[nodiscard]] Error on_data(const Frame& header, Bytes payload, Turn turn);
  [[nodiscard]] bool take_reply(Call& call, Bytes payload);
  [[nodiscard]] bool take_any_reply(Call& call, Bytes payload);
  void finish(Call& call, CallOutcome outcome, Turn turn, int grpc_status = -1);
  void cancel(Call& call, CallOutcome outcome, Turn turn, int grpc_status = -1);
  void finish_ended(Call& call, CallOutcome outcome, Turn turn, int grpc_status = -1);
  void finish_by_trailers(Call& call, const ReplyFields& fields, Turn turn);
  void keep_wrong(const Call& call, CallOutcome outcome, int grpc_status);
  void send_what_fits(Call& call, std::string& output);

  [[nodiscard]] std::size_t place_of(std::uint32_t stream_id) const {
    return (stream_id >> 1) & (calls_.size() - 1);
  }
  // nullptr when there is no such call, or none any more.
  [[nodiscard]] Call* find(std::uint32_t stream_id) {
    Call& call = calls_[place_of(stream_id)];
    return stream_id != 0 && call.stream_id == stream_id ? &call : nullptr;
  }
  // Also of the connection's number and of those that only a server could open.
  [[nodiscard]] bool is_idle(std::uint32_t stream_id) const {
    return stream_id % 2 == 0 || stream_id >= next_stream_id_;
  }
  [[nodiscard]] std::int64_t send_window(const Call& call) const {
    return server_initial_window_ + call.granted - call.request_sent;
  }
  // Of a request's DATA, in bytes.
  [[nodiscard]] static std::uint32_t size_of(const RequestTemplate& request) {
    return static_cast<std::uint32_t>(request.data.size() - http2::kFrameHeaderSize);
  }

  const CallTemplate* call_;
  std::uint32_t max_calls_;
  // Calls in flight, found by stream number: a power of two of places, at least twice as many as
  // calls. A number whose place is still taken is passed over: HTTP/2 lets a client skip numbers.
  std::vector<Call> calls_;
  std::uint32_t in_flight_ = 0;
  std::uint32_t waiting_ = 0;  // of these, the ones whose request has not been sent whole
  std::uint32_t next_stream_id_;

  http2::FrameReader frames_;
  HeaderBlockDecoder<ReplyFields, 4> decoder_;
  std::string continued_block_;  // of HEADERS without END_HEADERS
  std::uint32_t continued_stream_id_ = 0;
  std::uint8_t continued_flags_ = 0;

  std::int64_t send_window_ = http2::kDefaultWindow;
  std::int64_t server_initial_window_ = http2::kDefaultWindow;
  std::uint32_t received_since_update_ = 0;
  std::uint32_t server_max_calls_ = 0x7fff'ffff;
  bool settings_received_ = false;
  bool going_away_ = false;
  std::uint32_t goaway_error_ = 0;
  bool sent_a_block_ = false;
  bool plain_headers_ = false;
  std::string_view broken_because_;
  std::string first_message_;
  WrongReplies wrong_replies_;
};

}  // namespace coresweep
