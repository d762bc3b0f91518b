// What ends the client session's connection: every rule that a server can break, with its code.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "protocol/client_session.hpp"
#include "protocol/server_script.hpp"

namespace coresweep {
namespace {

using http2::ErrorCode;
using http2::FrameType;
using http2::Setting;
using namespace script;  // NOLINT: its words are this file's language

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
      client.start_call({}, sent);
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

constexpr auto kProtocol = ErrorCode::protocol_error;
constexpr auto kFrameSize = ErrorCode::frame_size_error;
constexpr auto kFlowControl = ErrorCode::flow_control_error;
constexpr std::uint32_t kMost = http2::kMaxWindow;

INSTANTIATE_TEST_SUITE_P(
    FirstFrame, BrokenBySettings,
    testing::ValuesIn(std::vector<Broken>{
        {"Ack", settings_ack() + settings({}), "another frame before its SETTINGS", kProtocol},
        {"Ping", ping() + settings({}), "another frame before its SETTINGS", kProtocol},
        {"Unknown", frame(FrameType{0xfa}, 0, 0, "") + settings({}),
         "another frame before its SETTINGS", kProtocol},
        {"Http1", "HTTP/1.1 400 Bad Request\r\n\r\n", "no HTTP/2 at all", kFrameSize},
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
        {"DataPaddedBeyond", data(1, "\5five", kPadded), "DATA shorter than their flags say",
         kProtocol},
        {"DataPaddedWithoutLength", data(1, "", kPadded), "DATA shorter than their flags say",
         kFrameSize},
        {"HeadersPaddedBeyond", frame(FrameType::headers, kWhole | kPadded, 1, "\5five"),
         "HEADERS shorter than their flags say", kProtocol},
        {"HeadersWithoutTheirPriority", frame(FrameType::headers, kWhole | kPriority, 1, "four"),
         "HEADERS shorter than their flags say", kFrameSize},
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

}  // namespace
}  // namespace coresweep
