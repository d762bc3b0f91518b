// The client session against frames written by hand: what servers do, and what they should not.
#include "protocol/client_session.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "protocol/frame_script.hpp"

namespace coresweep {
namespace {

using http2::ErrorCode;
using http2::FrameType;
using http2::Setting;
using namespace script;  // NOLINT: its words are this file's language

std::string head(std::uint32_t id, std::string_view status = "200") {
  return headers(id, {{":status", status}});
}
std::string body(std::uint32_t id, std::string_view text = "answer", std::uint8_t flags = 0) {
  return data(id, message(text), flags);
}
std::string trailers(std::uint32_t id, std::string_view status = "0") {
  return headers(id, {{"grpc-status", status}}, kWhole | kEnds);
}
std::string answer(std::uint32_t id) { return head(id) + body(id) + trailers(id); }
std::string said_goaway(ErrorCode error) {
  return frame(FrameType::goaway, 0, 0, u32(0) + u32(static_cast<std::uint32_t>(error)));
}

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
      client_.start_call(tag, sent_);
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
  client_.start_call(77, sent_);
  ASSERT_TRUE(receive(head(1) + body(1, "answer")));
  EXPECT_TRUE(finished_.empty());
  ASSERT_TRUE(receive(trailers(1)));
  EXPECT_EQ(only_outcome(), CallOutcome::answered);
  EXPECT_EQ(finished_.front().tag, 77U);
}

TEST_F(ClientSessionTest, TakesABodyInManyFrames) {
  client_.start_call(0, sent_);
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
  ASSERT_TRUE(receive(head(1) + body(1, "answer") + trailers(1) +
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
    ASSERT_TRUE(receive(head(id) + body(id) + trailers(id)));
  }
  EXPECT_EQ(finished_.size(), 1'000U);
  ASSERT_TRUE(receive(head(1) + body(1, "answer") + trailers(1)));
  EXPECT_EQ(finished_.back().tag, 0U);
}

TEST_F(ClientSessionTest, KeepsToTheServersLimitOfStreams) {
  ASSERT_TRUE(receive(settings({{Setting::max_concurrent_streams, 2}})));
  EXPECT_EQ(client_.server_max_calls(), 2U);
  client_.start_call(0, sent_);
  client_.start_call(0, sent_);
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
    client_.start_call(0, sent_);
    const std::uint32_t id = http2::read_frame_header(as_bytes(sent_).data()).stream_id;
    ASSERT_TRUE(receive(trailers(id)));
  }
  sent_.clear();
  ASSERT_TRUE(client_.can_start());
  client_.start_call(0, sent_);
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
  client_.start_call(0, sent_);
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
  client_.start_call(0, sent_);
  client_.start_call(0, sent_);
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
  client_.start_call(0, sent_);
  EXPECT_EQ(said(), "");
  ASSERT_TRUE(receive(window_update(1, 8)));
  EXPECT_EQ(said(), data(1, message("ask")));
}

TEST_F(ClientSessionTest, TakesBackARequestThatIsAnsweredBeforeItIsSent) {
  ASSERT_TRUE(receive(settings({{Setting::initial_window_size, 3}})));
  client_.start_call(0, sent_);
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
  client.start_call(0, sent_);
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
  EXPECT_GE(http2::read_u32(as_bytes(sent).data() + 2), large.reply.size());
}

TEST_F(ClientSessionTest, ALastStreamLeavesTheCallsUpToItGoOn) {
  start(4);
  const auto goaway_up_to = [](std::uint32_t last) {
    return frame(FrameType::goaway, 0, 0, u32(last) + u32(0));
  };
  ASSERT_TRUE(receive(goaway_up_to(5)));
  ASSERT_EQ(finished_.size(), 1U);
  EXPECT_EQ(finished_[0].tag, 3U);
  EXPECT_EQ(finished_[0].outcome, CallOutcome::goaway);
  EXPECT_TRUE(client_.going_away());
  EXPECT_FALSE(client_.can_start());
  ASSERT_TRUE(receive(answer(1) + goaway_up_to(3)));
  ASSERT_EQ(finished_.size(), 3U);
  EXPECT_EQ(finished_[1].outcome, CallOutcome::answered);
  EXPECT_EQ(finished_[2].tag, 2U);
  EXPECT_EQ(finished_[2].outcome, CallOutcome::goaway);
  ASSERT_TRUE(receive(answer(3) + answer(5)));  // the second was given up by then
  ASSERT_EQ(finished_.size(), 4U);
  EXPECT_EQ(finished_[3].tag, 1U);
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
    client.start_call(started, sent_);
    const std::uint32_t id = http2::read_frame_header(as_bytes(sent_).data()).stream_id;
    ASSERT_EQ(id, http2::kMaxStreamId - 40 + 2 * started);
    ASSERT_TRUE(client.receive(as_bytes(answer(id)), finished_, sent_));
  }
  EXPECT_GT(started, 0U);
  EXPECT_EQ(finished_.size(), started);
  EXPECT_FALSE(client.going_away());
}

TEST_F(ClientSessionTest, UsesNoHeaderTableThatTheServerDoesNotWant) {
  client_.start_call(0, sent_);
  const std::string indexed = header_block_sent();
  ASSERT_TRUE(receive(settings({{Setting::header_table_size, 0}})));
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

struct Broken {
  std::string name;
  std::string bytes;  // behind the SETTINGS and with the calls 1 and 3 open
  std::string why;
  ErrorCode error;
};
void PrintTo(const Broken& broken, std::ostream* out) { *out << broken.name; }

class ClientSessionRule : public testing::TestWithParam<Broken> {
 protected:
  // The same bytes in two reads.
  void expect_broken(std::string_view opening, std::size_t cut) {
    const CallTemplate call = make_call_template("x", "/a.B/C", "ask", "answer");
    ClientSession client(call, 2);
    std::vector<FinishedCall> finished;
    std::string sent;
    bool goes_on = opening.empty() || client.receive(as_bytes(opening), finished, sent);
    ASSERT_TRUE(goes_on);
    while (client.can_start()) {
      client.start_call(0, sent);
    }
    sent.clear();
    const std::string_view bytes = GetParam().bytes;
    goes_on = client.receive(as_bytes(bytes.substr(0, cut)), finished, sent) &&
              client.receive(as_bytes(bytes.substr(cut)), finished, sent);
    EXPECT_FALSE(goes_on) << "cut at " << cut;
    EXPECT_EQ(client.broken_because(), GetParam().why) << "cut at " << cut;
    const std::string goaway = said_goaway(GetParam().error);
    EXPECT_EQ(sent.substr(sent.size() - std::min(sent.size(), goaway.size())), goaway)
        << "cut at " << cut;
    EXPECT_TRUE(finished.empty());
  }
};

class BrokenBySettings : public ClientSessionRule {};
class BrokenBehindSettings : public ClientSessionRule {};

// Where a large frame is cut in its middle makes no difference: not all of its bytes are tried.
std::size_t step(std::size_t size) { return size < 1'000 ? 1 : size / 100; }

TEST_P(BrokenBySettings, EndsTheConnectionHoweverTheBytesAreCut) {
  for (std::size_t cut = 0; cut <= GetParam().bytes.size(); cut += step(GetParam().bytes.size())) {
    expect_broken("", cut);
  }
}

TEST_P(BrokenBehindSettings, EndsTheConnectionHoweverTheBytesAreCut) {
  for (std::size_t cut = 0; cut <= GetParam().bytes.size(); cut += step(GetParam().bytes.size())) {
    expect_broken(settings({}), cut);
  }
}

std::string broken_name(const testing::TestParamInfo<Broken>& info) { return info.param.name; }

const std::string kAck = frame(FrameType::settings, http2::kFlagAck, 0, "");
constexpr auto kProtocol = ErrorCode::protocol_error;
constexpr auto kFrameSize = ErrorCode::frame_size_error;
constexpr auto kFlowControl = ErrorCode::flow_control_error;
constexpr std::uint32_t kMost = http2::kMaxWindow;

INSTANTIATE_TEST_SUITE_P(
    FirstFrame, BrokenBySettings,
    testing::ValuesIn(std::vector<Broken>{
        {"Ack", kAck + settings({}), "another frame before its SETTINGS", kProtocol},
        {"Ping", ping() + settings({}), "another frame before its SETTINGS", kProtocol},
        {"Unknown", frame(FrameType{0xfa}, 0, 0, "") + settings({}),
         "another frame before its SETTINGS", kProtocol},
        {"Http1", "HTTP/1.1 400 Bad Request\r\n\r\n", "a frame above the size limit", kFrameSize},
        {"EnablePush", settings({{Setting::enable_push, 1}}),
         "an ENABLE_PUSH that is not a server's to set", kProtocol},
        {"InitialWindow", settings({{Setting::initial_window_size, kMost + 1}}),
         "an initial window above 2^31-1", kFlowControl},
    }),
    broken_name);

INSTANTIATE_TEST_SUITE_P(
    Settings, BrokenBehindSettings,
    testing::ValuesIn(std::vector<Broken>{
        {"OnAStream", frame(FrameType::settings, 0, 1, ""), "a SETTINGS frame on a stream",
         kProtocol},
        {"AckOnAStream", frame(FrameType::settings, http2::kFlagAck, 1, ""),
         "a SETTINGS frame on a stream", kProtocol},
        {"Size", frame(FrameType::settings, 0, 0, "12345"), "a SETTINGS frame of a wrong size",
         kFrameSize},
        {"AckWithPayload", frame(FrameType::settings, http2::kFlagAck, 0, "123456"),
         "a SETTINGS frame of a wrong size", kFrameSize},
        {"EnablePush", settings({{Setting::enable_push, 1}}),
         "an ENABLE_PUSH that is not a server's to set", kProtocol},
        {"EnablePushTwo", settings({{Setting::enable_push, 0}, {Setting::enable_push, 2}}),
         "an ENABLE_PUSH that is not a server's to set", kProtocol},
        {"MaxFrameSizeBelow", settings({{Setting::max_frame_size, 16'383}}),
         "a MAX_FRAME_SIZE out of its range", kProtocol},
        {"MaxFrameSizeAbove", settings({{Setting::max_frame_size, 16'777'216}}),
         "a MAX_FRAME_SIZE out of its range", kProtocol},
        {"InitialWindow", settings({{Setting::initial_window_size, kMost + 1}}),
         "an initial window above 2^31-1", kFlowControl},
        {"InitialWindowOfAnOpenCall",
         window_update(3, 9) + settings({{Setting::initial_window_size, kMost}}),
         "a stream's window above 2^31-1", kFlowControl},
    }),
    broken_name);

INSTANTIATE_TEST_SUITE_P(
    Windows, BrokenBehindSettings,
    testing::ValuesIn(std::vector<Broken>{
        {"Size", frame(FrameType::window_update, 0, 0, "123"), "a WINDOW_UPDATE of a wrong size",
         kFrameSize},
        {"Connection", window_update(0, kMost), "a window above 2^31-1", kFlowControl},
        {"ConnectionByNothing", window_update(0, 0), "a WINDOW_UPDATE by nothing", kProtocol},
        // Its 65,535 bytes less the 8 of the request.
        {"Stream", window_update(1, kMost - 65'527) + window_update(1, 1),
         "a stream's window above 2^31-1", kFlowControl},
        {"StreamByNothing", window_update(1, 0), "a WINDOW_UPDATE by nothing", kProtocol},
        {"ReservedBitIsNoIncrement", window_update(1, 0x8000'0000), "a WINDOW_UPDATE by nothing",
         kProtocol},
        {"IdleStream", window_update(5, 1), "a WINDOW_UPDATE of a stream we did not open",
         kProtocol},
        {"EvenStream", window_update(2, 1), "a WINDOW_UPDATE of a stream we did not open",
         kProtocol},
    }),
    broken_name);

INSTANTIATE_TEST_SUITE_P(OfTheConnection, BrokenBehindSettings,
                         testing::ValuesIn(std::vector<Broken>{
                             {"PingSize", frame(FrameType::ping, 0, 0, "123"),
                              "a PING of a wrong size", kFrameSize},
                             {"PingOnAStream", frame(FrameType::ping, 0, 1, "8 bytes!"),
                              "a PING on a stream", kProtocol},
                             {"GoawaySize", frame(FrameType::goaway, 0, 0, "123"),
                              "a GOAWAY of a wrong size", kFrameSize},
                             {"GoawayOnAStream", frame(FrameType::goaway, 0, 1, "8 bytes!"),
                              "a GOAWAY on a stream", kProtocol},
                             {"PushPromise", frame(FrameType::push_promise, kWhole, 1, "1234"),
                              "a PUSH_PROMISE, which our SETTINGS forbid", kProtocol},
                             {"PrioritySize", frame(FrameType::priority, 0, 1, "1234"),
                              "a PRIORITY of a wrong size", kFrameSize},
                             {"PriorityOfNoStream", frame(FrameType::priority, 0, 0, "12345"),
                              "a PRIORITY of no stream", kProtocol},
                             {"FrameAboveTheLimit", data(1, std::string(16'385, 'x'), 0),
                              "a frame above the size limit", kFrameSize},
                         }),
                         broken_name);

INSTANTIATE_TEST_SUITE_P(
    Streams, BrokenBehindSettings,
    testing::ValuesIn(std::vector<Broken>{
        {"DataOfNone", body(0), "DATA of a stream we did not open", kProtocol},
        {"DataOfAnEven", body(2), "DATA of a stream we did not open", kProtocol},
        {"DataOfAnIdle", body(5), "DATA of a stream we did not open", kProtocol},
        {"HeadersOfNone", head(0), "HEADERS of a stream we did not open", kProtocol},
        {"HeadersOfAnEven", head(2), "HEADERS of a stream we did not open", kProtocol},
        {"HeadersOfAnIdle", head(5), "HEADERS of a stream we did not open", kProtocol},
        {"BeginOfABlockOfNone", headers(0, {{":status", "200"}}, 0) + head(1),
         "HEADERS of a stream we did not open", kProtocol},
        {"RstStreamSize", frame(FrameType::rst_stream, 0, 1, "123"),
         "an RST_STREAM of a wrong size", kFrameSize},
        {"RstStreamOfNone", rst_stream(0), "an RST_STREAM of a stream we did not open", kProtocol},
        {"RstStreamOfAnEven", rst_stream(2), "an RST_STREAM of a stream we did not open",
         kProtocol},
        {"RstStreamOfAnIdle", rst_stream(5), "an RST_STREAM of a stream we did not open",
         kProtocol},
        {"DataPaddedBeyond", data(1, "\5five", kPadded), "DATA padded beyond their payload",
         kProtocol},
        {"DataPaddedWithoutLength", data(1, "", kPadded), "DATA padded beyond their payload",
         kProtocol},
        {"HeadersPaddedBeyond", frame(FrameType::headers, kWhole | kPadded, 1, "\5five"),
         "HEADERS padded beyond their payload", kProtocol},
        {"HeadersWithoutTheirPriority", frame(FrameType::headers, kWhole | kPriority, 1, "four"),
         "HEADERS padded beyond their payload", kProtocol},
    }),
    broken_name);

// Each is a byte of the static table's, so that a small block is a large list.
std::string many_fields(std::size_t count) { return std::string(count, '\x88'); }

INSTANTIATE_TEST_SUITE_P(
    Blocks, BrokenBehindSettings,
    testing::ValuesIn(std::vector<Broken>{
        {"Interrupted", frame(FrameType::headers, 0, 1, "\x88") + ping(),
         "a header block interrupted by another frame", kProtocol},
        {"InterruptedByUnknown",
         frame(FrameType::headers, 0, 1, "\x88") + frame(FrameType{0xfa}, 0, 1, ""),
         "a header block interrupted by another frame", kProtocol},
        {"ContinuedOnAnotherStream",
         frame(FrameType::headers, 0, 1, "\x88") + continuation(3, "\x88", kWhole),
         "a header block interrupted by another frame", kProtocol},
        {"ContinuationOfNothing", continuation(1, "\x88", kWhole),
         "a CONTINUATION that continues nothing", kProtocol},
        {"ContinuationOfNone", continuation(0, "\x88", kWhole),
         "a CONTINUATION that continues nothing", kProtocol},
        {"ContinuationOfAWhole", head(1) + continuation(1, "\x88", kWhole),
         "a CONTINUATION that continues nothing", kProtocol},
        {"Undecodable", frame(FrameType::headers, kWhole, 1, "\xbe"),
         "a header block that cannot be decoded", ErrorCode::compression_error},
        {"AboveTheLimit",
         frame(FrameType::headers, 0, 1, many_fields(16'000)) +
             continuation(1, many_fields(385), 0),
         "a header block above the size limit", ErrorCode::enhance_your_calm},
        {"ListAboveTheLimit", frame(FrameType::headers, kWhole, 1, many_fields(2'000)),
         "a header list above the size limit", ErrorCode::enhance_your_calm},
    }),
    broken_name);

TEST_F(ClientSessionTest, IgnoresFramesItDoesNotKnow) {
  ASSERT_TRUE(receive(frame(static_cast<FrameType>(0xfa), 0xff, 9, "whatever")));
  ASSERT_TRUE(receive(frame(FrameType::priority, 0, 3, "12345")));
  EXPECT_TRUE(sent_.empty());
}

}  // namespace
}  // namespace coresweep
