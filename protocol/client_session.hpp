// A gRPC client's side of one HTTP/2 connection, lean: one request, encoded once, sent again and
// again; replies are read where they lie and compared, not kept.
//
// What it leaves out, because one small request a call never needs it: bodies that wait for window
// in the middle, and more than one request in turn.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/bytes.hpp"
#include "protocol/call_template.hpp"
#include "protocol/header_block.hpp"
#include "protocol/http2_frame.hpp"

namespace coresweep {

/// How a call ended, seen from its own stream.
enum class CallOutcome : std::uint8_t {
  answered,       ///< status 200, grpc-status 0, and the expected body
  wrong_status,   ///< another :status or grpc-status, or none
  wrong_payload,  ///< the right status behind another body
  reset,          ///< RST_STREAM before the answer was whole
  goaway,         ///< the server's GOAWAY says that it will not be answered
};

struct FinishedCall {
  std::uint64_t tag;  ///< what start_call() was given
  CallOutcome outcome;
};

class ClientSession {
 public:
  /// `call` must outlive the session. At most `max_calls` are in flight at once.
  ClientSession(const CallTemplate& call, std::uint32_t max_calls);

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

  /// False while the server's limits or windows leave no room for one call more.
  [[nodiscard]] bool can_start() const;

  /// Appends one request to `output`. Requires can_start().
  void start_call(std::uint64_t tag, std::string& output);

  [[nodiscard]] std::uint32_t calls_in_flight() const { return in_flight_; }
  [[nodiscard]] bool going_away() const { return going_away_; }
  [[nodiscard]] std::string_view broken_because() const { return broken_because_; }

 private:
  // What a header block of a reply says.
  struct ReplyFields {
    int http_status = 0;   // 0: the block has none
    int grpc_status = -1;  // -1: likewise
  };
  struct Call {
    std::uint64_t tag = 0;
    std::uint32_t stream_id = 0;   // 0: this place is free
    std::uint32_t reply_read = 0;  // bytes of the body so far
    bool status_right = false;
    bool payload_right = true;
  };

  [[nodiscard]] http2::ErrorCode on_frame(const http2::FrameHeader& header, Bytes payload,
                                          std::vector<FinishedCall>& finished, std::string& output);
  [[nodiscard]] http2::ErrorCode on_headers(const http2::FrameHeader& header, Bytes payload,
                                            std::vector<FinishedCall>& finished);
  [[nodiscard]] http2::ErrorCode on_header_block(std::uint32_t stream_id, Bytes block,
                                                 std::uint8_t flags,
                                                 std::vector<FinishedCall>& finished);
  [[nodiscard]] http2::ErrorCode on_data(const http2::FrameHeader& header, Bytes payload,
                                         std::vector<FinishedCall>& finished, std::string& output);
  [[nodiscard]] http2::ErrorCode on_settings(const http2::FrameHeader& header, Bytes payload,
                                             std::string& output);
  [[nodiscard]] http2::ErrorCode on_window_update(const http2::FrameHeader& header, Bytes payload);
  [[nodiscard]] http2::ErrorCode on_goaway(Bytes payload, std::vector<FinishedCall>& finished);
  [[nodiscard]] http2::ErrorCode fail(http2::ErrorCode error, std::string_view why);
  [[nodiscard]] Call* find(std::uint32_t stream_id);
  [[nodiscard]] std::size_t place_of(std::uint32_t stream_id) const;
  void finish(Call& call, CallOutcome outcome, std::vector<FinishedCall>& finished);
  void finish_by_trailers(Call& call, const ReplyFields& fields,
                          std::vector<FinishedCall>& finished);

  const CallTemplate* call_;
  std::uint32_t max_calls_;
  // Calls in flight, found by stream number: a power of two of places, at least twice as many as
  // calls. A number whose place is still taken is passed over: HTTP/2 lets a client skip numbers.
  std::vector<Call> calls_;
  std::uint32_t in_flight_ = 0;
  std::uint32_t next_stream_id_ = 1;

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
  bool sent_a_block_ = false;
  bool plain_headers_ = false;
  std::string_view broken_because_;
};

}  // namespace coresweep
