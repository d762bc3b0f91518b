// Rule by rule, what LeanServerSession answers to frames that no client of ours would send.
#include "protocol/lean_server_session.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "protocol/frame_script.hpp"
#include "protocol/grpc_request.hpp"
#include "protocol/reply_reader.hpp"

namespace coresweep {
namespace {

using http2::FrameType;
using http2::Setting;
using namespace script;  // NOLINT: its words are this file's language

struct Outcome {
  std::string words;
  SessionStatus status;
};

class LeanSession {
 public:
  LeanSession() { say(hello()); }
  // Each call is one read of the connection's.
  void say(std::string_view bytes) {
    std::string output;
    status = session.receive(as_bytes(bytes), handler, output);
    replies.read(output);
  }
  EchoHandler handler;
  LeanServerSession session;
  ReplyReader replies;
  SessionStatus status = SessionStatus::open;
};

struct Rule {
  std::string name;
  std::string bytes;  // behind the preface and SETTINGS
  std::string words;  // ReplyReader's
};
void PrintTo(const Rule& rule, std::ostream* out) { *out << rule.name; }

class LeanServerSessionRule : public testing::TestWithParam<Rule> {};

TEST_P(LeanServerSessionRule, IsKept) {
  LeanSession client;
  client.say(GetParam().bytes);
  const std::string& words = GetParam().words;
  EXPECT_EQ(client.replies.in_words(), words);
  const bool flooded = words.find("goaway ENHANCE_YOUR_CALM") != std::string::npos;
  const bool broken = words.find("goaway") != std::string::npos;
  EXPECT_EQ(client.status, flooded  ? SessionStatus::flooded
                           : broken ? SessionStatus::broken
                                    : SessionStatus::open);
  if (broken) {
    return;
  }
  // A stream's error is the stream's: the connection answers on, header tables and all.
  // Rows that took the window away get it back.
  client.say(settings({{Setting::initial_window_size, 65'535}}) + request(1'001));
  EXPECT_EQ(client.replies.streams[1'001].in_words(), "answered");
}

std::string rule_name(const testing::TestParamInfo<Rule>& info) { return info.param.name; }

constexpr std::uint8_t kNoFlags = 0;
const std::string kSettingsAck = frame(FrameType::settings, http2::kFlagAck, 0, "");

INSTANTIATE_TEST_SUITE_P(
    ConnectionFrames, LeanServerSessionRule,
    testing::ValuesIn(std::vector<Rule>{
        {"SettingsLength", frame(FrameType::settings, 0, 0, "12345"), "goaway FRAME_SIZE_ERROR"},
        {"SettingsOnAStream", frame(FrameType::settings, 0, 1, ""), "goaway PROTOCOL_ERROR"},
        {"SettingsAck", kSettingsAck, ""},
        {"SettingsAckWithPayload", frame(FrameType::settings, http2::kFlagAck, 0, "123456"),
         "goaway FRAME_SIZE_ERROR"},
        {"EnablePush0", settings({{Setting::enable_push, 0}}), ""},
        {"EnablePush1", settings({{Setting::enable_push, 1}}), ""},
        {"EnablePush2", settings({{Setting::enable_push, 2}}), "goaway PROTOCOL_ERROR"},
        {"LargestWindow", settings({{Setting::initial_window_size, 0x7fffffff}}), ""},
        {"WindowTooLarge", settings({{Setting::initial_window_size, 0x80000000}}),
         "goaway FLOW_CONTROL_ERROR"},
        {"MaxFrameSizeTooSmall", settings({{Setting::max_frame_size, 16'383}}),
         "goaway PROTOCOL_ERROR"},
        {"MaxFrameSizeSmallest", settings({{Setting::max_frame_size, 16'384}}), ""},
        {"MaxFrameSizeLargest", settings({{Setting::max_frame_size, 0xffffff}}), ""},
        {"MaxFrameSizeTooLarge", settings({{Setting::max_frame_size, 0x1000000}}),
         "goaway PROTOCOL_ERROR"},
        {"UnknownSetting", settings({{static_cast<Setting>(0x99), 7}}), ""},
        {"Ping", ping(), "pong"},
        {"PingAck", frame(FrameType::ping, http2::kFlagAck, 0, "8 bytes!"), ""},
        {"PingLength", frame(FrameType::ping, 0, 0, "7 bytes"), "goaway FRAME_SIZE_ERROR"},
        {"PingOnAStream", frame(FrameType::ping, 0, 1, "8 bytes!"), "goaway PROTOCOL_ERROR"},
        {"GoawayLength", frame(FrameType::goaway, 0, 0, "7 bytes"), "goaway FRAME_SIZE_ERROR"},
        {"GoawayOnAStream", frame(FrameType::goaway, 0, 1, u32(0) + u32(0)),
         "goaway PROTOCOL_ERROR"},
        {"PushPromise", frame(FrameType::push_promise, kWhole, 1, u32(2) + block(post())),
         "goaway PROTOCOL_ERROR"},
        {"UnknownFrame", frame(static_cast<FrameType>(0x77), 0xff, 5, "anything"), ""},
        {"FrameAboveTheLimit", data(1, std::string(16'385, 'x')), "goaway FRAME_SIZE_ERROR"},
    }),
    rule_name);

INSTANTIATE_TEST_SUITE_P(
    WindowUpdate, LeanServerSessionRule,
    testing::ValuesIn(std::vector<Rule>{
        {"Length", frame(FrameType::window_update, 0, 0, "123"), "goaway FRAME_SIZE_ERROR"},
        {"OfTheConnectionBy0", window_update(0, 0), "goaway PROTOCOL_ERROR"},
        {"OfTheConnectionToItsLimit", window_update(0, 0x7fffffff - 65'535), ""},
        {"OfTheConnectionAboveIt", window_update(0, 0x7fffffff - 65'534),
         "goaway FLOW_CONTROL_ERROR"},
        {"ReservedBitIsIgnored", window_update(0, 0x80000001), ""},
        {"OfAnIdleStream", window_update(1, 1), "goaway PROTOCOL_ERROR"},
        {"OfAServersStream", request(3) + window_update(2, 1), "3 answered, goaway PROTOCOL_ERROR"},
        {"OfAClosedStream", request(1) + window_update(1, 1), "1 answered"},
        {"OfAStreamBy0", headers(1, post()) + window_update(1, 0), "1 reset PROTOCOL_ERROR"},
        {"OfAStreamToItsLimit",
         headers(1, post()) + window_update(1, 0x7fffffff - 65'535) + data(1, message("x")),
         "1 answered"},
        {"OfAStreamAboveIt", headers(1, post()) + window_update(1, 0x7fffffff),
         "1 reset FLOW_CONTROL_ERROR"},
        {"BySettingsAboveIt",
         headers(1, post()) + window_update(1, 0x7fffffff - 65'535) +
             settings({{Setting::initial_window_size, 65'536}}),
         "goaway FLOW_CONTROL_ERROR"},
    }),
    rule_name);

const std::string kBlock = block(post());

INSTANTIATE_TEST_SUITE_P(
    HeadersAndContinuation, LeanServerSessionRule,
    testing::ValuesIn(std::vector<Rule>{
        {"InThreeParts",
         frame(FrameType::headers, 0, 1, kBlock.substr(0, 7)) +
             continuation(1, kBlock.substr(7, 20), 0) + continuation(1, kBlock.substr(27), kWhole) +
             data(1, message("x")),
         "1 answered"},
        {"EmptyParts",
         frame(FrameType::headers, 0, 1, "") + continuation(1, kBlock, 0) +
             continuation(1, "", kWhole) + data(1, message("x")),
         "1 answered"},
        {"InterruptedByPing", frame(FrameType::headers, 0, 1, kBlock) + ping(),
         "goaway PROTOCOL_ERROR"},
        {"InterruptedByAnUnknownFrame",
         frame(FrameType::headers, 0, 1, kBlock) + frame(static_cast<FrameType>(0x77), 0, 1, ""),
         "goaway PROTOCOL_ERROR"},
        {"InterruptedByHeaders", frame(FrameType::headers, 0, 1, kBlock) + headers(3, post()),
         "goaway PROTOCOL_ERROR"},
        {"ContinuedOnAnotherStream",
         frame(FrameType::headers, 0, 1, "") + continuation(3, kBlock, kWhole),
         "goaway PROTOCOL_ERROR"},
        {"ContinuedWithoutHeaders", continuation(1, kBlock, kWhole), "goaway PROTOCOL_ERROR"},
        {"ContinuedBehindItsEnd", headers(1, post()) + continuation(1, "", kWhole),
         "goaway PROTOCOL_ERROR"},
        {"ContinuedTooLong",
         frame(FrameType::headers, 0, 1, std::string(16'000, '\0')) +
             continuation(1, std::string(385, '\0'), 0),
         "goaway ENHANCE_YOUR_CALM"},
        {"NoBlock", frame(FrameType::headers, kWhole, 1, ""), "1 reset PROTOCOL_ERROR"},
        {"BlockThatCannotBeDecoded", frame(FrameType::headers, kWhole, 1, "\xff\xff\xff\xff"),
         "goaway COMPRESSION_ERROR"},
        {"BlockCutShort", frame(FrameType::headers, kWhole, 1, kBlock.substr(0, 30)),
         "goaway COMPRESSION_ERROR"},
        {"OnStream0", frame(FrameType::headers, kWhole, 0, kBlock), "goaway PROTOCOL_ERROR"},
        {"OnAnEvenStream", frame(FrameType::headers, kWhole, 2, kBlock), "goaway PROTOCOL_ERROR"},
        {"OnADecreasingStream", request(5) + request(3), "5 answered, goaway STREAM_CLOSED"},
        {"Priority", frame(FrameType::priority, 0, 7, "12345"), ""},
        {"PriorityOnStream0", frame(FrameType::priority, 0, 0, "12345"), "goaway PROTOCOL_ERROR"},
        {"PriorityLengthOnAnIdleStream", frame(FrameType::priority, 0, 1, "1234"),
         "goaway FRAME_SIZE_ERROR"},
        {"PriorityLength", headers(1, post()) + frame(FrameType::priority, 0, 1, "1234"),
         "1 reset FRAME_SIZE_ERROR"},
        {"PriorityInHeaders",
         frame(FrameType::headers, kWhole | kPriority, 1, "12345" + kBlock) + data(1, message("x")),
         "1 answered"},
        {"PriorityBeyondThePayload", frame(FrameType::headers, kWhole | kPriority, 1, "1234"),
         "goaway FRAME_SIZE_ERROR"},
        {"PaddedHeaders",
         frame(FrameType::headers, kWhole | kPadded, 1, "\x03" + kBlock + "pad") +
             data(1, message("x")),
         "1 answered"},
        {"HeadersPaddedBeyondThePayload", frame(FrameType::headers, kWhole | kPadded, 1, "\x09pad"),
         "goaway PROTOCOL_ERROR"},
        {"PaddedEmptyHeaders", frame(FrameType::headers, kWhole | kPadded, 1, ""),
         "goaway FRAME_SIZE_ERROR"},
    }),
    rule_name);

INSTANTIATE_TEST_SUITE_P(
    Data, LeanServerSessionRule,
    testing::ValuesIn(std::vector<Rule>{
        {"OnStream0", data(0, "x"), "goaway PROTOCOL_ERROR"},
        {"OnAnIdleStream", data(1, "x"), "goaway PROTOCOL_ERROR"},
        {"OnAServersStream", request(3) + data(2, "x"), "3 answered, goaway PROTOCOL_ERROR"},
        {"OnAClosedStream", request(1) + data(1, "x"), "1 answered, goaway STREAM_CLOSED"},
        {"OnAStreamThatTheClientReset", headers(1, post()) + rst_stream(1) + data(1, "x"),
         "goaway STREAM_CLOSED"},
        {"ThatCrossedOurReset",
         headers(1, post_without(":path")) + data(1, message("x")) + headers(1, {{"a", "b"}}, 5),
         "1 reset PROTOCOL_ERROR"},
        {"OnAHalfClosedStream",
         settings({{Setting::initial_window_size, 0}}) + request(1) + data(1, "x"),
         "1 began then reset STREAM_CLOSED"},
        {"Padded", headers(1, post()) + data(1, "\x03" + message("x") + "pad", kEnds | kPadded),
         "1 answered"},
        {"PaddingAlone",
         headers(1, post()) + data(1, std::string(1, '\0'), kPadded) + data(1, message("x")),
         "1 answered"},
        {"PaddedBeyondThePayload", headers(1, post()) + data(1, "\x04pad", kEnds | kPadded),
         "goaway PROTOCOL_ERROR"},
        {"PaddedWithEmptyPayload", headers(1, post()) + data(1, "", kEnds | kPadded),
         "goaway FRAME_SIZE_ERROR"},
        {"InParts",
         headers(1, post()) + data(1, message("xy").substr(0, 3), 0) + data(1, "", 0) +
             data(1, message("xy").substr(3)),
         "1 answered"},
        {"OfTwoStreamsInTurn",
         headers(1, post()) + headers(3, post()) + data(1, message("xy").substr(0, 6), 0) +
             data(3, message("z")) + data(1, "y"),
         "3 answered, 1 answered"},
        {"WithoutAMessage", headers(1, post()) + data(1, ""), "1 grpc 13"},
        {"WithTwoMessages", headers(1, post()) + data(1, message("x") + message("y")), "1 grpc 13"},
        {"AboveContentLength",
         headers(1, post({{"content-length", "5"}})) + data(1, message("x"), 0),
         "1 reset PROTOCOL_ERROR"},
        {"BelowContentLength", headers(1, post({{"content-length", "7"}})) + data(1, message("x")),
         "1 reset PROTOCOL_ERROR"},
        {"OfContentLength", headers(1, post({{"content-length", "6"}})) + data(1, message("x")),
         "1 answered"},
    }),
    rule_name);

INSTANTIATE_TEST_SUITE_P(
    Streams, LeanServerSessionRule,
    testing::ValuesIn(std::vector<Rule>{
        {"ResetLength", headers(1, post()) + frame(FrameType::rst_stream, 0, 1, "123"),
         "goaway FRAME_SIZE_ERROR"},
        {"ResetOfStream0", rst_stream(0), "goaway PROTOCOL_ERROR"},
        {"ResetOfAnIdleStream", rst_stream(1), "goaway PROTOCOL_ERROR"},
        {"ResetOfAServersStream", request(3) + rst_stream(2), "3 answered, goaway PROTOCOL_ERROR"},
        {"ResetOfAClosedStream", request(1) + rst_stream(1), "1 answered"},
        {"ResetBehindTheHead", headers(1, post()) + rst_stream(1), ""},
        {"ResetInMidRequest", headers(1, post()) + data(1, "\0\0", kNoFlags) + rst_stream(1), ""},
        {"ResetInMidReply",
         settings({{Setting::initial_window_size, 1}}) + request(1) + rst_stream(1) +
             settings({{Setting::initial_window_size, 65'535}}),
         ""},
        {"NumbersMayBeSkipped", request(1) + request(99), "1 answered, 99 answered"},
        {"Trailers",
         headers(1, post()) + data(1, message("x"), 0) + headers(1, {{"a", "b"}}, kWhole | kEnds),
         "1 answered"},
        {"TrailersWithoutEnd",
         headers(1, post()) + data(1, message("x"), 0) + headers(1, {{"a", "b"}}),
         "1 reset PROTOCOL_ERROR"},
        {"TrailersWithPseudoFields",
         headers(1, post()) + data(1, message("x"), 0) +
             headers(1, {{":path", "/"}}, kWhole | kEnds),
         "1 reset PROTOCOL_ERROR"},
        {"TrailersOnAHalfClosedStream",
         settings({{Setting::initial_window_size, 0}}) + request(1) +
             headers(1, {{"a", "b"}}, kWhole | kEnds),
         "1 began then reset STREAM_CLOSED"},
        {"TrailersOnAClosedStream", request(1) + headers(1, {{"a", "b"}}, kWhole | kEnds),
         "1 answered, goaway STREAM_CLOSED"},
        {"EndWithTheHead", headers(1, post(), kWhole | kEnds), "1 grpc 13"},
        {"EndWithTheHeadBelowContentLength",
         headers(1, post({{"content-length", "6"}}), kWhole | kEnds), "1 reset PROTOCOL_ERROR"},
    }),
    rule_name);

// Rules of a request's fields. Its body follows whatever becomes of them.
struct FieldRule {
  std::string name;
  Fields fields;
  std::string words;
};

std::vector<Rule> with_bodies(const std::vector<FieldRule>& rules) {
  std::vector<Rule> whole;
  for (const auto& [name, fields, words] : rules) {
    whole.push_back({name, headers(1, fields) + data(1, message("x")), words});
  }
  return whole;
}

Fields in_order(Fields fields) { return fields; }

const std::string kMalformed = "1 reset PROTOCOL_ERROR";
const std::string kNul("a\0b", 3);
const std::string kLongPath = "/" + std::string(2'000, 'x');
const std::string kLongValue(8'190, 'v');

INSTANTIATE_TEST_SUITE_P(
    RequestFields, LeanServerSessionRule,
    testing::ValuesIn(with_bodies({
        {"NoMethod", post_without(":method"), kMalformed},
        {"NoScheme", post_without(":scheme"), kMalformed},
        {"NoPath", post_without(":path"), kMalformed},
        {"NoAuthority", post_without(":authority"), kMalformed},
        {"HostForAuthority",
         in_order({{":method", "POST"},
                   {":scheme", "http"},
                   {":path", kEcho},
                   {"host", "x"},
                   {"content-type", "application/grpc"}}),
         "1 answered"},
        {"TwoHosts", post({{"host", "x"}, {"host", "x"}}), kMalformed},
        {"EmptyHost", post({{"host", ""}}), kMalformed},
        {"EmptyMethod", post_with(":method", ""), kMalformed},
        {"EmptyScheme", post_with(":scheme", ""), kMalformed},
        {"WrongScheme", post_with(":scheme", "ht tp"), kMalformed},
        {"EmptyPath", post_with(":path", ""), kMalformed},
        {"PathWithoutSlash", post_with(":path", "test.Echo/Echo"), kMalformed},
        {"PathOfOptionsAlone", post_with(":path", "*"), kMalformed},
        {"TwoMethods",
         in_order(
             {{":method", "POST"}, {":method", "POST"}, {":scheme", "http"}, {":path", kEcho}}),
         kMalformed},
        {"TwoPaths",
         in_order({{":method", "POST"}, {":path", kEcho}, {":scheme", "http"}, {":path", kEcho}}),
         kMalformed},
        {"TwoAuthorities",
         in_order({{":method", "POST"},
                   {":path", kEcho},
                   {":scheme", "http"},
                   {":authority", "x"},
                   {":authority", "x"}}),
         kMalformed},
        {"UnknownPseudoField",
         in_order({{":method", "POST"}, {":scheme", "http"}, {":path", kEcho}, {":protocol", "x"}}),
         kMalformed},
        {"ReplysPseudoField",
         in_order({{":status", "200"}, {":method", "POST"}, {":scheme", "http"}, {":path", kEcho}}),
         kMalformed},
        {"LatePseudoField", post({{":authority", "x"}}), kMalformed},
        {"PseudoFieldBehindAnother",
         in_order({{":method", "POST"}, {":scheme", "http"}, {"te", "trailers"}, {":path", kEcho}}),
         kMalformed},
        {"UpperCaseName", post({{"Abc", "x"}}), kMalformed},
        {"EmptyName", post({{"", "x"}}), kMalformed},
        {"SpaceInName", post({{"a b", "x"}}), kMalformed},
        {"Connection", post({{"connection", "close"}}), kMalformed},
        {"KeepAlive", post({{"keep-alive", "1"}}), kMalformed},
        {"ProxyConnection", post({{"proxy-connection", "x"}}), kMalformed},
        {"TransferEncoding", post({{"transfer-encoding", "chunked"}}), kMalformed},
        {"Upgrade", post({{"upgrade", "h2c"}}), kMalformed},
        {"OtherTe", post_with("te", "gzip"), kMalformed},
        {"TeInAnyCase", post_with("te", "Trailers"), "1 answered"},
        {"NoTe", post_without("te"), "1 answered"},
        {"NulInValue", post({{"a", kNul}}), kMalformed},
        {"CarriageReturnInValue", post({{"a", "b\rc"}}), kMalformed},
        {"LineFeedInValue", post({{"a", "b\nc"}}), kMalformed},
        {"SpaceBeforeValue", post({{"a", " b"}}), kMalformed},
        {"EmptyValue", post({{"a", ""}}), "1 answered"},
        {"ContentLengthNoNumber", post({{"content-length", "6x"}}), kMalformed},
        {"ContentLengthEmpty", post({{"content-length", ""}}), kMalformed},
        {"ContentLengthNegative", post({{"content-length", "-6"}}), kMalformed},
        {"ContentLengthTwice", post({{"content-length", "6"}, {"content-length", "6"}}),
         kMalformed},
        {"ContentLengthAboveAnyNumber", post({{"content-length", "99999999999999999999"}}),
         kMalformed},
        {"Get", post_with(":method", "GET"), "1 http 405 then reset NO_ERROR"},
        {"Connect", in_order({{":method", "CONNECT"}, {":authority", "x"}}),
         "1 http 405 then reset NO_ERROR"},
        {"ConnectWithPath", post_with(":method", "CONNECT"), kMalformed},
        {"OptionsOfTheServer",
         in_order(
             {{":method", "OPTIONS"}, {":scheme", "http"}, {":path", "*"}, {":authority", "x"}}),
         "1 http 405 then reset NO_ERROR"},
        {"LongPath", post_with(":path", kLongPath), "1 grpc 12 then reset NO_ERROR"},
        {"UnknownMethod", post({}, "/x/y"), "1 grpc 12 then reset NO_ERROR"},
        {"Gzip", post({{"grpc-encoding", "gzip"}}), "1 grpc 12 then reset NO_ERROR"},
        {"Identity", post({{"grpc-encoding", "identity"}}), "1 answered"},
        {"NoContentType", post_without("content-type"), "1 http 415 then reset NO_ERROR"},
        {"ContentTypeOfGrpcWeb", post_with("content-type", "application/grpc-web"),
         "1 http 415 then reset NO_ERROR"},
        {"ContentTypeWithProto", post_with("content-type", "application/grpc+proto"), "1 answered"},
        {"ContentTypeWithParameter", post_with("content-type", "application/grpc;a=b"),
         "1 answered"},
        {"TimeoutInNanoseconds", post({{"grpc-timeout", "99999999n"}}), "1 answered"},
        {"TimeoutInHours", post({{"grpc-timeout", "1H"}}), "1 answered"},
        {"TimeoutInMinutes", post({{"grpc-timeout", "1M"}}), "1 answered"},
        {"TimeoutInSeconds", post({{"grpc-timeout", "1S"}}), "1 answered"},
        {"TimeoutInMilliseconds", post({{"grpc-timeout", "1m"}}), "1 answered"},
        {"TimeoutInMicroseconds", post({{"grpc-timeout", "1u"}}), "1 answered"},
        {"TimeoutOfNothing", post({{"grpc-timeout", "0S"}}), "1 answered"},
        {"TimeoutInNoUnit", post({{"grpc-timeout", "1s"}}), "1 grpc 13 then reset NO_ERROR"},
        {"TimeoutOfNineDigits", post({{"grpc-timeout", "123456789S"}}),
         "1 grpc 13 then reset NO_ERROR"},
        {"TimeoutWithoutUnit", post({{"grpc-timeout", "10"}}), "1 grpc 13 then reset NO_ERROR"},
        {"TimeoutWithoutDigits", post({{"grpc-timeout", "S"}}), "1 grpc 13 then reset NO_ERROR"},
        {"TimeoutNegative", post({{"grpc-timeout", "-1S"}}), "1 grpc 13 then reset NO_ERROR"},
        {"ListAboveTheLimit", post({{"a", kLongValue}, {"b", kLongValue}}),
         "1 http 431 then reset NO_ERROR"},
    })),
    rule_name);

// What the head decides needs no body: the same answers when the request ends with it.
INSTANTIATE_TEST_SUITE_P(
    RequestsThatEndWithTheHead, LeanServerSessionRule,
    testing::ValuesIn(std::vector<Rule>{
        {"Get", headers(1, post_with(":method", "GET"), kWhole | kEnds), "1 http 405"},
        {"NoContentType", headers(1, post_without("content-type"), kWhole | kEnds), "1 http 415"},
        {"UnknownMethod", headers(1, post({}, "/x/y"), kWhole | kEnds), "1 grpc 12"},
        {"Gzip", headers(1, post({{"grpc-encoding", "gzip"}}), kWhole | kEnds), "1 grpc 12"},
        {"TimeoutWithoutUnit", headers(1, post({{"grpc-timeout", "1"}}), kWhole | kEnds),
         "1 grpc 13"},
        {"ListAboveTheLimit",
         headers(1, post({{"a", kLongValue}, {"b", kLongValue}}), kWhole | kEnds), "1 http 431"},
    }),
    rule_name);

TEST(LeanServerSession, ThePrefaceMayBeCutAnywhere) {
  const std::string bytes = hello() + request(1);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    EchoHandler handler;
    LeanServerSession session;
    ReplyReader replies;
    for (const std::string& part : {bytes.substr(0, cut), bytes.substr(cut)}) {
      std::string output;
      ASSERT_EQ(session.receive(as_bytes(part), handler, output), SessionStatus::open) << cut;
      replies.read(output);
    }
    EXPECT_EQ(replies.in_words(), "1 answered") << cut;
    EXPECT_EQ(replies.settings_acks, 1);
  }
}

TEST(LeanServerSession, AWrongByteOfThePrefaceIsSeenAtOnce) {
  for (std::size_t at = 0; at < http2::kClientPreface.size(); ++at) {
    std::string bytes(http2::kClientPreface.substr(0, at + 1));
    bytes[at] ^= 0x20;
    EchoHandler handler;
    LeanServerSession session;
    std::string output;
    EXPECT_EQ(session.receive(as_bytes(bytes), handler, output), SessionStatus::not_http2) << at;
    EXPECT_EQ(output, "");
  }
}

TEST(LeanServerSession, TheFirstFrameHasToBeSettings) {
  for (const std::string& first : {ping(), request(1), kSettingsAck, window_update(0, 1)}) {
    EchoHandler handler;
    LeanServerSession session;
    ReplyReader replies;
    std::string output;
    EXPECT_EQ(
        session.receive(as_bytes(std::string(http2::kClientPreface) + first), handler, output),
        SessionStatus::broken);
    replies.read(output);
    EXPECT_EQ(replies.in_words(), "goaway PROTOCOL_ERROR");
  }
}

TEST(LeanServerSession, GoawayEndsTheConnectionOnceItsCallsAreDone) {
  LeanSession client;
  client.say(headers(1, post()) + goaway());
  EXPECT_EQ(client.status, SessionStatus::open);
  client.say(data(1, message("x")));
  EXPECT_EQ(client.replies.in_words(), "1 answered");
  EXPECT_EQ(client.status, SessionStatus::finished);
}

TEST(LeanServerSession, GoawayNamesTheLastStreamThatWasLookedAt) {
  LeanSession client;
  client.say(request(7) + data(0, "x"));
  EXPECT_EQ(client.replies.goaway_last_stream_id, 7U);
}

TEST(LeanServerSession, AReplyTricklesThroughAWindowOfOneByte) {
  LeanSession client;
  client.say(settings({{Setting::initial_window_size, 1}}) + request(1, "abc"));
  for (int i = 0; i < 7; ++i) {
    EXPECT_EQ(client.replies.streams[1].data.size(), static_cast<std::size_t>(i + 1));
    EXPECT_FALSE(client.replies.streams[1].ended);
    client.say(window_update(1, 1));
  }
  EXPECT_EQ(client.replies.in_words(), "1 answered");
  EXPECT_EQ(client.replies.streams[1].data, message("abc"));
}

TEST(LeanServerSession, AReplyWaitsForAWindowOfNone) {
  LeanSession client;
  client.say(settings({{Setting::initial_window_size, 0}}) + request(1, "abc"));
  EXPECT_EQ(client.replies.in_words(), "");
  EXPECT_EQ(client.replies.streams[1].data, "");
  client.say(settings({{Setting::initial_window_size, 100}}));
  EXPECT_EQ(client.replies.in_words(), "1 answered");
}

// RFC 9113, section 6.9.2: what was sent is owed, and the window grows from below zero.
TEST(LeanServerSession, AWindowMayBecomeNegative) {
  LeanSession client;
  client.handler.repeat = 100;
  client.say(settings({{Setting::initial_window_size, 50}}) + request(1, "x"));
  EXPECT_EQ(client.replies.streams[1].data.size(), 50U);
  client.say(settings({{Setting::initial_window_size, 10}}));  // -40
  client.say(window_update(1, 40));                            // 0
  EXPECT_EQ(client.replies.streams[1].data.size(), 50U);
  client.say(window_update(1, 1));
  EXPECT_EQ(client.replies.streams[1].data.size(), 51U);
  client.say(settings({{Setting::initial_window_size, 1'000}}));
  EXPECT_EQ(client.replies.in_words(), "1 answered");
  EXPECT_EQ(client.replies.streams[1].data.size(), 105U);
}

TEST(LeanServerSession, AReplyOfFourMegabytesGoesAsTheWindowsGo) {
  LeanSession client;
  client.handler.repeat = 1 << 20;
  client.say(request(1, "abcd"));
  EXPECT_EQ(client.replies.streams[1].data.size(), 65'535U);
  while (!client.replies.streams[1].ended) {
    const std::size_t before = client.replies.streams[1].data.size();
    client.say(window_update(0, 100'000));
    EXPECT_LE(client.replies.streams[1].data.size(), before + 100'000);
    client.say(window_update(1, 100'000));
    ASSERT_GT(client.replies.streams[1].data.size(), before);
  }
  EXPECT_EQ(client.replies.streams[1].data.size(), (4U << 20) + 5U);
  EXPECT_EQ(client.replies.in_words(), "1 answered");
}

TEST(LeanServerSession, AReplyAboveAFrameGoesInSeveral) {
  LeanSession client;
  client.handler.repeat = 20'000;
  client.say(request(1, "x"));
  EXPECT_THAT(client.replies.frame_order,
              testing::ElementsAre("HEADERS 1", "DATA 1 16384", "DATA 1 3621", "HEADERS 1"));
}

TEST(LeanServerSession, RepliesThatWaitTakeTurns) {
  LeanSession client;
  client.handler.repeat = 20'000;
  client.say(settings({{Setting::initial_window_size, 0}}) + request(1) + request(3));
  client.replies.frame_order.clear();
  client.say(settings({{Setting::initial_window_size, 30'000}}));
  EXPECT_THAT(client.replies.frame_order,
              testing::ElementsAre("DATA 1 16384", "DATA 3 16384", "DATA 1 3621", "HEADERS 1",
                                   "DATA 3 3621", "HEADERS 3"));
}

// RFC 7541, section 4.2. Heads that have left, trailers that have not, and then a smaller table.
TEST(LeanServerSession, ALowerTableSizeIsConfirmedByTheNextBlock) {
  for (const std::uint32_t size : {0U, 1U, 100U, 4'095U}) {
    for (const std::string& before : {std::string(), request(1), request(1) + request(3)}) {
      for (const bool waits : {false, true}) {
        LeanSession client;
        client.say(before);
        if (waits) {
          client.say(settings({{Setting::initial_window_size, 0}}) + request(5));
        }
        client.say(settings({{Setting::header_table_size, size}}));
        client.replies.set_table_size(size);
        client.say(request(7) + settings({{Setting::initial_window_size, 65'535}}));
        client.say(request(9) + headers(11, post_with(":method", "GET")) + request(13));
        EXPECT_EQ(client.replies.wrong(), "");
        EXPECT_EQ(client.replies.streams[13].in_words(), "answered") << size;
        EXPECT_EQ(client.replies.streams.contains(5) && !client.replies.streams[5].ended, false);
      }
    }
  }
}

TEST(LeanServerSession, ATableSizeLoweredAndRaisedIsConfirmedToo) {
  LeanSession client;
  client.say(request(1));
  client.say(settings({{Setting::header_table_size, 0}, {Setting::header_table_size, 4'096}}));
  client.replies.set_table_size(0);
  client.replies.set_table_size(4'096);
  client.say(headers(3, post_without("content-type")) + request(5) + request(7));
  EXPECT_EQ(client.replies.in_words(),
            "1 answered, 3 http 415 then reset NO_ERROR, 5 answered, 7 answered");
}

TEST(LeanServerSession, MoreStreamsThanAllowedAreRefused) {
  LeanSession client;
  std::uint32_t id = 1;
  for (; id < 2 * LeanServerSession::kMaxStreams; id += 2) {
    client.say(headers(id, post()));
  }
  EXPECT_EQ(client.replies.in_words(), "");
  client.say(request(id));
  EXPECT_EQ(client.replies.in_words(), std::to_string(id) + " reset REFUSED_STREAM");
  client.say(data(1, message("x")) + request(id + 2));
  EXPECT_EQ(client.replies.in_words(), std::to_string(id) + " reset REFUSED_STREAM, 1 answered, " +
                                           std::to_string(id + 2) + " answered");
}

// Whatever the client sends was allowed: its windows are given back as it is read.
TEST(LeanServerSession, WindowsAreGivenBackBeforeTheyAreUsedUp) {
  LeanSession client;
  client.say(headers(1, post()));
  client.replies.granted.clear();
  const std::string part = data(1, std::string(1, '\xff') + std::string(16'383, '\0'), kPadded);
  std::uint64_t sent = 0;
  for (int i = 0; i < 2'000; ++i) {
    client.say(part);
    sent += 16'384;
    EXPECT_LT(sent - client.replies.granted[1], LeanServerSession::kStreamWindow);
    EXPECT_LT(sent - client.replies.granted[0], LeanServerSession::kConnectionWindow);
    if (client.replies.streams[1].ended) {
      break;
    }
  }
  EXPECT_EQ(client.replies.in_words(), "1 grpc 8 then reset NO_ERROR");
}

// Also behind a request that came in one read, whose body is never kept here.
TEST(LeanServerSession, RepliesThatNobodyReadsAreBounded) {
  LeanSession client;
  client.say(settings({{Setting::initial_window_size, 0}}));
  client.handler.repeat = 64;
  std::size_t refused = 0;
  for (std::uint32_t id = 1; id < 2 * LeanServerSession::kMaxStreams; id += 2) {
    client.say(request(id, std::string(16'000, 'x')));
    refused += client.replies.streams[id].in_words() == "grpc 8" ? 1U : 0U;
  }
  EXPECT_GT(refused, LeanServerSession::kMaxStreams - 10);
  EXPECT_LE(client.handler.calls.size() * 64 * 16'000,
            LeanServerSession::kMaxBuffered + 64 * 16'000);
}

TEST(LeanServerSession, FloodsAreCutOff) {
  std::string resets;
  std::string empty_blocks;
  std::string answered_and_reset;
  for (std::uint32_t id = 1; id < 40'000; id += 2) {
    resets += headers(id, post()) + rst_stream(id);
    empty_blocks += frame(FrameType::headers, kWhole | kEnds, id, "");
    answered_and_reset += request(id) + rst_stream(id);
  }
  const auto many = [](const std::string& one) {
    std::string all;
    for (int i = 0; i < 20'000; ++i) {
      all += one;
    }
    return all;
  };
  const std::vector<std::pair<std::string, std::string>> floods{
      {"ping", many(ping())},
      {"ping acknowledgements", many(frame(FrameType::ping, http2::kFlagAck, 0, "8 bytes!"))},
      {"settings", many(settings({}))},
      {"settings acknowledgements", many(kSettingsAck)},
      {"window updates", many(window_update(0, 1))},
      {"stream window updates", headers(1, post()) + many(window_update(1, 1))},
      {"unknown frames", many(frame(static_cast<FrameType>(0x77), 0, 0, ""))},
      {"priority", many(frame(FrameType::priority, 0, 1, "12345"))},
      {"empty data", headers(1, post()) + many(data(1, "", 0))},
      {"padding alone", headers(1, post()) + many(data(1, std::string(1, '\0'), kPadded))},
      {"empty continuations", frame(FrameType::headers, 0, 1, "") + many(continuation(1, "", 0))},
      {"resets", resets},
      {"resets behind the answer", answered_and_reset},
      {"empty header blocks", empty_blocks},
      {"goaway", headers(1, post()) + many(goaway())},
  };
  for (const auto& [name, bytes] : floods) {
    for (const std::size_t a_read : {std::size_t{65'536}, bytes.size()}) {
      LeanSession client;
      for (std::size_t at = 0; at < bytes.size() && client.status == SessionStatus::open;
           at += a_read) {
        client.say(bytes.substr(at, a_read));
      }
      EXPECT_EQ(client.status, SessionStatus::flooded) << name;
      EXPECT_EQ(client.replies.goaway, 11U) << name;
    }
  }
}

// As the chattiest of right clients do: for every reply a PING, and both windows given back.
TEST(LeanServerSession, AChattyClientIsNeverCutOff) {
  LeanSession client;
  std::uint32_t id = 1;
  for (int reads = 0; reads < 100; ++reads) {
    std::string bytes;
    for (int i = 0; i < 500; ++i, id += 2) {
      bytes += request(id) + ping() + window_update(0, 6) + window_update(id, 6);
    }
    client.say(bytes);
    ASSERT_EQ(client.status, SessionStatus::open) << "after " << id / 2 << " calls";
    client.replies.streams.clear();
  }
  EXPECT_EQ(client.session.calls_answered(), 50'000U);
}

TEST(LeanServerSession, AllCallsMayBeCancelledAtOnce) {
  LeanSession client;
  std::string bytes;
  for (std::uint32_t id = 1; id < 2 * LeanServerSession::kMaxStreams; id += 2) {
    client.say(headers(id, post()));
    bytes += rst_stream(id);
  }
  client.say(bytes + request(9'999));
  EXPECT_EQ(client.replies.in_words(), "9999 answered");
}

}  // namespace
}  // namespace coresweep
