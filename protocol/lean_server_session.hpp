// A gRPC server's side of one HTTP/2 connection, lean: requests are read where they lie, replies
// are copies of frames encoded once, and a call that comes whole, and whose reply finds window,
// leaves nothing behind. What a connection may hold or ask for is bounded everywhere.
//
// RFC 9113 for the frames and streams, RFC 7541 for the headers, "gRPC over HTTP/2" for the calls.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocol/grpc_request.hpp"
#include "protocol/header_block.hpp"
#include "protocol/header_rules.hpp"
#include "protocol/http2_frame.hpp"
#include "protocol/reply_frames.hpp"
#include "protocol/reply_queue.hpp"
#include "protocol/server_session.hpp"
#include "protocol/stream_table.hpp"

namespace coresweep {

class LeanServerSession {
 public:
  /// What one connection may ask of us, as its SETTINGS say.
  static constexpr std::uint32_t kMaxStreams = 1'024;
  static constexpr std::uint32_t kStreamWindow = 1U << 20;
  static constexpr std::uint32_t kConnectionWindow = 16U << 20;
  static constexpr std::uint32_t kMaxHeaderList = 16'384;

  /// And what it may cost us: bytes of bodies and replies of all its streams; a header block in
  /// parts; frames that bring no call nearer to its answer, beyond those that each read and each
  /// answer forgive.
  static constexpr std::size_t kMaxBuffered = std::size_t{8} << 20;
  static constexpr std::size_t kMaxHeaderBlock = 16'384;
  static constexpr int kMaxDebt = 8'192;
  static constexpr int kForgivenARead = 16;
  static constexpr int kForgivenACall = 4;  // a PING, and windows given back

  [[nodiscard]] SessionStatus receive(Bytes input, CallHandler& handler, std::string& output);
  void shut_down(Goodbye why, std::string& output);
  [[nodiscard]] bool has_greeted() const { return settings_seen_; }
  [[nodiscard]] bool is_unfinished() const;
  [[nodiscard]] std::size_t held() const;
  [[nodiscard]] std::uint64_t calls_answered() const { return calls_answered_; }

 private:
  // What a header block says, as a request or as trailers.
  struct Fields {
    GrpcRequestHead head;
    HeaderRules rules;
    std::uint32_t size = 0;    // as SETTINGS_MAX_HEADER_LIST_SIZE counts
    bool is_accepted = false;  // as a request with a body, looked at once
  };
  // The last request's stream, as long as nothing but control frames has followed its head.
  struct FreshStream {
    std::uint32_t id = 0;  // 0: none
    const Fields* fields = nullptr;
  };
  struct HeaderPart {             // of a block that CONTINUATION goes on with
    std::uint32_t stream_id = 0;  // 0: none
    bool ends_stream = false;
    std::string block;
  };
  struct Turn {  // what receive() was given
    CallHandler& handler;
    std::string& output;
  };
  using Error = http2::ErrorCode;
  using Frame = http2::FrameHeader;

  [[nodiscard]] bool read_preface(Bytes& input, std::string& output);
  [[nodiscard]] Error on_frame(const Frame& header, Bytes payload, Turn& turn);
  [[nodiscard]] Error on_data(const Frame& header, Bytes payload, Turn& turn);
  [[nodiscard]] Error on_stream_data(const Frame& header, Bytes payload, Turn& turn);
  [[nodiscard]] Error on_headers(const Frame& header, Bytes payload, Turn& turn);
  [[nodiscard]] Error on_continuation(const Frame& header, Bytes payload, Turn& turn);
  [[nodiscard]] Error on_block(std::uint32_t id, bool ends, Bytes block, Turn& turn);
  [[nodiscard]] Error on_request(std::uint32_t id, bool ends, Fields& fields, Turn& turn);
  [[nodiscard]] Error on_trailers(std::uint32_t id, bool ends, const Fields& fields, Turn& turn);
  [[nodiscard]] Error on_settings(const Frame& header, Bytes payload, std::string& output);
  [[nodiscard]] Error on_window_update(const Frame& header, Bytes payload, std::string& output);
  [[nodiscard]] Error on_ping(const Frame& header, Bytes payload, std::string& output);
  [[nodiscard]] Error on_rst_stream(const Frame& header, Bytes payload);
  [[nodiscard]] Error on_goaway(const Frame& header, Bytes payload);
  [[nodiscard]] Error on_priority(const Frame& header, Bytes payload, std::string& output);
  [[nodiscard]] Error on_closed_stream(std::uint32_t id);
  /// A stream that no client has opened, or may open.
  [[nodiscard]] bool is_idle(std::uint32_t id) const { return id % 2 == 0 || id > last_stream_id_; }
  /// Counts `debt`; ENHANCE_YOUR_CALM when it is too much.
  [[nodiscard]] Error owe(int debt);

  void settle_fresh();
  void end_request(ServerStream& stream, Turn& turn);
  /// True when the head alone decides the answer, which is then given.
  [[nodiscard]] bool refuse(std::uint32_t id, const Fields& fields, Turn& turn);
  /// Answers, or gives the reply to the queue. `stream` is where it is kept, if it is anywhere yet.
  void answer(std::uint32_t id, const GrpcRequestHead& head, Bytes body, Turn& turn,
              ServerStream* stream);
  void wait_for_window(std::uint32_t id, std::size_t data, std::string& output,
                       ServerStream* stream);
  void send_what_fits(std::string& output);
  void reset(std::uint32_t id, Error error, std::string& output);
  void drop(ServerStream& stream);

  http2::FrameReader frames_;
  HeaderBlockDecoder<Fields, 2> decoder_;
  ReplyFrames replies_;
  ReplyQueue queue_;
  StreamTable streams_;
  FreshStream fresh_;
  HeaderPart part_;
  std::vector<std::uint32_t> reset_;  // streams we reset last: their frames may be under way
  std::uint64_t calls_answered_ = 0;
  std::size_t buffered_ = 0;
  std::uint32_t unacknowledged_ = 0;
  std::uint32_t last_stream_id_ = 0;
  std::uint32_t forgotten_ = 0;  // the highest id that reset_ had no room for any longer
  int debt_ = 0;
  std::uint8_t preface_read_ = 0;
  bool settings_seen_ = false;
  bool going_away_ = false;
};

static_assert(ServerSession<LeanServerSession>);

}  // namespace coresweep
