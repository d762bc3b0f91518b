// The client session against frames written by hand: what servers do, and what they should not.
#include "protocol/client_session.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "protocol/grpc_frame.hpp"

namespace coresweep {
namespace {

using http2::FrameType;
using http2::Setting;

class ClientSessionTest : public testing::Test {
 protected:
  ClientSessionTest() : call_(make_call_template("x", "/a.B/C", "ask", "answer")) {
    client_.open(sent_);
    std::string settings;
    http2::append_frame_header(settings, {.type = FrameType::settings});
    EXPECT_TRUE(receive(settings));
    sent_.clear();
  }

  bool receive(std::string_view bytes) {
    return client_.receive(as_bytes(bytes), finished_, sent_);
  }

  std::string frame(FrameType type, std::uint8_t flags, std::uint32_t stream_id,
                    std::string_view payload) {
    std::string bytes;
    http2::append_frame_header(bytes, {.length = static_cast<std::uint32_t>(payload.size()),
                                       .type = type,
                                       .flags = flags,
                                       .stream_id = stream_id});
    return bytes + std::string(payload);
  }
  std::string head(std::uint32_t stream_id, std::string_view status = "200") {
    return frame(FrameType::headers, http2::kFlagEndHeaders, stream_id,
                 encode_headers({{":status", status}}, 0).later);
  }
  std::string data(std::uint32_t stream_id, std::string_view message, std::uint8_t flags = 0) {
    std::string body;
    append_grpc_prefix(body, message.size());
    return frame(FrameType::data, flags, stream_id, body + std::string(message));
  }
  std::string trailers(std::uint32_t stream_id, std::string_view status = "0") {
    return frame(FrameType::headers, http2::kFlagEndHeaders | http2::kFlagEndStream, stream_id,
                 encode_headers({{"grpc-status", status}}, 0).later);
  }
  std::string setting(Setting which, std::uint32_t value) {
    std::string bytes;
    http2::append_frame_header(bytes, {.length = 6, .type = FrameType::settings});
    http2::append_setting(bytes, which, value);
    return bytes;
  }
  CallOutcome only_outcome() {
    EXPECT_EQ(finished_.size(), 1U);
    return finished_.empty() ? CallOutcome::answered : finished_.front().outcome;
  }
  std::string header_block_sent() {
    const http2::FrameHeader header = http2::read_frame_header(as_bytes(sent_).data());
    EXPECT_EQ(header.type, FrameType::headers);
    return sent_.substr(http2::kFrameHeaderSize, header.length);
  }

