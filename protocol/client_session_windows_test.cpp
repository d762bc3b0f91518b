// The client session against frames written by hand: windows, and bodies beyond them.
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
  EXPECT_EQ(said(), settings_ack() + data(1, request.substr(6)) + data(3, request.substr(5)));
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
  EXPECT_EQ(said(), settings_ack());
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

}  // namespace
}  // namespace coresweep
