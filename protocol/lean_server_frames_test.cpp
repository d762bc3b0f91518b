// Rule by rule, what LeanServerSession answers to frames that no client of ours would send.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "protocol/frame_script.hpp"
#include "protocol/lean_session.hpp"

namespace coresweep {
namespace {

using http2::FrameType;
using http2::Setting;
using namespace script;  // NOLINT: its words are this file's language

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

constexpr std::uint8_t kNoFlags = 0;

INSTANTIATE_TEST_SUITE_P(
    ConnectionFrames, LeanServerSessionRule,
    testing::ValuesIn(std::vector<LeanRule>{
        {"SettingsLength", frame(FrameType::settings, 0, 0, "12345"), "goaway FRAME_SIZE_ERROR"},
        {"SettingsOnAStream", frame(FrameType::settings, 0, 1, ""), "goaway PROTOCOL_ERROR"},
        {"SettingsAck", settings_ack(), ""},
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
    testing::ValuesIn(std::vector<LeanRule>{
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
    testing::ValuesIn(std::vector<LeanRule>{
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
    testing::ValuesIn(std::vector<LeanRule>{
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
    testing::ValuesIn(std::vector<LeanRule>{
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

}  // namespace
}  // namespace coresweep
