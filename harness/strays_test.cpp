// Real processes: a shell leaves a sleep behind, in a session of its own.
#include "harness/strays.hpp"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>

#include "harness/child_process.hpp"
#include "harness/process_group.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;
using testing::AnyOf;
using testing::ElementsAre;
using testing::IsEmpty;

class StraysTest : public testing::Test {
 protected:
  pid_t next_pid(ChildProcess& child) {
    const auto deadline = ChildProcess::Clock::now() + 20s;
    while (!child.has_line() && ChildProcess::Clock::now() < deadline) {
      wait_for_news({&child}, signals_, deadline);
    }
    return std::stoi(child.take_line().value());
  }

  void expect_gone(pid_t pid) { EXPECT_EQ(::kill(pid, 0), -1) << pid; }

  StopSignals signals_;
};

TEST_F(StraysTest, WhoLeftTheGroupIsEndedAndNamed) {
  Strays strays;
  ChildProcess child({"/bin/sh", "-c",
                      "setsid sh -c 'echo $$; exec sleep 600' & read -r line"});
  const pid_t stray = next_pid(child);
  EXPECT_THAT(strays.end(child.pid()).killed, IsEmpty()) << "its parent lives";
  child.stop();
  EXPECT_EQ(::kill(stray, 0), 0);
  const auto ended = strays.end(child.pid());
  EXPECT_THAT(ended.killed, ElementsAre(AnyOf("sh", "sleep")));  // it may not have become sleep yet
  EXPECT_THAT(ended.living, IsEmpty());
  expect_gone(stray);
  EXPECT_THAT(strays.end(child.pid()).killed, IsEmpty());
}

TEST_F(StraysTest, WhoWasDeadAlreadyIsNotNamed) {
  Strays strays;
  ChildProcess child({"/bin/sh", "-c",
                      "setsid sh -c 'echo $$; exec sleep 600' & read -r line; kill -9 $line"});
  const pid_t stray = next_pid(child);
  ASSERT_TRUE(child.send_line(std::to_string(stray)));
  const auto deadline = ChildProcess::Clock::now() + 20s;
  while (!child.has_ended() && ChildProcess::Clock::now() < deadline) {
    wait_for_news({&child}, signals_, deadline);
  }
  // kill does not wait for the death. The shell may have waited for it, and then it is no child.
  siginfo_t killed{};
  const int waited = ::waitid(P_PID, static_cast<id_t>(stray), &killed, WEXITED | WNOWAIT);
  ASSERT_TRUE(waited == 0 || errno == ECHILD);
  EXPECT_THAT(strays.end(child.pid()).killed, IsEmpty());
}

TEST_F(StraysTest, WhoEndedWithTheGroupIsNotNamed) {
  Strays strays;
  ChildProcess child({"/bin/sh", "-c", "sh -c 'echo $$; exec sleep 600' & read -r line"});
  const pid_t of_group = next_pid(child);
  child.stop();
  EXPECT_THAT(strays.end(child.pid()).killed, IsEmpty());
  expect_gone(of_group);
}

TEST_F(StraysTest, NoProgramOfOursIsOne) {
  Strays strays;
  ChildProcess child({"/bin/sleep", "600"});
  EXPECT_THAT(strays.end(-1).killed, IsEmpty());
  EXPECT_FALSE(child.has_ended());
  EXPECT_EQ(::kill(child.pid(), 0), 0);
  child.kill_now();
}

// What they leave behind is theirs: whoever exec'd us started them.
TEST_F(StraysTest, BesideChildrenOfOthersNobodyIsOne) {
  const pid_t other = ::fork();
  if (other == 0) {
    ::execl("/bin/sleep", "sleep", "600", nullptr);
    ::_exit(127);
  }
  {
    Strays strays;
    ChildProcess child({"/bin/sh", "-c", "setsid sh -c 'echo $$; exec sleep 600' & read -r line"});
    const pid_t left = next_pid(child);
    child.stop();
    EXPECT_THAT(strays.end(child.pid()).killed, IsEmpty());
    EXPECT_EQ(::kill(left, SIGKILL), 0) << "it lived";
  }
  EXPECT_EQ(::kill(other, 0), 0);
  ::kill(other, SIGKILL);
  ::waitpid(other, nullptr, 0);
}

// Each of them ends when it has started the next.
TEST_F(StraysTest, OneThatGoesOnInItsChildrenIsEndedOrTold) {
  Strays strays;
  ChildProcess child({"/bin/sh", "-c",
                      "setsid sh -c 'next() { sleep 0.01; next & }; echo $$; next' & read -r l"});
  static_cast<void>(next_pid(child));
  child.stop();
  const auto ended = strays.end(child.pid());
  EXPECT_FALSE(ended.killed.empty() && ended.living.empty());
  for (int i = 0; i < 10 && !ended.living.empty(); ++i) {
    static_cast<void>(strays.end(child.pid()));
  }
}

TEST(ProcessesTold, AreCountedAndNamedOnce) {
  EXPECT_EQ(processes_told({"sleep"}), "sleep");
  EXPECT_EQ(processes_told({"b", "a", "b"}), "3 processes (a, b)");
  EXPECT_EQ(processes_told({"d", "c", "b", "a"}), "4 processes (a, b, c, ...)");
}

}  // namespace
}  // namespace coresweep
