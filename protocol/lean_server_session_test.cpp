// What LeanServerSession does over a connection's life: windows, turns, floods, its end.
#include "protocol/lean_server_session.hpp"

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

#include "protocol/frame_script.hpp"
#include "protocol/lean_session.hpp"
#include "protocol/reply_reader.hpp"

namespace coresweep {
namespace {

using http2::FrameType;
using http2::Setting;
using namespace script;  // NOLINT: its words are this file's language

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
  for (const std::string& first : {ping(), request(1), settings_ack(), window_update(0, 1)}) {
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
      {"settings acknowledgements", many(settings_ack())},
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
