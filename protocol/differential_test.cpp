// The lean session against the whole of nghttp2 (differential.hpp), over bytes written by hand,
// made by client libraries, and mutated. What programs say is tried in tests/other_clients_test.py.
#include "protocol/differential.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "protocol/client_session.hpp"
#include "protocol/nghttp2_client.hpp"

namespace coresweep {
namespace {

using http2::FrameType;
using http2::Setting;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using namespace script;  // NOLINT: its words are this file's language

constexpr std::size_t kRepeat = 3;  // so that replies are longer than requests

std::string as_hex(std::string_view bytes) {
  std::string hex;
  for (const char byte : bytes.substr(0, 2'000)) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    hex += kDigits[static_cast<unsigned char>(byte) >> 4];
    hex += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  return hex;
}

std::string recorded_from_nghttp2(std::size_t padding) {
  Nghttp2Client client(padding);
  Talk<Nghttp2ServerSession> server(kRepeat);
  std::string sent;
  for (const std::size_t size : {0U, 1U, 200U, 3'000U}) {
    client.request(post(), message(std::string(size, 'm')), size % 2 == 1);
    client.talk_to(server, sent);
  }
  const std::int32_t taken_back = client.request(post(), message("cancelled"), false);
  client.request(post({{"grpc-encoding", "gzip"}}), message("x"), false);
  client.request(post({{"user-agent", "nghttp2"}}), message("y"), true);
  client.ping();
  client.talk_to(server, sent);
  client.cancel(taken_back);
  client.request(post_with(":method", "GET"), "", false);
  client.request(post({}, "/no/such"), message("z"), false);
  client.talk_to(server, sent);
  return sent;
}

std::string recorded_from_our_client() {
  const CallTemplate call = make_call_template("x:1", kEcho, "hello", "hellohellohello");
  ClientSession client(call, 8);
  LeanServerSession server;
  EchoHandler handler;
  std::vector<FinishedCall> finished;
  std::string sent;
  std::string to_server;
  client.open(to_server);
  for (int i = 0; i < 3; ++i) {
    std::string to_client;
    EXPECT_EQ(server.receive(as_bytes(to_server), handler, to_client), SessionStatus::open);
    sent += to_server;
    to_server.clear();
    EXPECT_TRUE(client.receive(as_bytes(to_client), finished, to_server));
    while (client.can_start()) {
      client.start_call({}, to_server);
    }
  }
  return sent + to_server;
}


std::vector<std::string> written_by_hand() {
  const std::string whole = block(post());
  const std::uint8_t last = kWhole | kEnds;
  std::vector<std::string> inputs{
      request(1) + request(3, "other") + request(9),
      headers(1, post(), last) + headers(3, post_with(":method", "GET"), last),
      headers(1, post()) + headers(3, post()) + data(3, message("b")) + data(1, message("a")),
      frame(FrameType::headers, 0, 1, whole.substr(0, 9)) +
          continuation(1, whole.substr(9), kWhole) +
          data(1, "\x03" + message("x") + "pad", kEnds | kPadded),
      headers(1, post()) + data(1, message("x"), 0) + headers(1, {{"a", "b"}}, last) + request(3),
      settings({{Setting::initial_window_size, 0}}) + request(1, "abc") + window_update(1, 3) +
          settings({{Setting::initial_window_size, 9}}) + window_update(1, 1'000) + request(3),
      settings({{Setting::initial_window_size, 10}}) + request(1, std::string(50, 'x')) +
          settings({{Setting::initial_window_size, 1}}) + window_update(1, 9) +
          window_update(1, 1'000),
      headers(1, post()) + data(1, message("x"), 0) + headers(1, {{"grpc-encoding", "gzip"}}, last),
      request(1) + settings({{Setting::header_table_size, 0}}) + request(3) + request(5),
      headers(1, post()) + rst_stream(1) + request(3) + rst_stream(3) + ping() + request(5),
      headers(1, post()) + goaway() + data(1, message("x")),
      request(1) + frame(FrameType::priority, 0, 9, "12345") + window_update(0, 9) + request(3) +
          frame(static_cast<FrameType>(0x77), 9, 9, "what") + request(5),
      request(1) + request(1),
      request(1) + data(1, "x"),
      request(3) + data(2, "x"),
      request(3) + rst_stream(2),
      request(3) + window_update(2, 1),
      headers(1, post()) + window_update(1, 0),
      headers(1, post()) + window_update(1, 0x7fffffff),
      headers(1, post()) + frame(FrameType::priority, 0, 1, "1234"),
      headers(1, post()) + data(1, "", kPadded),
      settings_ack() + settings_ack() + request(1),
      ping() + frame(FrameType::ping, 0, 0, "short"),
      window_update(0, 0x7fffffff),
      continuation(1, "", kWhole),
      frame(FrameType::push_promise, kWhole, 1, u32(2)),
      settings({{Setting::enable_push, 2}}),
      headers(1, post()) + data(1, message("x"), 0) + headers(1, {{"a", "b"}}),
      headers(1, post()) + data(1, message("x"), 0) + headers(1, {{":path", "/"}}, last),
      frame(FrameType::headers, kWhole, 1, "\xff\xff\xff\xff"),
  };
  const std::vector<Fields> heads{
      post_without(":method"),
      post_without(":scheme"),
      post_without(":path"),
      post_without(":authority"),
      post_with(":method", ""),
      post_with(":scheme", ""),
      post_with(":path", "*"),
      post_with(":path", "no/slash"),
      post_with(":method", "GET"),
      post_with(":method", "CONNECT"),
      post_without("content-type"),
      post_with("content-type", "application/grpc+proto"),
      post_with("content-type", "text/plain"),
      post_with("te", "Trailers"),
      post_with("te", "gzip"),
      post({{"Upper", "x"}}),
      post({{"", "x"}}),
      post({{"a b", "x"}}),
      post({{"a", "b\nc"}}),
      post({{"a", " b"}}),
      post({{"a", ""}}),
      post({{":authority", "x"}}),
      post({{"host", "x"}}),
      post({{"host", "x"}, {"host", "x"}}),
      post({{"host", ""}}),
      post({{"connection", "x"}}),
      post({{"upgrade", "x"}}),
      post({{"transfer-encoding", "x"}}),
      post({{"keep-alive", "x"}}),
      post({{"content-length", "6"}}),
      post({{"content-length", "5"}}),
      post({{"content-length", "7"}}),
      post({{"content-length", "x"}}),
      post({{"content-length", "6"}, {"content-length", "6"}}),
      post({{"grpc-timeout", "1S"}}),
      post({{"grpc-timeout", "S"}}),
      post({{"grpc-encoding", "gzip"}}),
      post({}, "/no/such"),
      Fields{{":method", "CONNECT"}, {":authority", "x"}},
      Fields{{":status", "200"}},
      Fields{{":method", "OPTIONS"}, {":scheme", "http"}, {":path", "*"}, {":authority", "x"}},
  };
  for (const Fields& fields : heads) {
    inputs.push_back(headers(1, fields) + data(1, message("x")) + request(3));
    inputs.push_back(headers(1, fields, last) + request(3));
  }
  for (std::string& input : inputs) {
    input.insert(0, hello());
  }
  return inputs;
}

// A request whose message has `size` bytes, in as many frames as that takes.
std::string in_frames(std::uint32_t id, std::size_t size) {
  const std::string body = message(std::string(size, 'm'));
  std::string bytes = headers(id, post());
  for (std::size_t at = 0; at < body.size(); at += http2::kMaxFrameSize) {
    const bool ends = at + http2::kMaxFrameSize >= body.size();
    bytes += data(id, std::string_view(body).substr(at, http2::kMaxFrameSize), ends ? kEnds : 0);
  }
  return bytes;
}

// One of: a bit turned, a frame left out, said twice, put elsewhere; a length or type changed.
std::string mutate(std::string_view bytes, std::mt19937& random) {
  std::vector<std::string> frames;
  for (const WrittenFrame& frame : cut_into_frames(bytes)) {
    frames.emplace_back(frame.bytes);
  }
  const auto any = [&](std::size_t below) { return random() % std::max<std::size_t>(1, below); };
  for (std::size_t changes = 1 + any(3); changes > 0 && frames.size() > 2; --changes) {
    const std::size_t at = 1 + any(frames.size() - 1);
    std::string& frame = frames[at];
    switch (any(6)) {
      case 0:
        frame[any(frame.size())] ^= static_cast<char>(1U << any(8));
        break;
      case 1:
        frames.erase(frames.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      case 2:
        frames.insert(frames.begin() + static_cast<std::ptrdiff_t>(1 + any(frames.size() - 1)),
                      std::string(frame));
        break;
      case 3:
        std::swap(frame, frames[1 + any(frames.size() - 1)]);
        break;
      case 4:
        frame[std::min(frame.size() - 1, 3 + any(6))] = static_cast<char>(any(12));
        break;
      default:
        frame.resize(any(frame.size()) + 1);
    }
  }
  std::string all;
  for (const std::string& frame : frames) {
    all += frame;
  }
  return all;
}

std::vector<std::string> recorded() {
  return {recorded_from_our_client(), recorded_from_nghttp2(0), recorded_from_nghttp2(7)};
}

// Through each session, for one input cut in two at one offset after the other.
constexpr std::size_t kBudget = 40'000'000;

TEST(Differential, BytesWrittenByHandCutAnywhere) {
  std::map<std::string, int> excused;
  for (const std::string& input : written_by_hand()) {
    SCOPED_TRACE(as_hex(input));
    Differential both(input, kRepeat);
    both.compare();
    both.compare_cut_anywhere(kBudget);
    both.compare_cut_everywhere();
    ASSERT_THAT(both.differences(), IsEmpty());
    for (const std::string& why : both.excused()) {
      ++excused[why];
    }
  }
  EXPECT_THAT(excused, ElementsAre(Pair("a frame of a closed stream", 2),
                                   Pair("a stream's error taken for the connection's", 2),
                                   Pair("an acknowledgement of no SETTINGS", 1),
                                   Pair("padding without its length", 1)));
}

TEST(Differential, BytesOfRealClientsCutAnywhere) {
  for (const std::string& input : recorded()) {
    SCOPED_TRACE(as_hex(input));
    Differential both(input, kRepeat);
    both.compare();
    EXPECT_EQ(both.size(), input.size());
    EXPECT_THAT(both.excused(), IsEmpty());
    both.compare_cut_anywhere(kBudget);
    both.compare_cut_everywhere();
    EXPECT_THAT(both.differences(), IsEmpty());
  }
}

// Requests and replies of many frames, and of more than a message may hold: the first prefixes of
// the last two promise 4 MB and one byte more.
TEST(Differential, LongMessagesAndReplies) {
  const std::string tiny_window = settings({{Setting::initial_window_size, 1'000}});
  const std::string wide =
      settings({{Setting::initial_window_size, 32U << 20}}) + window_update(0, 32U << 20);
  for (const std::string& input :
       {in_frames(1, 20'000) + in_frames(3, 3'000) + window_update(0, 100'000),
        tiny_window + in_frames(1, 20'000) + window_update(1, 30'000) + request(3) +
            window_update(1, 100'000) + window_update(0, 100'000),
        window_update(0, 32U << 20) + in_frames(1, 500'000) + rst_stream(1) + request(3),
        wide + in_frames(1, 4U << 20), wide + in_frames(1, (4U << 20) + 1) + request(3)}) {
    SCOPED_TRACE(input.size());
    Differential both(hello() + input, kRepeat);
    both.compare();
    EXPECT_EQ(both.size(), hello().size() + input.size());
    EXPECT_THAT(both.excused(), IsEmpty());
    both.compare_cut_anywhere(kBudget);
    both.compare_cut_everywhere();
    EXPECT_THAT(both.differences(), IsEmpty());
  }
}

TEST(Differential, MutatedBytes) {
  std::vector<std::string> inputs = recorded();
  for (std::string& input : written_by_hand()) {
    inputs.push_back(std::move(input));
  }
  std::mt19937 random(7);  // NOLINT: the same cases every time
  std::map<std::string, int> excused;
  for (int i = 0; i < 20'000; ++i) {
    std::string input = mutate(inputs[random() % inputs.size()], random);
    while (!input.empty()) {  // what lies behind a late frame is compared without it
      SCOPED_TRACE("case " + std::to_string(i) + " " + as_hex(input));
      Differential both(input, kRepeat);
      both.compare();
      both.compare_cut_at({});
      both.compare_cut_at({random() % (both.size() + 1)});
      both.compare_cut_everywhere();
      if (i % 10 == 0) {
        both.compare_cut_anywhere(kBudget);
      }
      ASSERT_THAT(both.differences(), IsEmpty());
      for (const std::string& why : both.excused()) {
        ++excused[why];
      }
      input = both.without_late_frame();
    }
  }
  for (const auto& [why, times] : excused) {
    RecordProperty(why, times);
  }
}

}  // namespace
}  // namespace coresweep
