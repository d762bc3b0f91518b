// What an agent replies, also when a program does not do as agreed: small scripts stand where the
// programs would. The trial with the real programs is in tests/agent_test.py.
#include "harness/agent_trial.hpp"

#include <gmock/gmock.h>

#include <csignal>
#include <fstream>

#include "harness/failure.hpp"
#include "harness/trial_test_programs.hpp"
#include "support/cpu_set.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

std::int64_t epoch_ns(std::chrono::nanoseconds ahead) {
  return (std::chrono::system_clock::now().time_since_epoch() + ahead) / 1ns;
}

class AgentTrialTest : public TrialProgramsTest {
 protected:
  Json serve() {
    return agent_.answer(
        {{"do", "serve"}, {"program", "greeter"}, {"flags", {"--threads", "1"}}, {"cpus", cpus_}});
  }
  Json load() {
    return agent_.answer({{"do", "load"},
                          {"flags", {"--target", "x"}},
                          {"connect_within_ns", std::int64_t{10'000'000'000}}});
  }
  // Ahead by more than reading the host takes in an emulator: 20 ms and more.
  Json window() {
    return agent_.answer({{"do", "window"},
                          {"begin_ns", epoch_ns(300ms)},
                          {"end_ns", epoch_ns(340ms)},
                          {"cpus", {0}}});
  }
  Json go() {
    return agent_.answer({{"do", "go"},
                          {"start_ns", epoch_ns(10ms)},
                          {"warmup_ns", 0},
                          {"duration_ns", 50'000'000},
                          {"cpus", {0}}});
  }
  Json say(const char* word) { return agent_.answer({{"do", word}}); }

  void expect_wrong(const Json& word, const std::string& text) {
    try {
      static_cast<void>(agent_.answer(word));
      FAIL() << word;
    } catch (const WrongUsage& error) {
      EXPECT_EQ(error.what(), text);
    }
  }

  std::vector<int> cpus_;
  AgentTrial agent_{programs_, "", signals_};
};

TEST_F(AgentTrialTest, AServersSide) {
  EXPECT_EQ(serve(), Json::parse(R"({"event": "serving"})"));
  const Json windowed = window();
  EXPECT_EQ(windowed.at("event"), "windowed");
  EXPECT_EQ(windowed.at("server_window").at("threads").at(0).at("requests"), 0);
  for (const char* key : {"machine_cpu", "network", "network_connecting"}) {
    EXPECT_TRUE(windowed.at("host").at(key).is_object()) << key;
  }
  EXPECT_TRUE(windowed.at("host").contains("cpu_frequency"));
  EXPECT_TRUE(windowed.at("host").at("device").is_null());
  EXPECT_EQ(windowed.at("late_ns").size(), 2U);
  EXPECT_GE(windowed.at("late_ns").at(0), 0);
  EXPECT_GE(windowed.at("late_ns").at(1), 0);
  EXPECT_EQ(say("stop"), Json::parse(R"({"event": "stopped", "totals": {"requests": 100,
      "connections_accepted": 1}, "notes": [], "errors": ""})"));
  EXPECT_EQ(serve().at("event"), "serving") << "once more";
}

TEST_F(AgentTrialTest, AClientsSide) {
  const Json connected = load();
  EXPECT_EQ(connected.at("event"), "connected");
  EXPECT_TRUE(connected.at("network_connecting").contains("segments_retransmitted"));
  const Json report = go();
  EXPECT_EQ(report.at("event"), "report");
  EXPECT_EQ(report.at("report").at("requests_answered"), 100);
  EXPECT_EQ(report.at("errors"), "");
  EXPECT_TRUE(report.at("host").at("machine_cpu").is_object());
  EXPECT_FALSE(report.at("host").contains("network_connecting"));
  EXPECT_EQ(load().at("event"), "connected") << "once more";
}

TEST_F(AgentTrialTest, AProgramGetsItsFlagsAndCpusAsTheyAre) {
  write("greeter", "echo \"$@\" >&2; grep Cpus_allowed_list /proc/self/status >&2; exit 2");
  cpus_ = {allowed_cpus().back()};
  EXPECT_EQ(serve().at("errors"),
            "--threads 1\nCpus_allowed_list:\t" + std::to_string(cpus_.front()) + "\n");
  write("loadgen", "echo \"$@\" >&2; exit 2");
  EXPECT_EQ(load().at("errors"), "--target x\n");
}

TEST_F(AgentTrialTest, ItsClockIsThisHosts) {
  const std::int64_t before = epoch_ns(0ns);
  const Json clock = say("clock");
  EXPECT_EQ(clock.at("event"), "clock");
  EXPECT_GE(clock.at("realtime_ns"), before);
  EXPECT_LE(clock.at("realtime_ns"), epoch_ns(0ns));
}

TEST_F(AgentTrialTest, AServerThatDiesIsToldWithItsLastWords) {
  write("greeter",
        "echo '{\"event\":\"ready\"}'; read -r word; echo 'out of luck' >&2; kill -SEGV $$");
  EXPECT_EQ(serve().at("event"), "serving");
  EXPECT_EQ(window(), Json::parse(R"({"event": "broken", "reason":
      "the server was killed by signal 11 (Segmentation fault): out of luck",
      "errors": "out of luck\n"})"));
  expect_wrong({{"do", "stop"}}, "'stop' on stdin is not due: this host runs no program");
}

TEST_F(AgentTrialTest, AServerThatDiesWhileNothingIsAskedOfItIsToldAtTheNextWord) {
  write("greeter", "echo '{\"event\":\"ready\"}'; echo 'I go' >&2; exit 5");
  EXPECT_EQ(serve().at("event"), "serving");
  EXPECT_EQ(say("stop").at("reason"), "the server exited with 5: I go");
}

TEST_F(AgentTrialTest, ALoadGeneratorThatDiesIsToldWithItsLastWords) {
  write("loadgen", "echo '{\"event\":\"ready\"}'; read -r word; echo \"$word\" >&2; exit 1");
  EXPECT_EQ(load().at("event"), "connected");
  const Json broken = go();
  EXPECT_EQ(broken.at("event"), "broken");
  EXPECT_THAT(broken.at("reason").get<std::string>(),
              StartsWith("the load generator exited with 1: go 1"));
}

TEST_F(AgentTrialTest, AnExitWithoutAReasonInTheReportIsABreakdown) {
  write("loadgen", std::string(kGoodLoad) + "\nexit 1");
  EXPECT_EQ(load().at("event"), "connected");
  EXPECT_EQ(go().at("reason"), "the load generator exited with 1");
}

TEST_F(AgentTrialTest, WhyItCouldNotConnectIsKept) {
  write("loadgen", R"(echo '{"event":"cannot_connect","connections_failed":{"refused":1}}'
echo 'loadgen: cannot connect' >&2; exit 1)");
  Json answer = load();
  EXPECT_TRUE(answer.at("network_connecting").is_object());
  answer.erase("network_connecting");
  EXPECT_EQ(answer, Json::parse(R"({"event": "cannot_connect", "failures": {"refused": 1},
      "ending": "the load generator exited with 1: loadgen: cannot connect",
      "errors": "loadgen: cannot connect\n"})"));
  EXPECT_EQ(load().at("event"), "cannot_connect") << "nothing of it runs";
}

TEST_F(AgentTrialTest, WhatNoTrialCouldDoIsToldApart) {
  write("greeter", "echo 'greeter: it is in use by another listener (--listen)' >&2; exit 3");
  const std::string line = "greeter: it is in use by another listener (--listen)";
  EXPECT_EQ(serve(), Json({{"event", "cannot"}, {"reason", line}, {"errors", line + "\n"}}));
  EXPECT_EQ(
      agent_.answer(
          {{"do", "serve"}, {"program", "greeter-io_uring"}, {"flags", {}}, {"cpus", cpus_}}),
      Json::parse(R"({"event": "cannot", "reason": "greeter-io_uring is not built",
      "errors": ""})"));
  programs_.loadgen = folder_ + "/nowhere";
  EXPECT_THAT(load().at("reason").get<std::string>(), HasSubstr("nowhere: No such file"));
}

TEST_F(AgentTrialTest, NonsenseIsQuoted) {
  write("greeter", "echo hello; read -r word");
  EXPECT_EQ(serve().at("reason"), "the server said hello where \"ready\" was due");
  write("greeter", "echo '{\"event\":\"ready\"}'; echo oops; read -r word");
  EXPECT_EQ(serve().at("event"), "serving");
  EXPECT_EQ(window().at("reason"), "the server said oops where \"snapshot\" was due");
  write("loadgen", "echo '{\"event\":5}'; read -r word");
  EXPECT_THAT(load().at("reason").get<std::string>(),
              StartsWith("a program's line is not as agreed: "));
}

TEST_F(AgentTrialTest, AWordThatIsNoneOrNotDueIsNamed) {
  expect_wrong({{"do", "dance"}}, "'dance' on stdin is no word of coresweep's");
  expect_wrong({{"do", "load"}, {"flags", 5}},
               R"({"do":"load","flags":5} on stdin has no proper "flags")");
  expect_wrong({{"do", "serve"}, {"program", "sh"}}, "'sh' on stdin is no server of coresweep's");
  for (const char* word : {"window", "go", "stop"}) {
    expect_wrong({{"do", word}},
                 "'" + std::string(word) + "' on stdin is not due: this host runs no program");
  }
  EXPECT_EQ(serve().at("event"), "serving");
  expect_wrong({{"do", "load"}}, "'load' on stdin is not due: this host serves");
  EXPECT_EQ(say("abandon").at("event"), "idle");
  EXPECT_EQ(load().at("event"), "connected");
  expect_wrong({{"do", "serve"}}, "'serve' on stdin is not due: this host runs a load generator");
}

TEST_F(AgentTrialTest, AbandonedItRunsNothing) {
  EXPECT_EQ(say("abandon"), Json::parse(R"({"event": "idle", "errors": ""})"));
  write("greeter", "echo '{\"event\":\"ready\"}'; echo $$ >" + folder_ +
                       "/pid; echo 'as you like' >&2; read -r word");
  EXPECT_EQ(serve().at("event"), "serving");
  ::kill(::getpid(), SIGINT);
  EXPECT_THROW(static_cast<void>(window()), Interrupted);
  EXPECT_EQ(say("abandon"), Json::parse(R"({"event": "idle", "errors": "as you like\n"})"));
  pid_t pid = 0;
  ASSERT_TRUE(std::ifstream(folder_ + "/pid") >> pid);
  EXPECT_NE(::kill(pid, 0), 0);
}

}  // namespace
}  // namespace coresweep
