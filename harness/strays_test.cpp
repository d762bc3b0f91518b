// Real processes: a shell leaves a sleep behind, in a session of its own.
#include "harness/strays.hpp"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "harness/child_process.hpp"
#include "harness/process_group.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

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
  EXPECT_THAT(strays.end(child.pid()), IsEmpty()) << "its parent lives";
  child.stop();
  EXPECT_EQ(::kill(stray, 0), 0);
  EXPECT_THAT(strays.end(child.pid()), ElementsAre(StartsWith("sleep (")));
  expect_gone(stray);
  EXPECT_THAT(strays.end(child.pid()), IsEmpty());
}

TEST_F(StraysTest, WhoEndedWithTheGroupIsNotNamed) {
  Strays strays;
  ChildProcess child({"/bin/sh", "-c", "sh -c 'echo $$; exec sleep 600' & read -r line"});
  const pid_t of_group = next_pid(child);
  child.stop();
  EXPECT_THAT(strays.end(child.pid()), IsEmpty());
  expect_gone(of_group);
}

TEST_F(StraysTest, NoProgramOfOursIsOne) {
  Strays strays;
  ChildProcess child({"/bin/sleep", "600"});
  EXPECT_THAT(strays.end(-1), IsEmpty());
  EXPECT_FALSE(child.has_ended());
  EXPECT_EQ(::kill(child.pid(), 0), 0);
  child.kill_now();
}

TEST_F(StraysTest, ChildrenThatWereThereBeforeAreLeft) {
  const pid_t before = ::fork();
  if (before == 0) {
    ::execl("/bin/sleep", "sleep", "600", nullptr);
    ::_exit(127);
  }
  { const Strays strays; }
  EXPECT_EQ(::kill(before, 0), 0);
  ::kill(before, SIGKILL);
  ::waitpid(before, nullptr, 0);
}

}  // namespace
}  // namespace coresweep
