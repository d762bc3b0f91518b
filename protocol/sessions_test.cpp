// Our client session against our server sessions, byte streams cut anywhere, no socket between
// them.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "protocol/client_session.hpp"
#include "protocol/greeting.hpp"
#include "protocol/lean_server_session.hpp"
#include "protocol/nghttp2_server_session.hpp"
#include "protocol/null_server_session.hpp"
#include "protocol/recording_handler.hpp"

namespace coresweep {
namespace {

CallTemplate hello(std::string_view path = kSayHelloPath) {
  return make_call_template("127.0.0.1:1", path, encode_request("world"), encode_reply("world"));
}

std::vector<CallOutcome> outcomes(const std::vector<FinishedCall>& finished) {
  std::vector<CallOutcome> result;
  for (const FinishedCall& call : finished) {
    result.push_back(call.outcome);
  }
  return result;
}

// Moves bytes between the two until neither has any left, in pieces of at most `piece` bytes.
template <class Session>
void exchange(ClientSession& client, Session& server, CallHandler& handler, std::string& to_server,
              std::vector<FinishedCall>& finished, std::size_t piece) {
  std::string to_client;
  while (!to_server.empty() || !to_client.empty()) {
    const std::string in = to_server.substr(0, piece);
    to_server.erase(0, in.size());
    if (!in.empty()) {
      ASSERT_EQ(server.receive(as_bytes(in), handler, to_client), SessionStatus::open);
    }
    const std::string back = to_client.substr(0, piece);
    to_client.erase(0, back.size());
    ASSERT_TRUE(client.receive(as_bytes(back), finished, to_server)) << client.broken_because();
  }
}

template <class Session>
class ServerSessions : public testing::Test {};
using AllServerSessions =
    testing::Types<LeanServerSession, Nghttp2ServerSession, NullServerSession>;
TYPED_TEST_SUITE(ServerSessions, AllServerSessions);

TYPED_TEST(ServerSessions, AnswersEveryCallHoweverTheBytesAreCut) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{23},
                                  std::size_t{64}, std::size_t{1 << 20}}) {
    const CallTemplate call = hello();
    ClientSession client(call, 10);
    TypeParam server;
    RecordingHandler handler;
    std::string to_server;
    std::vector<FinishedCall> finished;
    client.open(to_server);
    EXPECT_FALSE(client.can_start());
    exchange(client, server, handler, to_server, finished, piece);
    ASSERT_TRUE(client.ready());
    for (int round = 0; round < 3; ++round) {
      while (client.can_start()) {
        client.start_call({static_cast<std::uint64_t>(round)}, to_server);
      }
      EXPECT_EQ(client.calls_in_flight(), 10U);
      exchange(client, server, handler, to_server, finished, piece);
      EXPECT_EQ(client.calls_in_flight(), 0U);
    }
    EXPECT_EQ(finished.size(), 30U);
    EXPECT_THAT(outcomes(finished), testing::Each(CallOutcome::answered)) << "pieces of " << piece;
    EXPECT_EQ(server.calls_answered(), 30U);
  }
}

TYPED_TEST(ServerSessions, ServesMoreBytesThanAnyWindowHolds) {
  const CallTemplate call = hello();
  ClientSession client(call, 100);
  TypeParam server;
  RecordingHandler handler;
  std::string to_server;
  std::vector<FinishedCall> finished;
  client.open(to_server);
  exchange(client, server, handler, to_server, finished, 1 << 20);
  std::size_t answered = 0;
  // 12 bytes of DATA a request: the 65,535 of a fresh connection are gone after 5,500.
  while (answered < 20'000) {
    ASSERT_TRUE(client.can_start());
    while (client.can_start()) {
      client.start_call({}, to_server);
    }
    finished.clear();
    exchange(client, server, handler, to_server, finished, 1 << 20);
    ASSERT_THAT(outcomes(finished), testing::Each(CallOutcome::answered));
    answered += finished.size();
    handler.paths.clear();
    handler.messages.clear();
  }
}

TYPED_TEST(ServerSessions, ShutDownSaysGoaway) {
  const CallTemplate call = hello();
  ClientSession client(call, 1);
  TypeParam server;
  RecordingHandler handler;
  std::string to_server;
  std::vector<FinishedCall> finished;
  client.open(to_server);
  exchange(client, server, handler, to_server, finished, 1 << 20);
  std::string to_client;
  server.shut_down(Goodbye::stopping, to_client);
  ASSERT_TRUE(client.receive(as_bytes(to_client), finished, to_server));
  EXPECT_TRUE(client.going_away());
  EXPECT_FALSE(client.can_start());
}

TYPED_TEST(ServerSessions, AnHttp1RequestIsNoPreface) {
  TypeParam server;
  RecordingHandler handler;
  std::string to_client;
  EXPECT_EQ(server.receive(as_bytes("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), handler, to_client),
            SessionStatus::not_http2);
  EXPECT_TRUE(to_client.empty());
  EXPECT_EQ(server.calls_answered(), 0U);
}

}  // namespace
}  // namespace coresweep
