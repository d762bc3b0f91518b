#include "protocol/nghttp2_server_session.hpp"

#include <algorithm>
#include <array>
#include <new>

#include "protocol/grpc_frame.hpp"
#include "protocol/grpc_request.hpp"
#include "protocol/http2_frame.hpp"
#include "protocol/nghttp2_header.hpp"

namespace coresweep {
struct Nghttp2ServerSession::Stream {
  GrpcRequestHead head;
  std::string body;  // the request's DATA, with its gRPC prefix
  std::string reply;
  std::size_t reply_sent = 0;
  bool answered = false;

  static constexpr std::size_t kKept = 256;  // of each buffer, for the next request

  void reset() {
    std::string path = std::move(head.path);  // its room
    path.clear();
    head = {.path = std::move(path)};
    clear_for_reuse(body, kKept);
    clear_for_reuse(reply, kKept);
    reply_sent = 0;
    answered = false;
  }
};

// nghttp2's callbacks: each finds session and stream, and calls the member that does the work.
struct Nghttp2ServerSession::Callbacks {
  static Nghttp2ServerSession& self(void* user_data) {
    return *static_cast<Nghttp2ServerSession*>(user_data);
  }
  static Stream* stream(nghttp2_session* session, std::int32_t stream_id) {
    return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session, stream_id));
  }

  static int on_begin_headers(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
      nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, &self(user).open_stream());
    }
    return 0;
  }

  static int on_header(nghttp2_session* session, const nghttp2_frame* frame,
                       const std::uint8_t* name, std::size_t name_size, const std::uint8_t* value,
                       std::size_t value_size, std::uint8_t, void*) {
    Stream* const found = stream(session, frame->hd.stream_id);
    if (found != nullptr && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {  // not trailers
      found->head.add_field(as_text({name, name_size}), as_text({value, value_size}));
    }
    return 0;
  }

  // nghttp2 would leave the field out; it makes the request malformed (RFC 9113, section 8.2.1).
  static int on_invalid_header(nghttp2_session*, const nghttp2_frame*, const std::uint8_t*,
                               std::size_t, const std::uint8_t*, std::size_t, std::uint8_t, void*) {
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }

  static int on_data(nghttp2_session* session, std::uint8_t, std::int32_t stream_id,
                     const std::uint8_t* data, std::size_t size, void* user) {
    Stream* const found = stream(session, stream_id);
    return found == nullptr || found->answered
               ? 0
               : self(user).add_body(stream_id, *found, {data, size});
  }

  static int on_frame(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    self(user).settings_seen_ = true;  // no other frame gets here before
    const bool headers = frame->hd.type == NGHTTP2_HEADERS;
    const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (!headers && (frame->hd.type != NGHTTP2_DATA || !ends)) {
      return 0;
    }
    Stream* const found = stream(session, frame->hd.stream_id);
    if (found == nullptr || found->answered) {
      return 0;
    }
    return ends ? self(user).answer(frame->hd.stream_id, *found)
                : self(user).answer_if_refused(frame->hd.stream_id, *found);
  }

  static int on_frame_sent(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR) {
      self(user).end_ = frame->goaway.error_code == NGHTTP2_INTERNAL_ERROR  // to a rapid reset
                            ? SessionStatus::flooded
                            : SessionStatus::broken;
    }
    if (frame->hd.type == NGHTTP2_RST_STREAM && self(user).handler_ != nullptr &&
        frame->rst_stream.error_code == NGHTTP2_REFUSED_STREAM) {
      self(user).handler_->on_refused(Refusal::stream);
    }
    // Answered before the request's end: the rest of it is not wanted (RFC 9113, section 8.1).
    if (frame->hd.type == NGHTTP2_HEADERS && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 &&
        nghttp2_session_get_stream_remote_close(session, frame->hd.stream_id) == 0) {
      return nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                       NGHTTP2_NO_ERROR);
    }
    return 0;
  }

  static int on_stream_close(nghttp2_session* session, std::int32_t stream_id, std::uint32_t,
                             void* user) {
    if (Stream* const found = stream(session, stream_id)) {
      self(user).close_stream(*found);
    }
    return 0;
  }

  static ssize_t read_reply(nghttp2_session* session, std::int32_t stream_id, std::uint8_t* buffer,
                            std::size_t room, std::uint32_t* flags, nghttp2_data_source* source,
                            void*) {
    Stream& found = *static_cast<Stream*>(source->ptr);
    const std::string_view rest = std::string_view(found.reply).substr(found.reply_sent);
    const std::size_t size = std::min(room, rest.size());
    rest.copy(reinterpret_cast<char*>(buffer), size);
    found.reply_sent += size;
    if (size == rest.size()) {
      *flags = NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
      const nghttp2_nv trailer = constant_header("grpc-status", "0");
      if (nghttp2_submit_trailer(session, stream_id, &trailer, 1) != 0) {
        return NGHTTP2_ERR_CALLBACK_FAILURE;
      }
    }
    return static_cast<ssize_t>(size);
  }

  // Made once and only read afterwards; nghttp2 copies them into each session.
  static const nghttp2_session_callbacks* table() {
    static const auto callbacks = [] {
      nghttp2_session_callbacks* made = nullptr;
      if (nghttp2_session_callbacks_new(&made) != 0) {
        throw std::bad_alloc();
      }
      nghttp2_session_callbacks_set_on_begin_headers_callback(made, on_begin_headers);
      nghttp2_session_callbacks_set_on_header_callback(made, on_header);
      nghttp2_session_callbacks_set_on_invalid_header_callback(made, on_invalid_header);
      nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, on_data);
      nghttp2_session_callbacks_set_on_frame_recv_callback(made, on_frame);
      nghttp2_session_callbacks_set_on_stream_close_callback(made, on_stream_close);
      nghttp2_session_callbacks_set_on_frame_send_callback(made, on_frame_sent);
      return std::unique_ptr<nghttp2_session_callbacks, decltype(&nghttp2_session_callbacks_del)>(
          made, nghttp2_session_callbacks_del);
    }();
    return callbacks.get();
  }
};

