// What a clever client found: each of these was once borne without bound, or cut off unjustly.
#include <gtest/gtest.h>

#include <string>

#include "protocol/frame_script.hpp"
#include "protocol/lean_server_session.hpp"

namespace coresweep {
namespace {

using namespace script;

class LeanServerLimits : public testing::Test {
 protected:
  void SetUp() override { EXPECT_EQ(send(hello()), SessionStatus::open); }
  SessionStatus send(const std::string& bytes) {
    output_.clear();
    return server_.receive(as_bytes(bytes), handler_, output_);
  }

  LeanServerSession server_;
  EchoHandler handler_;
  std::string output_;
};

// One SETTINGS frame of fifteen bytes may let a byte of every waiting reply go, in a frame each.
TEST_F(LeanServerLimits, WindowsOpenedBySliversAreAFlood) {
  ASSERT_EQ(
      send(settings({{http2::Setting::initial_window_size, 0}}) + window_update(0, 0x7ffe'ffff)),
      SessionStatus::open);
  const std::string text(8'000, 'r');
  for (std::uint32_t id = 1; id < 2 * 1'020; id += 2) {
    ASSERT_EQ(send(request(id, text)), SessionStatus::open);
  }
  std::string slivers;
  for (std::uint32_t window = 1; window < 4'000; ++window) {
    slivers += settings({{http2::Setting::initial_window_size, window}});
  }
  EXPECT_EQ(send(slivers), SessionStatus::flooded);
  EXPECT_LT(output_.size(), std::size_t{4} << 20);  // 45 MB before
}

TEST_F(LeanServerLimits, ManyCallsOfAnUnknownMethodAreNoFlood) {
  std::uint32_t id = 1;
  for (int read = 0; read < 1'000; ++read) {
    std::string calls;
    for (int i = 0; i < 100; ++i, id += 2) {
      calls += headers(id, post({}, "/no.Such/Method")) + data(id, message("x"));
    }
    ASSERT_EQ(send(calls), SessionStatus::open) << "read " << read;
  }
}

TEST_F(LeanServerLimits, ResetsThatThePeerBringsAboutAreAFlood) {
  std::string provoked;
  for (std::uint32_t id = 1; id < 40'000; id += 2) {
    provoked += headers(id, post()) + window_update(id, 0);
  }
  EXPECT_EQ(send(provoked), SessionStatus::flooded);
}

TEST_F(LeanServerLimits, BodiesThatCrossThousandsOfRefusalsAreNoError) {
  std::string heads;
  std::string bodies;
  for (std::uint32_t id = 1; id < 2 * 3'000; id += 2) {
    heads += headers(id, post({}, "/no.Such/Method"));
    bodies += data(id, message("x"));
  }
  EXPECT_EQ(send(heads), SessionStatus::open);
  EXPECT_EQ(send(bodies), SessionStatus::open);
}

TEST_F(LeanServerLimits, ARequestCutByAReadIsAnsweredAfterGoaway) {
  const std::string call = request(1);
  EXPECT_EQ(send(goaway() + call.substr(0, 20)), SessionStatus::open);
  EXPECT_EQ(send(call.substr(20)), SessionStatus::finished);
  EXPECT_EQ(server_.calls_answered(), 1U);
}

}  // namespace
}  // namespace coresweep
