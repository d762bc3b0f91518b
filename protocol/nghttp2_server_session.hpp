// A gRPC server's side of one HTTP/2 connection, through the whole of nghttp2: what most servers
// pay.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "protocol/server_session.hpp"

namespace coresweep {

class Nghttp2ServerSession {
 public:
  /// What one connection may ask of us.
  static constexpr std::uint32_t kMaxStreams = 1'024;
  static constexpr std::size_t kMaxMessage = std::size_t{4} << 20;   ///< gRPC's own default
  static constexpr std::size_t kMaxBuffered = std::size_t{8} << 20;  ///< of all its open streams

  Nghttp2ServerSession();
  ~Nghttp2ServerSession();
  // nghttp2's callbacks hold this object's address.
  Nghttp2ServerSession(const Nghttp2ServerSession&) = delete;
  Nghttp2ServerSession& operator=(const Nghttp2ServerSession&) = delete;

  [[nodiscard]] SessionStatus receive(Bytes input, CallHandler& handler, std::string& output);
  void shut_down(Goodbye why, std::string& output);
  [[nodiscard]] bool has_greeted() const { return settings_seen_; }
  [[nodiscard]] bool is_unfinished() const;
  [[nodiscard]] std::size_t held() const { return buffered_; }
  [[nodiscard]] std::uint64_t calls_answered() const { return calls_answered_; }

 private:
  struct Stream;
  struct Callbacks;
  struct SessionDeleter {
    void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
  };

  [[nodiscard]] Stream& open_stream();
  void close_stream(Stream& stream);
  // These answer what they can already: 0, or an error of nghttp2's.
  [[nodiscard]] int add_body(std::int32_t stream_id, Stream& stream, Bytes chunk);
  [[nodiscard]] int answer_if_refused(std::int32_t stream_id, Stream& stream);
  [[nodiscard]] int answer(std::int32_t stream_id, Stream& stream);
  [[nodiscard]] int finish(std::int32_t stream_id, Stream& stream, const CallResult& result);
  [[nodiscard]] int send_reply(std::int32_t stream_id, Stream& stream);
  [[nodiscard]] int send_error(std::int32_t stream_id, const CallResult& result);
  [[nodiscard]] int send_status(std::int32_t stream_id, Stream& stream, int http_status);
  [[nodiscard]] bool flush(std::string& output);

  std::unique_ptr<nghttp2_session, SessionDeleter> session_;
  CallHandler* handler_ = nullptr;                // only while receive() runs
  std::vector<std::unique_ptr<Stream>> streams_;  // every one ever needed at once
  std::vector<Stream*> idle_streams_;             // those of them that no open stream uses
  std::size_t buffered_ = 0;                      // bytes of bodies and replies, all open streams
  std::uint64_t calls_answered_ = 0;
  bool settings_seen_ = false;
  SessionStatus end_ = SessionStatus::open;  // as the last GOAWAY said
};

static_assert(ServerSession<Nghttp2ServerSession>);

}  // namespace coresweep