  CallTemplate call_;
  ClientSession client_{call_, 4};
  std::string sent_;
  std::vector<FinishedCall> finished_;
};

TEST_F(ClientSessionTest, CountsARightAnswerOnly) {
  client_.start_call(77, sent_);
  ASSERT_TRUE(receive(head(1) + data(1, "answer")));
  EXPECT_TRUE(finished_.empty());
  ASSERT_TRUE(receive(trailers(1)));
  EXPECT_EQ(only_outcome(), CallOutcome::answered);
  EXPECT_EQ(finished_.front().tag, 77U);
}

TEST_F(ClientSessionTest, TakesABodyInManyFrames) {
  client_.start_call(0, sent_);
  ASSERT_TRUE(receive(head(1)));
  std::string body;
  append_grpc_prefix(body, 6);
  body += "answer";
  for (const char byte : body) {
    ASSERT_TRUE(receive(frame(FrameType::data, 0, 1, std::string(1, byte))));
  }
  ASSERT_TRUE(receive(trailers(1)));
  EXPECT_EQ(only_outcome(), CallOutcome::answered);
}

TEST_F(ClientSessionTest, AFastWrongAnswerIsAnError) {
  struct Case {
    std::string bytes;
    CallOutcome outcome;
  };
  const std::vector<Case> cases{
      {head(1) + data(1, "Answer") + trailers(1), CallOutcome::wrong_payload},
      {head(1) + data(1, "answers") + trailers(1), CallOutcome::wrong_payload},
      {head(1) + data(1, "answe") + trailers(1), CallOutcome::wrong_payload},
      {head(1) + trailers(1), CallOutcome::wrong_payload},
      {head(1) + data(1, "answer") + trailers(1, "13"), CallOutcome::wrong_status},
      {head(1, "404") + data(1, "answer") + trailers(1), CallOutcome::wrong_status},
      {data(1, "answer") + trailers(1), CallOutcome::wrong_status},
      {head(1) + data(1, "answer", http2::kFlagEndStream), CallOutcome::wrong_status},
      {trailers(1, "12"), CallOutcome::wrong_status},
      {frame(FrameType::rst_stream, 0, 1, std::string("\0\0\0\2", 4)), CallOutcome::reset},
      {frame(FrameType::goaway, 0, 0, std::string(8, '\0')), CallOutcome::goaway},
  };
  for (const Case& each : cases) {
    ClientSession client(call_, 1);
    std::vector<FinishedCall> finished;
    std::string sent;
    ASSERT_TRUE(client.receive(as_bytes(frame(FrameType::settings, 0, 0, "")), finished, sent));
    client.start_call(0, sent);
    ASSERT_TRUE(client.receive(as_bytes(each.bytes), finished, sent));
    ASSERT_EQ(finished.size(), 1U);
    EXPECT_EQ(finished.front().outcome, each.outcome);
    EXPECT_EQ(client.calls_in_flight(), 0U);
  }
}

// nginx answers in full before it has read the body, then resets with NO_ERROR: legal.
TEST_F(ClientSessionTest, AResetBehindAWholeAnswerChangesNothing) {
  client_.start_call(0, sent_);
  ASSERT_TRUE(receive(head(1) + data(1, "answer") + trailers(1) +
                      frame(FrameType::rst_stream, 0, 1, std::string(4, '\0'))));
  EXPECT_EQ(only_outcome(), CallOutcome::answered);
}

TEST_F(ClientSessionTest, ASlowStreamsNumberIsPassedOver) {
  client_.start_call(0, sent_);  // stream 1 stays open while thousands come and go
  std::uint32_t next = 3;
  for (int i = 0; i < 1'000; ++i) {
    sent_.clear();
    client_.start_call(1, sent_);
    const std::uint32_t id = http2::read_frame_header(as_bytes(sent_).data()).stream_id;
    ASSERT_GE(id, next);
    next = id + 2;
    ASSERT_TRUE(receive(head(id) + data(id, "answer") + trailers(id)));
  }
  EXPECT_EQ(finished_.size(), 1'000U);
  ASSERT_TRUE(receive(head(1) + data(1, "answer") + trailers(1)));
  EXPECT_EQ(finished_.back().tag, 0U);
}

TEST_F(ClientSessionTest, KeepsToTheServersLimitOfStreams) {
  ASSERT_TRUE(receive(setting(Setting::max_concurrent_streams, 2)));
  EXPECT_EQ(client_.server_max_calls(), 2U);
  client_.start_call(0, sent_);
  client_.start_call(0, sent_);
  EXPECT_FALSE(client_.can_start());
}

TEST_F(ClientSessionTest, KeepsToTheServersWindows) {
  ASSERT_TRUE(receive(setting(Setting::initial_window_size, 7)));
  EXPECT_FALSE(client_.can_start());  // a request's DATA are 8 bytes
  ASSERT_TRUE(receive(setting(Setting::initial_window_size, 8)));
  EXPECT_TRUE(client_.can_start());
  // The connection's 65,535 bytes hold 8,191 requests; then a WINDOW_UPDATE is needed.
  for (std::uint32_t i = 0; i < 8'191; ++i) {
    ASSERT_TRUE(client_.can_start()) << i;
    sent_.clear();
    client_.start_call(0, sent_);
    const std::uint32_t id = http2::read_frame_header(as_bytes(sent_).data()).stream_id;
    ASSERT_TRUE(receive(trailers(id)));
  }
  EXPECT_FALSE(client_.can_start());
  std::string update;
  http2::append_window_update(update, 0, 1);
  ASSERT_TRUE(receive(update));
  EXPECT_TRUE(client_.can_start());
}

TEST_F(ClientSessionTest, UsesNoHeaderTableThatTheServerDoesNotWant) {
  client_.start_call(0, sent_);
  const std::string indexed = header_block_sent();
  ASSERT_TRUE(receive(setting(Setting::header_table_size, 0)));
  sent_.clear();
  client_.start_call(0, sent_);
  EXPECT_EQ(header_block_sent().front(), '\x20');  // the size update comes with the next block
  sent_.clear();
  client_.start_call(0, sent_);
  EXPECT_EQ(header_block_sent(), call_.plain.later);
  EXPECT_EQ(indexed, call_.indexed.first);
}

TEST_F(ClientSessionTest, AnswersPingAndSettings) {
  ASSERT_TRUE(receive(frame(FrameType::ping, 0, 0, "12345678")));
  EXPECT_EQ(sent_, frame(FrameType::ping, http2::kFlagAck, 0, "12345678"));
  sent_.clear();
  ASSERT_TRUE(receive(setting(Setting::max_frame_size, 20'000)));
  EXPECT_EQ(sent_, frame(FrameType::settings, http2::kFlagAck, 0, ""));
}

TEST_F(ClientSessionTest, TakesHeadersInContinuationsAndPadding) {
  client_.start_call(0, sent_);
  const std::string block = encode_headers({{":status", "200"}}, 0).later;
  ASSERT_TRUE(receive(frame(FrameType::headers, 0, 1, block.substr(0, 1)) +
                      frame(FrameType::continuation, http2::kFlagEndHeaders, 1, block.substr(1))));
  std::string padded("\3", 1);
  append_grpc_prefix(padded, 6);
  padded += std::string("answer\0\0\0", 9);
  ASSERT_TRUE(receive(frame(FrameType::data, http2::kFlagPadded, 1, padded) + trailers(1)));
  EXPECT_EQ(only_outcome(), CallOutcome::answered);
}

TEST_F(ClientSessionTest, SaysHowTheServerBrokeTheProtocol) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {frame(FrameType::headers, 0, 1, "\x88") + frame(FrameType::ping, 0, 0, "12345678"),
       "a header block interrupted by another frame"},
      {frame(FrameType::continuation, 0, 1, "\x88"), "a CONTINUATION that continues nothing"},
      {frame(FrameType::headers, http2::kFlagEndHeaders, 1, "\xbe"),
       "a header block that cannot be decoded"},
      {frame(FrameType::push_promise, 0, 1, "1234"), "a PUSH_PROMISE, which our SETTINGS forbid"},
      {frame(FrameType::ping, 0, 0, "123"), "a PING of a wrong size"},
      {frame(FrameType::settings, 0, 0, "123"), "a SETTINGS frame of a wrong form"},
      {frame(FrameType::goaway, 0, 0, "123"), "a GOAWAY of a wrong size"},
      {frame(FrameType::rst_stream, 0, 1, "123"), "an RST_STREAM of a wrong size"},
      {frame(FrameType::window_update, 0, 0, "123"), "a WINDOW_UPDATE of a wrong size"},
      {frame(FrameType::window_update, 0, 0, "\x7f\xff\xff\xff"), "a window above 2^31-1"},
      {setting(Setting::initial_window_size, 0x8000'0000), "an initial window above 2^31-1"},
      {"HTTP/1.1 400 Bad Request\r\n\r\n", "a frame above the size limit"},
  };
  for (const auto& [bytes, why] : cases) {
    ClientSession client(call_, 1);
    std::vector<FinishedCall> finished;
    std::string sent;
    EXPECT_FALSE(client.receive(as_bytes(bytes), finished, sent)) << why;
    EXPECT_EQ(client.broken_because(), why);
    EXPECT_EQ(http2::read_frame_header(as_bytes(sent).data() + sent.size() - 17).type,
              FrameType::goaway);
  }
}

TEST_F(ClientSessionTest, IgnoresFramesItDoesNotKnow) {
  ASSERT_TRUE(receive(frame(static_cast<FrameType>(0xfa), 0xff, 9, "whatever")));
  ASSERT_TRUE(receive(frame(FrameType::priority, 0, 3, "12345")));
  EXPECT_TRUE(sent_.empty());
}

}  // namespace
}  // namespace coresweep
