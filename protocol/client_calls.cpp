// ClientSession's calls: requests as the windows let them go, and replies as they come together.
#include <algorithm>
#include <cassert>
#include <charconv>
#include <utility>

#include "protocol/client_session.hpp"
#include "protocol/grpc_frame.hpp"

namespace coresweep {
namespace {

using http2::FrameType;

// A reply's headers are far below; a server that goes on and on is not listened to.
constexpr std::size_t kMaxHeaderBlock = 16'384;
// Of DATA in a frame: what any server takes, whatever its MAX_FRAME_SIZE.
constexpr std::size_t kMostAtOnce = http2::kMaxFrameSize;
// Of requests in an output that has not been sent yet: windows may be larger than any memory.
constexpr std::size_t kMostAhead = 262'144;
constexpr std::uint16_t kOk = 200;
// Of a grpc-message that is kept.
constexpr std::size_t kMostMessage = 200;

template <class Integer>
Integer parse_integer(std::string_view text, Integer otherwise) {
  Integer value = otherwise;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? value : otherwise;
}

}  // namespace

// A closed window of the connection holds up the calls that wait, and one more would only join
// them; a stream's own holds up nobody else.
bool ClientSession::can_start() const {
  return settings_received_ && !going_away_ &&
         in_flight_ < std::min(max_calls_, server_max_calls_) && send_window_ > 0 &&
         next_stream_id_ <= http2::kMaxStreamId - 2 * static_cast<std::uint32_t>(calls_.size());
}

void ClientSession::start_call(CallTag tag, std::string& output, std::size_t which) {
  assert(can_start());
  while (calls_[place_of(next_stream_id_)].stream_id != 0) {
    next_stream_id_ += 2;
  }
  const std::uint32_t stream_id = std::exchange(next_stream_id_, next_stream_id_ + 2);
  Call& call = calls_[place_of(stream_id)];
  call = {.tag = tag, .request = &call_->requests[which], .stream_id = stream_id};
  ++in_flight_;

  const EncodedHeaders& headers = plain_headers_ ? call_->plain : call_->indexed;
  const std::string& block = std::exchange(sent_a_block_, true) ? headers.later : headers.first;
  http2::append_frame_header(output, {.length = static_cast<std::uint32_t>(block.size()),
                                      .type = FrameType::headers,
                                      .flags = http2::kFlagEndHeaders,
                                      .stream_id = stream_id});
  output += block;
  const std::uint32_t size = size_of(*call.request);
  if (size > std::min(send_window_, server_initial_window_) || size > kMostAtOnce) {
    ++waiting_;
    send_what_fits(call, output);
    return;
  }
  // What nearly every request is: small, and ready made.
  const std::size_t data = output.size();
  output += call.request->data;
  http2::set_stream_id(output, data, stream_id);
  call.request_sent = size;
  send_window_ -= size;
}

void ClientSession::send_what_fits(Call& call, std::string& output) {
  const std::string_view request =
      std::string_view(call.request->data).substr(http2::kFrameHeaderSize);
  while (call.request_sent < request.size()) {
    const std::int64_t window = std::min(send_window_, send_window(call));
    if (window <= 0 || output.size() >= kMostAhead) {
      return;
    }
    const std::string_view part =
        request.substr(call.request_sent, std::min(static_cast<std::size_t>(window), kMostAtOnce));
    const auto size = static_cast<std::uint32_t>(part.size());
    call.request_sent += size;
    send_window_ -= size;
    const bool ends = call.request_sent == request.size();
    if (ends) {
      --waiting_;
    }
    http2::append_frame_header(output, {.length = size,
                                        .type = FrameType::data,
                                        .flags = ends ? http2::kFlagEndStream : std::uint8_t{0},
                                        .stream_id = call.stream_id});
    output += part;
  }
}

// The oldest calls first: their places are behind that of the next.
void ClientSession::send_what_waits(std::string& output) {
  const std::size_t next = place_of(next_stream_id_);
  for (std::size_t i = 0; waiting_ > 0 && send_window_ > 0 && i < calls_.size(); ++i) {
    Call& call = calls_[(next + i) & (calls_.size() - 1)];
    if (call.stream_id != 0) {
      send_what_fits(call, output);
    }
  }
}

ClientSession::Error ClientSession::on_headers(const Frame& header, Bytes payload, Turn turn) {
  if (is_idle(header.stream_id)) {
    return fail(Error::protocol_error, "HEADERS of a stream we did not open");
  }
  if (const Error error = http2::strip_padding(header, payload); error != Error::no_error) {
    return fail(error, "HEADERS shorter than their flags say");
  }
  if (header.has(http2::kFlagEndHeaders)) {
    return on_header_block(header.stream_id, payload, header.flags, turn);
  }
  continued_stream_id_ = header.stream_id;
  continued_flags_ = header.flags;
  append(continued_block_, payload);
  return Error::no_error;
}

ClientSession::Error ClientSession::on_continuation(const Frame& header, Bytes payload, Turn turn) {
  if (continued_stream_id_ == 0) {
    return fail(Error::protocol_error, "a CONTINUATION that continues nothing");
  }
  append(continued_block_, payload);
  if (continued_block_.size() > kMaxHeaderBlock) {
    return fail(Error::enhance_your_calm, "a header block above the size limit");
  }
  if (!header.has(http2::kFlagEndHeaders)) {
    return Error::no_error;
  }
  const std::string block = std::exchange(continued_block_, {});
  return on_header_block(std::exchange(continued_stream_id_, 0), as_bytes(block), continued_flags_,
                         turn);
}

ClientSession::Error ClientSession::on_header_block(std::uint32_t stream_id, Bytes block,
                                                    std::uint8_t flags, Turn turn) {
  // Decoded also for streams that are gone: the dynamic table is the connection's.
  const ReplyFields* const fields = decoder_.decode(
      block, [this](ReplyFields& reply, std::string_view name, std::string_view value) {
        if (name == ":status") {
          reply.http_status = parse_integer(value, std::uint16_t{0});
        } else if (name == "grpc-status") {
          reply.grpc_status = parse_integer(value, -1);
        } else if (name == "grpc-message" && first_message_.empty()) {
          first_message_ = value.substr(0, kMostMessage);
          // The server's, and will be printed.
          std::ranges::replace_if(first_message_, [](char c) { return c < ' ' || c > '~'; }, '?');
        }
      });
  if (fields == nullptr) {
    return decoder_.list_was_too_large()
               ? fail(Error::enhance_your_calm, "a header list above the size limit")
               : fail(Error::compression_error, "a header block that cannot be decoded");
  }
  Call* const call = find(stream_id);
  if (call == nullptr) {
    return Error::no_error;
  }
  if (fields->http_status != 0) {
    call->http_status = fields->http_status;
  }
  if ((flags & http2::kFlagEndStream) != 0) {
    finish_by_trailers(*call, *fields, turn);
  }
  return Error::no_error;
}

void ClientSession::finish_by_trailers(Call& call, const ReplyFields& fields, Turn turn) {
  CallOutcome outcome = CallOutcome::answered;
  const std::string& reply = call.request->reply;
  const std::size_t size = reply.empty() ? kGrpcPrefixSize + call.reply_size : reply.size();
  if (call.http_status != kOk || fields.grpc_status != 0) {
    outcome = CallOutcome::wrong_status;
  } else if (!call.payload_right || call.reply_read != size) {
    outcome = CallOutcome::wrong_payload;
  }
  finish_ended(call, outcome, turn, fields.grpc_status);
}

ClientSession::Error ClientSession::on_data(const Frame& header, Bytes payload, Turn turn) {
  // Padding counts against the window too: what was received is the frame's whole length.
  received_since_update_ += header.length;
  if (received_since_update_ >= kConnectionWindow / 2) {
    http2::append_window_update(turn.output, 0, std::exchange(received_since_update_, 0));
  }
  if (const Error error = http2::strip_padding(header, payload); error != Error::no_error) {
    return fail(error, "DATA shorter than their flags say");
  }
  Call* const call = find(header.stream_id);
  if (call == nullptr) {
    return is_idle(header.stream_id)
               ? fail(Error::protocol_error, "DATA of a stream we did not open")
               : Error::no_error;
  }
  const bool fits = take_reply(*call, payload);
  if (header.has(http2::kFlagEndStream)) {
    finish_ended(*call, CallOutcome::wrong_status, turn);  // no trailers, so no grpc-status
  } else if (!fits) {
    // However much more there is: a stream's window is never given back, so it may never end.
    cancel(*call,
           call->http_status == kOk ? CallOutcome::wrong_payload : CallOutcome::wrong_status, turn);
  }
  return Error::no_error;
}

// False when the reply is longer than a right one.
bool ClientSession::take_reply(Call& call, Bytes payload) {
  const Bytes reply = as_bytes(call.request->reply);
  if (reply.empty()) {
    return take_any_reply(call, payload);
  }
  const Bytes expected = reply.subspan(call.reply_read);
  const bool fits = payload.size() <= expected.size();
  if (!fits || !call.payload_right ||
      !std::equal(payload.begin(), payload.end(), expected.begin())) [[unlikely]] {
    call.payload_right = false;
    wrong_replies_.see(call.stream_id, reply, call.reply_read, payload);
  }
  call.reply_read += static_cast<std::uint32_t>(payload.size());
  return fits;
}

bool ClientSession::take_any_reply(Call& call, Bytes payload) {
  // A byte that says whether it is compressed, four of its length, the lowest last.
  const std::size_t before = call.reply_read;
  for (std::size_t i = 0; i < payload.size() && before + i < kGrpcPrefixSize; ++i) {
    if (before + i == 0) {
      call.payload_right = payload[i] == 0;
    } else {
      call.reply_size = call.reply_size << 8 | payload[i];
    }
  }
  call.reply_read += static_cast<std::uint32_t>(payload.size());
  if (!call.payload_right) {
    wrong_replies_.see(call.stream_id, {}, before, payload);
  }
  return call.reply_read <= kMostReply;
}

void ClientSession::keep_wrong(const Call& call, CallOutcome outcome, int grpc_status) {
  const bool is_payload = outcome == CallOutcome::wrong_payload;
  if (!is_payload && outcome != CallOutcome::wrong_status) {
    wrong_replies_.forget(call.stream_id);
    return;
  }
  WrongReply reply;
  reply.wrong = is_payload ? WrongReply::Wrong::payload : WrongReply::Wrong::status;
  reply.http_status = call.http_status;
  reply.grpc_status = grpc_status;
  reply.message = first_message_;
  reply.got_bytes = call.reply_read;
  wrong_replies_.end(call.stream_id, call.request->reply, call.reply_size, std::move(reply));
}

void ClientSession::finish(Call& call, CallOutcome outcome, Turn turn, int grpc_status) {
  turn.finished.push_back({call.tag, outcome, grpc_status});
  if (outcome != CallOutcome::answered) [[unlikely]] {
    keep_wrong(call, outcome, grpc_status);
  }
  if (call.request_sent < size_of(*call.request)) {
    --waiting_;
  }
  call.stream_id = 0;
  --in_flight_;
}

void ClientSession::cancel(Call& call, CallOutcome outcome, Turn turn, int grpc_status) {
  http2::append_rst_stream(turn.output, call.stream_id, Error::cancel);
  finish(call, outcome, turn, grpc_status);
}

// The server's side of the stream is closed. So is ours, unless a part of the request still waits:
// then the server would wait for it.
void ClientSession::finish_ended(Call& call, CallOutcome outcome, Turn turn, int grpc_status) {
  if (call.request_sent < size_of(*call.request)) {
    cancel(call, outcome, turn, grpc_status);
  } else {
    finish(call, outcome, turn, grpc_status);
  }
}

}  // namespace coresweep
