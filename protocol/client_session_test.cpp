// The client session against frames written by hand: what servers do, and what they should not.
#include "protocol/client_session.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "protocol/server_script.hpp"

namespace coresweep {
namespace {

using http2::ErrorCode;
using http2::FrameType;
using http2::Setting;
using namespace script;  // NOLINT: its words are this file's language

class ClientSessionTest : public testing::Test {
 protected:
  ClientSessionTest() : call_(make_call_template("x", "/a.B/C", "ask", "answer")) {
    client_.open(sent_);
    EXPECT_TRUE(receive(settings({})));
    sent_.clear();
  }

  bool receive(std::string_view bytes) {
    return client_.receive(as_bytes(bytes), finished_, sent_);
  }

  void start(std::uint64_t calls) {
    for (std::uint64_t tag = 0; tag < calls; ++tag) {
      ASSERT_TRUE(client_.can_start());
      client_.start_call({tag}, sent_);
    }
    sent_.clear();
  }
  // What the client has said since this was last asked, headers left out.
  std::string said() {
    std::string result;
    http2::FrameReader reader;
    const ErrorCode error =
        reader.read(as_bytes(sent_), [&](const http2::FrameHeader& header, Bytes payload) {
          if (header.type != FrameType::headers) {
            result += frame(header.type, header.flags, header.stream_id, as_text(payload));
          }
          return ErrorCode::no_error;
        });
    EXPECT_EQ(error, ErrorCode::no_error);
    sent_.clear();
    return result;
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
  client_.start_call({77}, sent_);
  ASSERT_TRUE(receive(head(1) + body(1, "answer")));
  EXPECT_TRUE(finished_.empty());
  ASSERT_TRUE(receive(trailers(1)));
  EXPECT_EQ(only_outcome(), CallOutcome::answered);
  EXPECT_EQ(finished_.front().tag.first, 77U);
}

TEST_F(ClientSessionTest, TakesABodyInManyFrames) {
  client_.start_call({}, sent_);
  ASSERT_TRUE(receive(head(1)));
  for (const char byte : message("answer")) {
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
      {head(1) + body(1, "Answer") + trailers(1), CallOutcome::wrong_payload},
      {head(1) + body(1, "answers") + trailers(1), CallOutcome::wrong_payload},
      {head(1) + body(1, "answers") + trailers(1, "13"), CallOutcome::wrong_payload},
      {head(1, "404") + body(1, "no such page"), CallOutcome::wrong_status},
      {head(1) + body(1, "answe") + trailers(1), CallOutcome::wrong_payload},
      {head(1) + trailers(1), CallOutcome::wrong_payload},
      {head(1) + body(1, "answer") + trailers(1, "13"), CallOutcome::wrong_status},
      {head(1, "404") + body(1, "answer") + trailers(1), CallOutcome::wrong_status},
      {body(1, "answer") + trailers(1), CallOutcome::wrong_status},
      {head(1) + body(1, "answer", kEnds), CallOutcome::wrong_status},
      {trailers(1, "12"), CallOutcome::wrong_status},
      {frame(FrameType::rst_stream, 0, 1, std::string("\0\0\0\2", 4)), CallOutcome::reset},
      {frame(FrameType::goaway, 0, 0, std::string(8, '\0')), CallOutcome::goaway},
  };
  for (const Case& each : cases) {
    ClientSession client(call_, 1);
    std::vector<FinishedCall> finished;
    std::string sent;
    ASSERT_TRUE(client.receive(as_bytes(settings({})), finished, sent));
    client.start_call({}, sent);
    ASSERT_TRUE(client.receive(as_bytes(each.bytes), finished, sent));
    ASSERT_EQ(finished.size(), 1U);
    EXPECT_EQ(finished.front().outcome, each.outcome);
    EXPECT_EQ(client.calls_in_flight(), 0U);
  }
}

// nginx answers in full before it has read the body, then resets with NO_ERROR: legal.
TEST_F(ClientSessionTest, AResetBehindAWholeAnswerChangesNothing) {
  client_.start_call({}, sent_);
  ASSERT_TRUE(receive(head(1) + body(1, "answer") + trailers(1) +
                      frame(FrameType::rst_stream, 0, 1, std::string(4, '\0'))));
  EXPECT_EQ(only_outcome(), CallOutcome::answered);
}

TEST_F(ClientSessionTest, ASlowStreamsNumberIsPassedOver) {
  client_.start_call({}, sent_);  // stream 1 stays open while thousands come and go
  std::uint32_t next = 3;
  for (int i = 0; i < 1'000; ++i) {
    sent_.clear();
    client_.start_call({1}, sent_);
    const std::uint32_t id = http2::read_frame_header(as_bytes(sent_).data()).stream_id;
    ASSERT_GE(id, next);
    next = id + 2;
    ASSERT_TRUE(receive(head(id) + body(id) + trailers(id)));
  }
  EXPECT_EQ(finished_.size(), 1'000U);
  ASSERT_TRUE(receive(head(1) + body(1, "answer") + trailers(1)));
  EXPECT_EQ(finished_.back().tag.first, 0U);
}

TEST_F(ClientSessionTest, KeepsToTheServersLimitOfStreams) {
  ASSERT_TRUE(receive(settings({{Setting::max_concurrent_streams, 2}})));
  EXPECT_EQ(client_.server_max_calls(), 2U);
  client_.start_call({}, sent_);
  client_.start_call({}, sent_);
  EXPECT_FALSE(client_.can_start());
}

TEST_F(ClientSessionTest, KeepsToTheServersLimitOfStreamsWhenItIsLoweredUnderOpenCalls) {
  start(4);
  ASSERT_TRUE(receive(settings({{Setting::max_concurrent_streams, 2}}) + answer(1) + answer(3)));
  EXPECT_EQ(client_.calls_in_flight(), 2U);
  EXPECT_FALSE(client_.can_start());
  ASSERT_TRUE(receive(answer(5)));
  EXPECT_TRUE(client_.can_start());
}

TEST_F(ClientSessionTest, KeepsToTheConnectionsWindow) {
  // Its 65,535 bytes hold 8,191 requests of 8 and all of another but a byte.
  for (std::uint32_t i = 0; i < 8'191; ++i) {
    ASSERT_TRUE(client_.can_start()) << i;
    sent_.clear();
    client_.start_call({}, sent_);
    const std::uint32_t id = http2::read_frame_header(as_bytes(sent_).data()).stream_id;
    ASSERT_TRUE(receive(trailers(id)));
  }
  sent_.clear();
  ASSERT_TRUE(client_.can_start());
  client_.start_call({}, sent_);
  const std::uint32_t last = 2 * 8'191 + 1;
  EXPECT_EQ(said(), data(last, message("ask").substr(0, 7), 0));
  EXPECT_FALSE(client_.can_start());
  ASSERT_TRUE(receive(window_update(0, 1)));
  EXPECT_EQ(said(), data(last, "k"));
  EXPECT_FALSE(client_.can_start());
  ASSERT_TRUE(receive(window_update(0, 1)));
  EXPECT_EQ(said(), "");
  EXPECT_TRUE(client_.can_start());
}

// "ask" behind its prefix is 8 bytes.
TEST_F(ClientSessionTest, SendsARequestInPartsAsItsStreamsWindowOpens) {
  ASSERT_TRUE(receive(settings({{Setting::initial_window_size, 3}})));
  sent_.clear();
  client_.start_call({}, sent_);
  const std::string request = message("ask");
  EXPECT_EQ(said(), data(1, request.substr(0, 3), 0));
  EXPECT_TRUE(client_.can_start());  // a stream's window holds up nobody else
  ASSERT_TRUE(receive(window_update(0, 100) + window_update(1, 2)));
  EXPECT_EQ(said(), data(1, request.substr(3, 2), 0));
  ASSERT_TRUE(receive(window_update(1, 1'000)));
  EXPECT_EQ(said(), data(1, request.substr(5)));
  ASSERT_TRUE(receive(answer(1)));
  EXPECT_EQ(only_outcome(), CallOutcome::answered);
  EXPECT_EQ(said(), "");
}

TEST_F(ClientSessionTest, ANewInitialWindowCountsForOpenCallsToo) {
  ASSERT_TRUE(receive(settings({{Setting::initial_window_size, 5}})));
  client_.start_call({}, sent_);
  client_.start_call({}, sent_);
  const std::string request = message("ask");
  // Lowered below what is sent, the window is negative: an update has to fill that up first.
  ASSERT_TRUE(receive(settings({{Setting::initial_window_size, 1}})));
  sent_.clear();
  ASSERT_TRUE(receive(window_update(1, 4)));
  EXPECT_EQ(said(), "");
  ASSERT_TRUE(receive(window_update(1, 1)));
  EXPECT_EQ(said(), data(1, request.substr(5, 1), 0));
  ASSERT_TRUE(receive(settings({{Setting::initial_window_size, 8}})));
  EXPECT_EQ(said(), frame(FrameType::settings, http2::kFlagAck, 0, "") +
                        data(1, request.substr(6)) + data(3, request.substr(5)));
}

TEST_F(ClientSessionTest, WaitsWithTheWholeBodyForAServerWithoutAWindow) {
  ASSERT_TRUE(receive(settings({{Setting::initial_window_size, 0}})));
  sent_.clear();
  client_.start_call({}, sent_);
  EXPECT_EQ(said(), "");
  ASSERT_TRUE(receive(window_update(1, 8)));
  EXPECT_EQ(said(), data(1, message("ask")));
}

TEST_F(ClientSessionTest, TakesBackARequestThatIsAnsweredBeforeItIsSent) {
  ASSERT_TRUE(receive(settings({{Setting::initial_window_size, 3}})));
  client_.start_call({}, sent_);
  sent_.clear();
  ASSERT_TRUE(receive(trailers(1, "8")));
  EXPECT_EQ(only_outcome(), CallOutcome::wrong_status);
  EXPECT_EQ(said(), rst_stream(1));
  ASSERT_TRUE(receive(window_update(1, 100) + settings({{Setting::initial_window_size, 100}})));
  EXPECT_EQ(said(), frame(FrameType::settings, http2::kFlagAck, 0, ""));
}

TEST_F(ClientSessionTest, CutsALargeRequestIntoFramesThatAnyServerTakes) {
  const std::string text(70'000, 'x');
  const CallTemplate large = make_call_template("x", "/a.B/C", text, "answer");
  ClientSession client(large, 1);
  ASSERT_TRUE(client.receive(as_bytes(settings({{Setting::initial_window_size, 100'000}})),
                             finished_, sent_));
  sent_.clear();
  client.start_call({}, sent_);
  EXPECT_FALSE(client.can_start());
  ASSERT_TRUE(client.receive(as_bytes(window_update(0, 10'000)), finished_, sent_));
  std::string request;
  http2::FrameReader reader;  // refuses larger frames
  ASSERT_EQ(reader.read(as_bytes(sent_),
                        [&](const http2::FrameHeader& header, Bytes payload) {
                          if (header.type == FrameType::data) {
                            append(request, payload);
                            EXPECT_EQ(header.has(kEnds), request.size() == 70'005);
                          }
                          return ErrorCode::no_error;
                        }),
            ErrorCode::no_error);
  EXPECT_EQ(request, message(text));
}

// A reply without end would fill its stream's window, and the call would hang.
TEST_F(ClientSessionTest, LeavesAReplyThatOutgrowsTheRightOne) {
  start(2);
  ASSERT_TRUE(receive(head(1) + data(1, message("answer") + "s", 0)));
  EXPECT_EQ(only_outcome(), CallOutcome::wrong_payload);
  EXPECT_EQ(said(), rst_stream(1));
  EXPECT_EQ(client_.calls_in_flight(), 1U);
  // What was under way: without effect on the call, but the header table is the connection's.
  ASSERT_TRUE(receive(data(1, "more", 0) + trailers(1) + rst_stream(1) + window_update(1, 1)));
  EXPECT_EQ(finished_.size(), 1U);
  ASSERT_TRUE(receive(answer(3)));
  EXPECT_EQ(finished_.back().outcome, CallOutcome::answered);
  EXPECT_EQ(said(), "");
}

TEST_F(ClientSessionTest, GivesTheConnectionsWindowBackForRepliesThatItLeft) {
  const std::string part = data(1, std::string(http2::kMaxFrameSize, 'x'), 0);
  start(1);
  constexpr std::uint32_t kHalf = 1U << 29;
  for (std::uint32_t i = 1; i < kHalf / http2::kMaxFrameSize; ++i) {
    ASSERT_TRUE(receive(part));
  }
  EXPECT_EQ(said(), rst_stream(1));
  ASSERT_TRUE(receive(part));
  EXPECT_EQ(said(), window_update(0, kHalf));
}

TEST_F(ClientSessionTest, AReplysWindowHoldsTheWholeRightReply) {
  const CallTemplate large = make_call_template("x", "/a.B/C", "ask", std::string(5'000'000, 'x'));
  std::string sent;
  ClientSession(large, 1).open(sent);
  sent.erase(0, http2::kClientPreface.size() + http2::kFrameHeaderSize + 6);
  EXPECT_EQ(http2::read_u16(as_bytes(sent).data()),
            static_cast<std::uint16_t>(Setting::initial_window_size));
  EXPECT_GE(http2::read_u32(as_bytes(sent).data() + 2), large.requests[0].reply.size());
}

TEST_F(ClientSessionTest, ALastStreamLeavesTheCallsUpToItGoOn) {
  start(4);
  const auto goaway_up_to = [](std::uint32_t last) {
    return frame(FrameType::goaway, 0, 0, u32(last) + u32(0));
  };
  ASSERT_TRUE(receive(goaway_up_to(5)));
  ASSERT_EQ(finished_.size(), 1U);
  EXPECT_EQ(finished_[0].tag.first, 3U);
  EXPECT_EQ(finished_[0].outcome, CallOutcome::goaway);
  EXPECT_TRUE(client_.going_away());
  EXPECT_FALSE(client_.can_start());
  ASSERT_TRUE(receive(answer(1) + goaway_up_to(3)));
  ASSERT_EQ(finished_.size(), 3U);
  EXPECT_EQ(finished_[1].outcome, CallOutcome::answered);
  EXPECT_EQ(finished_[2].tag.first, 2U);
  EXPECT_EQ(finished_[2].outcome, CallOutcome::goaway);
  ASSERT_TRUE(receive(answer(3) + answer(5)));  // the second was given up by then
  ASSERT_EQ(finished_.size(), 4U);
  EXPECT_EQ(finished_[3].tag.first, 1U);
  EXPECT_EQ(finished_[3].outcome, CallOutcome::answered);
  EXPECT_EQ(client_.calls_in_flight(), 0U);
}

TEST_F(ClientSessionTest, StopsWhereTheNumbersOfStreamsEnd) {
  ClientSession client(call_, 4, http2::kMaxStreamId - 40);
  ASSERT_TRUE(client.receive(as_bytes(settings({})), finished_, sent_));
  std::uint64_t started = 0;
  for (; client.can_start(); ++started) {
    ASSERT_LT(started, 20U);
    sent_.clear();
    client.start_call({started}, sent_);
    const std::uint32_t id = http2::read_frame_header(as_bytes(sent_).data()).stream_id;
    ASSERT_EQ(id, http2::kMaxStreamId - 40 + 2 * started);
    ASSERT_TRUE(client.receive(as_bytes(answer(id)), finished_, sent_));
  }
  EXPECT_GT(started, 0U);
  EXPECT_EQ(finished_.size(), started);
  EXPECT_FALSE(client.going_away());
}

TEST_F(ClientSessionTest, UsesNoHeaderTableThatTheServerDoesNotWant) {
  client_.start_call({}, sent_);
  const std::string indexed = header_block_sent();
  ASSERT_TRUE(receive(settings({{Setting::header_table_size, 0}})));
  sent_.clear();
  client_.start_call({}, sent_);
  EXPECT_EQ(header_block_sent().front(), '\x20');  // the size update comes with the next block
  sent_.clear();
  client_.start_call({}, sent_);
  EXPECT_EQ(header_block_sent(), call_.plain.later);
  EXPECT_EQ(indexed, call_.indexed.first);
}

TEST_F(ClientSessionTest, AnswersPingAndSettings) {
  ASSERT_TRUE(receive(frame(FrameType::ping, 0, 0, "12345678")));
  EXPECT_EQ(sent_, frame(FrameType::ping, http2::kFlagAck, 0, "12345678"));
  sent_.clear();
  ASSERT_TRUE(receive(settings({{Setting::max_frame_size, 20'000}})));
  EXPECT_EQ(sent_, frame(FrameType::settings, http2::kFlagAck, 0, ""));
}

TEST_F(ClientSessionTest, TakesHeadersInContinuationsAndPadding) {
  start(1);
  const std::string fields = block({{":status", "200"}});
  ASSERT_TRUE(receive(frame(FrameType::headers, kPadded | kPriority, 1,
                            std::string("\2", 1) + "5byte" + fields.substr(0, 1) + "pp") +
                      continuation(1, fields.substr(1), kWhole)));
  const std::string padded = std::string("\3", 1) + message("answer") + std::string(3, '\0');
  ASSERT_TRUE(receive(data(1, padded, kPadded) + data(1, std::string("\2pp", 3), kPadded)));
  ASSERT_TRUE(receive(frame(FrameType::headers, kWhole | kEnds | kPadded, 1,
                            std::string("\1", 1) + block({{"grpc-status", "0"}}) + "p")));
  EXPECT_EQ(only_outcome(), CallOutcome::answered);
}

TEST_F(ClientSessionTest, IgnoresFramesItDoesNotKnow) {
  ASSERT_TRUE(receive(frame(static_cast<FrameType>(0xfa), 0xff, 9, "whatever")));
  ASSERT_TRUE(receive(frame(FrameType::priority, 0, 3, "12345")));
  EXPECT_TRUE(sent_.empty());
}

}  // namespace
}  // namespace coresweep
