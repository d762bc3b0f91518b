// The client session against frames written by hand: what servers do, and what they should not.
#include "protocol/client_session.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "protocol/client_session_script.hpp"
#include "protocol/server_script.hpp"

namespace coresweep {
namespace {

using http2::ErrorCode;
using http2::FrameType;
using http2::Setting;
using namespace script;  // NOLINT: its words are this file's language

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
  EXPECT_EQ(sent_, settings_ack());
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
