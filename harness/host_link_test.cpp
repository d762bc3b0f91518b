// Real processes: shells stand where an agent would, and say what it would or should not.
#include "harness/host_link.hpp"

#include <gmock/gmock.h>

#include "harness/agent_protocol.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using Clock = HostLink::Clock;

class HostLinkTest : public testing::Test {
 protected:
  // Bounds a broken test, does not time a good one.
  static constexpr auto kLong = 20s;

  static HostLink link(const char* script) {
    return {"client2", {"/bin/sh", "-c", script}, ""};
  }

  // The next line, or why there is none.
  std::string line_of(HostLink& link) {
    const auto deadline = Clock::now() + kLong;
    while (Clock::now() < deadline) {
      if (const auto line = link.take()) {
        return line->dump();
      }
      if (const std::string why = link.why_lost(); !why.empty()) {
        return why;
      }
      wait_for_links({&link}, signals_, deadline);
    }
    return "nothing";
  }

  StopSignals signals_;
};

TEST_F(HostLinkTest, GivesLinesInTheirOrderAndNoBeats) {
  HostLink agent = link(
      R"(echo '{"event":"beat"}'; echo '{"event":"a"}'; echo '{"event":"beat"}'
         echo '{"event":"b"}'; read -r stays)");
  EXPECT_EQ(line_of(agent), R"({"event":"a"})");
  EXPECT_EQ(line_of(agent), R"({"event":"b"})");
  EXPECT_EQ(agent.why_lost(), "");
}

TEST_F(HostLinkTest, SaysWordsAsLines) {
  HostLink agent = link(R"(read -r word; echo "{\"event\":\"heard\",\"word\":$word}")");
  agent.say({{"do", "clock"}});
  EXPECT_EQ(line_of(agent), R"({"event":"heard","word":{"do":"clock"}})");
}

TEST_F(HostLinkTest, BeatsWhileItIsWaitedFor) {
  HostLink agent = link(R"(read -r word; echo "{\"event\":\"heard\",\"word\":$word}")");
  const auto begun = Clock::now();
  EXPECT_EQ(line_of(agent), R"({"event":"heard","word":{"do":"beat"}})");
  EXPECT_GE(Clock::now() - begun, kBeat);
}

TEST_F(HostLinkTest, IsLostWithItsLastLinesStillToBeTaken) {
  HostLink agent = link(R"(echo '{"event":"last"}'; echo 'why not' >&2; exit 3)");
  EXPECT_EQ(line_of(agent), R"({"event":"last"})");
  EXPECT_EQ(line_of(agent), "client2: the connection ended: the agent exited with 3: why not");
}

TEST_F(HostLinkTest, IsLostWhenItSaysWhatIsNoLineOfAnAgent) {
  HostLink chatty = link("echo 'Welcome to client2!'; read -r stays");
  EXPECT_EQ(line_of(chatty),
            "client2: said Welcome to client2!: that is no line of an agent");
  HostLink empty = link("echo '{}'; read -r stays");
  EXPECT_EQ(line_of(empty), "client2: said {}: that is no line of an agent");
}

TEST_F(HostLinkTest, IsLostWhenNothingIsHeardForSoLongAndNotBefore) {
  HostLink agent = link(R"(echo '{"event":"agent"}'; exec sleep 60)");
  EXPECT_EQ(line_of(agent), R"({"event":"agent"})");
  const auto begun = Clock::now();
  EXPECT_EQ(line_of(agent), "client2: no sign of life for 5 s");
  EXPECT_GE(Clock::now() - begun, kSilence - 100ms);
}

TEST_F(HostLinkTest, IsNotLostWhileItBeats) {
  HostLink agent = link(
      R"(for i in 1 2 3 4 5 6; do echo '{"event":"beat"}'; sleep 1; done; echo '{"event":"a"}'
         read -r stays)");
  EXPECT_EQ(line_of(agent), R"({"event":"a"})");
}

TEST_F(HostLinkTest, OneIsHeardWhileAnotherIsSilent) {
  HostLink silent = link("exec sleep 60");
  HostLink agent = link(R"(echo '{"event":"a"}'; read -r stays)");
  const auto deadline = Clock::now() + kLong;
  while (!agent.has_line() && Clock::now() < deadline) {
    wait_for_links({&silent, &agent}, signals_, deadline);
  }
  EXPECT_TRUE(agent.has_line());
  EXPECT_EQ(silent.why_lost(), "");
}

TEST(AgentCommand, IsSshWithNothingOfTheFileInItsShellButAnAddress) {
  const InventoryHost host{"client2", "10.77.0.3", 1, "x86_64", ""};
  const std::vector<std::string> command = agent_command(host, "hosts/ssh_config");
  EXPECT_EQ(command.front(), "ssh");
  EXPECT_EQ(command[command.size() - 2], "client2");
  EXPECT_EQ(command.back(), "exec coresweep/bin/coresweep agent --address 10.77.0.3");
  EXPECT_THAT(command, testing::IsSupersetOf({"-F", "hosts/ssh_config", "BatchMode=yes"}));
}

TEST(AgentCommand, IsThisProgramOnThisMachine) {
  InventoryHost host{"client1", "10.77.0.2", 1, "x86_64", ""};
  host.is_here = true;
  EXPECT_THAT(agent_command(host, "hosts/ssh_config"),
              ElementsAre("/proc/self/exe", "agent", "--address", "10.77.0.2"));
}

}  // namespace
}  // namespace coresweep