Nghttp2ServerSession::Nghttp2ServerSession() {
  nghttp2_option* option = nullptr;
  if (nghttp2_option_new(&option) != 0) {
    throw std::bad_alloc();
  }
  // Closed streams only serve priorities, which RFC 9113 gave up.
  nghttp2_option_set_no_closed_streams(option, 1);
  nghttp2_session* session = nullptr;
  const int error = nghttp2_session_server_new2(&session, Callbacks::table(), this, option);
  nghttp2_option_del(option);
  if (error != 0) {
    throw std::bad_alloc();
  }
  session_.reset(session);

  constexpr std::array<nghttp2_settings_entry, 2> kSettings{{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kMaxStreams},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 20},
  }};
  if (nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, kSettings.data(), kSettings.size()) !=
          0 ||
      nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, 16 << 20) != 0) {
    throw std::bad_alloc();
  }
}

Nghttp2ServerSession::~Nghttp2ServerSession() = default;

SessionStatus Nghttp2ServerSession::receive(Bytes input, CallHandler& handler,
                                            std::string& output) {
  handler_ = &handler;
  const ssize_t used = nghttp2_session_mem_recv(session_.get(), input.data(), input.size());
  // Also after an error: a GOAWAY may be waiting that tells the peer what it did wrong.
  const bool flushed = used != NGHTTP2_ERR_BAD_CLIENT_MAGIC && flush(output);
  handler_ = nullptr;
  if (used == NGHTTP2_ERR_BAD_CLIENT_MAGIC) {
    return SessionStatus::not_http2;
  }
  constexpr ssize_t kTooManyContinuations = -905;  // NGHTTP2_ERR_..., which older headers lack
  if (used == NGHTTP2_ERR_FLOODED || used == kTooManyContinuations) {
    const auto last = nghttp2_session_get_last_proc_stream_id(session_.get());
    http2::append_goaway(output, static_cast<std::uint32_t>(last),
                         http2::ErrorCode::enhance_your_calm);
    return SessionStatus::flooded;
  }
  // nghttp2 reports most broken rules to the peer alone, by a GOAWAY that names the error.
  if (used < 0 || !flushed || end_ != SessionStatus::open) {
    return end_ == SessionStatus::open ? SessionStatus::broken : end_;
  }
  const bool goes_on = nghttp2_session_want_read(session_.get()) != 0 ||
                       nghttp2_session_want_write(session_.get()) != 0;
  return goes_on ? SessionStatus::open : SessionStatus::finished;
}

void Nghttp2ServerSession::shut_down(Goodbye why, std::string& output) {
  const auto code = static_cast<std::uint32_t>(goodbye_code(why, settings_seen_));
  const int error = why == Goodbye::draining
                        ? nghttp2_submit_shutdown_notice(session_.get())
                        : nghttp2_session_terminate_session(session_.get(), code);
  // A GOAWAY that cannot be made leaves the peer with a closed socket, which says the same.
  (void)(error == 0 && flush(output));
}

