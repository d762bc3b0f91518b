// LeanServerSession's calls: requests as they come together, and their answers.
#include <algorithm>
#include <limits>
#include <utility>

#include "protocol/grpc_frame.hpp"
#include "protocol/lean_server_session.hpp"

namespace coresweep {
namespace {

constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

}  // namespace

LeanServerSession::Error LeanServerSession::on_data(const Frame& header, Bytes payload,
                                                    Turn& turn) {
  if (is_idle(header.stream_id)) {
    return Error::protocol_error;
  }
  // Counted whatever becomes of it: padding, and frames of streams that are no more. Given back as
  // it is read, this window and a stream's never close, so that no client can overrun them: what
  // bounds a client is kMaxBuffered.
  unacknowledged_ += header.length;
  if (unacknowledged_ >= kConnectionWindow / 2) {
    http2::append_window_update(turn.output, 0, std::exchange(unacknowledged_, 0));
  }
  const bool ends = header.has(http2::kFlagEndStream);
  if (const Error error = http2::strip_padding(header, payload); error != Error::no_error) {
    return error;
  }
  if (payload.empty() && !ends && owe(1) != Error::no_error) {
    return Error::enhance_your_calm;
  }
  if (fresh_.id != header.stream_id || !ends || fresh_.fields->rules.content_length() ||
      buffered_ + payload.size() > kMaxBuffered) {
    return on_stream_data(header, payload, turn);
  }
  // What nearly every call is: a head, and right behind it the whole body.
  const FreshStream fresh = std::exchange(fresh_, {});
  answer(fresh.id, fresh.fields->head, payload, turn, nullptr);
  return Error::no_error;
}

LeanServerSession::Error LeanServerSession::on_stream_data(const Frame& header, Bytes payload,
                                                           Turn& turn) {
  settle_fresh();
  ServerStream* const stream = streams_.find(header.stream_id);
  if (stream == nullptr) {
    return on_closed_stream(header.stream_id);
  }
  if (stream->request_ended) {
    reset(stream->id, Error::stream_closed, turn.output);
    return Error::no_error;
  }
  stream->unacknowledged += header.length;
  if (stream->body.size() + payload.size() > stream->content_length.value_or(kNoLimit)) {
    reset(stream->id, Error::protocol_error, turn.output);
    return Error::no_error;
  }
  if (stream->body.size() + payload.size() > kMaxGrpcMessage + kGrpcPrefixSize ||
      buffered_ + payload.size() > kMaxBuffered) {
    ++calls_answered_;
    turn.handler.on_refused(Refusal::message);
    replies_.append_error(turn.output, stream->id, kMessageTooLarge);
    if (header.has(http2::kFlagEndStream)) {
      drop(*stream);
    } else {
      reset(stream->id, Error::no_error, turn.output);
    }
    return Error::no_error;
  }
  append(stream->body, payload);
  buffered_ += payload.size();
  if (header.has(http2::kFlagEndStream)) {
    end_request(*stream, turn);
  } else if (stream->unacknowledged >= kStreamWindow / 2) {
    http2::append_window_update(turn.output, stream->id, std::exchange(stream->unacknowledged, 0));
  }
  return Error::no_error;
}

LeanServerSession::Error LeanServerSession::on_headers(const Frame& header, Bytes payload,
                                                       Turn& turn) {
  if (header.stream_id % 2 == 0) {
    return Error::protocol_error;
  }
  if (const Error error = http2::strip_padding(header, payload); error != Error::no_error) {
    return error;
  }
  const bool ends = header.has(http2::kFlagEndStream);
  if (header.has(http2::kFlagEndHeaders)) {
    return on_block(header.stream_id, ends, payload, turn);
  }
  part_.stream_id = header.stream_id;
  part_.ends_stream = ends;
  append(part_.block, payload);
  return Error::no_error;
}

LeanServerSession::Error LeanServerSession::on_continuation(const Frame& header, Bytes payload,
                                                            Turn& turn) {
  if (part_.stream_id == 0) {
    return Error::protocol_error;
  }
  if (part_.block.size() + payload.size() > kMaxHeaderBlock || owe(1) != Error::no_error) {
    return Error::enhance_your_calm;
  }
  append(part_.block, payload);
  if (!header.has(http2::kFlagEndHeaders)) {
    return Error::no_error;
  }
  const HeaderPart whole = std::exchange(part_, {});
  return on_block(whole.stream_id, whole.ends_stream, as_bytes(whole.block), turn);
}

LeanServerSession::Error LeanServerSession::on_block(std::uint32_t id, bool ends, Bytes block,
                                                     Turn& turn) {
  settle_fresh();
  // Decoded whatever becomes of it: the table is the connection's.
  Fields* const fields =
      decoder_.decode(block, [](Fields& into, std::string_view name, std::string_view value) {
        into.size += static_cast<std::uint32_t>(name.size() + value.size() + 32);
        if (into.size <= kMaxHeaderList) {
          into.head.add_field(name, value);
          into.rules.add_field(name, value);
        }
      });
  if (fields == nullptr) {
    return decoder_.list_was_too_large() ? Error::enhance_your_calm : Error::compression_error;
  }
  return id > last_stream_id_ ? on_request(id, ends, *fields, turn)
                              : on_trailers(id, ends, *fields, turn);
}

LeanServerSession::Error LeanServerSession::on_request(std::uint32_t id, bool ends, Fields& fields,
                                                       Turn& turn) {
  last_stream_id_ = id;
  if (streams_.size() >= kMaxStreams) {
    turn.handler.on_refused(Refusal::stream);
    reset(id, Error::refused_stream, turn.output);
    return owe(1);
  }
  if (fields.is_accepted && !ends) {
    fresh_ = {id, &fields};
    return Error::no_error;
  }
  const bool is_whole = fields.size <= kMaxHeaderList;  // else not all of it was looked at
  const bool lacks_body = ends && fields.rules.content_length().value_or(0) != 0;
  if (is_whole && (lacks_body || !fields.rules.are_kept_by_request())) {
    reset(id, Error::protocol_error, turn.output);
    return owe(1);
  }
  if (refuse(id, fields, turn)) {
    if (!ends) {
      reset(id, Error::no_error, turn.output);  // the rest of it is not wanted: section 8.1
    }
  } else if (ends) {
    answer(id, fields.head, {}, turn, nullptr);
  } else {
    fields.is_accepted = true;
    fresh_ = {id, &fields};
  }
  return Error::no_error;
}

LeanServerSession::Error LeanServerSession::on_trailers(std::uint32_t id, bool ends,
                                                        const Fields& fields, Turn& turn) {
  ServerStream* const stream = streams_.find(id);
  if (stream == nullptr) {
    return on_closed_stream(id);
  }
  if (stream->request_ended) {
    reset(id, Error::stream_closed, turn.output);
  } else if (!ends || !fields.rules.are_kept_by_trailers()) {
    reset(id, Error::protocol_error, turn.output);
  } else {
    end_request(*stream, turn);
  }
  return Error::no_error;
}

// What a stream says that is no more. Frames that crossed our RST_STREAM are no fault of the
// peer's; any other are (RFC 9113, section 5.1). Closed is also a number that was passed over
// (section 5.1.1): which those were is not kept.
LeanServerSession::Error LeanServerSession::on_closed_stream(std::uint32_t id) {
  const bool crossed =
      id <= forgotten_ || std::find(reset_.begin(), reset_.end(), id) != reset_.end();
  return crossed ? owe(1) : Error::stream_closed;
}

void LeanServerSession::settle_fresh() {
  if (fresh_.id == 0) {
    return;
  }
  ServerStream& stream = streams_.open(fresh_.id);
  stream.send_window = queue_.initial_window();
  stream.head = fresh_.fields->head;
  stream.content_length = fresh_.fields->rules.content_length();
  fresh_ = {};
}

void LeanServerSession::end_request(ServerStream& stream, Turn& turn) {
  stream.request_ended = true;
  if (stream.content_length.value_or(stream.body.size()) != stream.body.size()) {
    reset(stream.id, Error::protocol_error, turn.output);
    return;
  }
  answer(stream.id, stream.head, as_bytes(stream.body), turn, &stream);
}

bool LeanServerSession::refuse(std::uint32_t id, const Fields& fields, Turn& turn) {
  if (fields.size > kMaxHeaderList) {
    turn.handler.on_refused(Refusal::header_list);
    replies_.append_status(turn.output, id, 431);
  } else if (const int http_status = refused_by_http(fields.head); http_status != 0) {
    replies_.append_status(turn.output, id, http_status);
  } else if (const auto refusal = refused_by_head(fields.head, turn.handler)) {
    replies_.append_error(turn.output, id, *refusal);
  } else {
    return false;
  }
  debt_ = std::max(0, debt_ - kForgivenACall);
  ++calls_answered_;
  return true;
}

void LeanServerSession::answer(std::uint32_t id, const GrpcRequestHead& head, Bytes body,
                               Turn& turn, ServerStream* stream) {
  debt_ = std::max(0, debt_ - kForgivenACall);
  ++calls_answered_;
  const ReplyFrames before = replies_;
  const std::size_t start = turn.output.size();
  const std::size_t data = replies_.append_head(turn.output, id);
  const CallResult result = call_with_body(head, body, turn.handler, turn.output);
  if (result.status != GrpcStatus::ok) {
    turn.output.resize(start);
    replies_ = before;
    replies_.append_error(turn.output, id, result);
  } else {
    ReplyFrames::set_length(turn.output, data);
    const auto size = turn.output.size() - data - http2::kFrameHeaderSize;
    const std::int64_t window = stream == nullptr ? queue_.initial_window() : stream->send_window;
    if (!queue_.pass(static_cast<std::int64_t>(size), window)) {
      wait_for_window(id, data, turn.output, stream);
      return;
    }
    replies_.append_trailers(turn.output, id);
  }
  if (stream != nullptr) {
    drop(*stream);
  }
}

// Takes the DATA frame that begins at `data` back from `output`, to be sent in parts.
void LeanServerSession::wait_for_window(std::uint32_t id, std::size_t data, std::string& output,
                                        ServerStream* stream) {
  if (stream == nullptr) {
    stream = &streams_.open(id);
    stream->request_ended = true;
    stream->send_window = queue_.initial_window();
  }
  // A peer that grants no window holds the reply here for long, and needs the request no more.
  buffered_ -= stream->body.size();
  stream->body = std::string();
  stream->reply.assign(output, data + http2::kFrameHeaderSize);
  buffered_ += stream->reply.size();
  output.resize(data);
  queue_.add(*stream);
  send_what_fits(output);
}

void LeanServerSession::send_what_fits(std::string& output) {
  queue_.send(streams_, output, [&](ServerStream& stream) {
    replies_.append_trailers(output, stream.id);
    drop(stream);
  });
}

void LeanServerSession::reset(std::uint32_t id, Error error, std::string& output) {
  http2::append_rst_stream(output, id, error);
  if (ServerStream* const stream = streams_.find(id)) {
    drop(*stream);
  }
  if (reset_.size() == kMaxStreams) {
    forgotten_ = std::max(forgotten_, reset_.front());
    reset_.erase(reset_.begin());
  }
  reset_.push_back(id);
  if (error != Error::no_error && error != Error::refused_stream) {
    debt_ += kForgivenACall + 1;  // a reset that the peer brought about, as one that it sends
  }
}

void LeanServerSession::drop(ServerStream& stream) {
  buffered_ -= stream.buffered();
  queue_.remove(stream);
  streams_.close(stream);
}

}  // namespace coresweep