// Half a frame lies within nghttp2, which does not tell.
bool Nghttp2ServerSession::is_unfinished() const {
  return !settings_seen_ || streams_.size() > idle_streams_.size();
}

bool Nghttp2ServerSession::flush(std::string& output) {
  while (true) {
    const std::uint8_t* data = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_.get(), &data);
    if (size <= 0) {
      return size == 0;
    }
    append(output, {data, static_cast<std::size_t>(size)});
  }
}

Nghttp2ServerSession::Stream& Nghttp2ServerSession::open_stream() {
  if (idle_streams_.empty()) {
    streams_.push_back(std::make_unique<Stream>());
    idle_streams_.push_back(streams_.back().get());
  }
  Stream& stream = *idle_streams_.back();
  idle_streams_.pop_back();
  return stream;
}

void Nghttp2ServerSession::close_stream(Stream& stream) {
  buffered_ -= stream.body.size() + stream.reply.size();
  stream.reset();
  idle_streams_.push_back(&stream);
}

int Nghttp2ServerSession::add_body(std::int32_t stream_id, Stream& stream, Bytes chunk) {
  if (stream.body.size() + chunk.size() > kMaxGrpcMessage + kGrpcPrefixSize ||
      buffered_ + chunk.size() > kMaxBuffered) {
    handler_->on_refused(Refusal::message);
    return finish(stream_id, stream, kMessageTooLarge);
  }
  append(stream.body, chunk);
  buffered_ += chunk.size();
  return 0;
}

// A client that opens a stream of messages waits for an answer before its first: who asks for what
// is not here (server reflection, say) shall not wait for ever.
int Nghttp2ServerSession::answer_if_refused(std::int32_t stream_id, Stream& stream) {
  if (const int http_status = refused_by_http(stream.head); http_status != 0) {
    return send_status(stream_id, stream, http_status);
  }
  const auto refusal = refused_by_head(stream.head, *handler_);
  return refusal ? finish(stream_id, stream, *refusal) : 0;
}

int Nghttp2ServerSession::answer(std::int32_t stream_id, Stream& stream) {
  const int error = answer_if_refused(stream_id, stream);
  if (error != 0 || stream.answered) {
    return error;
  }
  stream.reply.assign(kGrpcPrefixSize, '\0');
  return finish(stream_id, stream,
                call_with_body(stream.head, as_bytes(stream.body), *handler_, stream.reply));
}

int Nghttp2ServerSession::finish(std::int32_t stream_id, Stream& stream, const CallResult& result) {
  ++calls_answered_;
  stream.answered = true;
  // A peer that grants no window holds the reply here for long, and needs the request no more.
  buffered_ -= stream.body.size();
  clear_for_reuse(stream.body, Stream::kKept);
  buffered_ += stream.reply.size();
  return result.status == GrpcStatus::ok ? send_reply(stream_id, stream)
                                         : send_error(stream_id, result);
}

int Nghttp2ServerSession::send_reply(std::int32_t stream_id, Stream& stream) {
  std::string prefix;
  append_grpc_prefix(prefix, stream.reply.size() - kGrpcPrefixSize);
  stream.reply.replace(0, kGrpcPrefixSize, prefix);
  const std::array<nghttp2_nv, 2> headers{constant_header(":status", "200"),
                                          constant_header("content-type", "application/grpc")};
  const nghttp2_data_provider body{.source = {.ptr = &stream},
                                   .read_callback = Callbacks::read_reply};
  return nghttp2_submit_response(session_.get(), stream_id, headers.data(), headers.size(), &body);
}

int Nghttp2ServerSession::send_error(std::int32_t stream_id, const CallResult& result) {
  const std::string status = std::to_string(static_cast<int>(result.status));
  const std::array<nghttp2_nv, 5> headers{
      constant_header(":status", "200"), constant_header("content-type", "application/grpc"),
      copied_header("grpc-status", status), copied_header("grpc-message", result.error),
      constant_header("grpc-accept-encoding", "identity")};
  return nghttp2_submit_response(session_.get(), stream_id, headers.data(), headers.size(),
                                 nullptr);
}

int Nghttp2ServerSession::send_status(std::int32_t stream_id, Stream& stream, int http_status) {
  ++calls_answered_;
  stream.answered = true;
  const std::string status = std::to_string(http_status);
  const nghttp2_nv header = copied_header(":status", status);
  return nghttp2_submit_response(session_.get(), stream_id, &header, 1, nullptr);
}

}  // namespace coresweep
