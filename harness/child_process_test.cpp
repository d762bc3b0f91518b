// Real processes: /bin/cat, /bin/sleep and /bin/sh are the children.
#include "harness/child_process.hpp"

#include <gmock/gmock.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "harness/failure.hpp"
#include "harness/run_to_end.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Optional;
using testing::SizeIs;
using testing::StartsWith;
using Clock = ChildProcess::Clock;

std::vector<std::string> shell(const char* script) { return {"/bin/sh", "-c", script}; }

bool is_alive(pid_t pid) { return ::kill(pid, 0) == 0; }

class ChildProcessTest : public testing::Test {
 protected:
  // Generous: it bounds a broken test, it does not time a good one.
  static constexpr auto kLong = 20s;

  std::optional<std::string> line_of(ChildProcess& child) {
    const auto deadline = Clock::now() + kLong;
    while (Clock::now() < deadline) {
      if (auto line = child.take_line()) {
        return line;
      }
      if (child.has_ended() || child.line_is_too_long()) {
        return std::nullopt;
      }
      wait_for_news({&child}, signals_, deadline);
    }
    return std::nullopt;
  }

  void wait_for_end(ChildProcess& child) {
    const auto deadline = Clock::now() + kLong;
    while (!child.has_ended() && Clock::now() < deadline) {
      wait_for_news({&child}, signals_, deadline);
    }
    ASSERT_TRUE(child.has_ended());
  }

  StopSignals signals_;
};

TEST_F(ChildProcessTest, TakesLinesAndGivesThem) {
  ChildProcess child({"/bin/cat"});
  ASSERT_TRUE(child.send_line("one"));
  EXPECT_THAT(line_of(child), Optional(std::string("one")));
  ASSERT_TRUE(child.send_line("two"));
  EXPECT_THAT(line_of(child), Optional(std::string("two")));
  child.close_stdin();
  wait_for_end(child);
  EXPECT_TRUE(child.ended_well());
}

TEST_F(ChildProcessTest, WhatItSaidLastIsReadBeforeItsEndShows) {
  ChildProcess child(shell("echo first; echo last; echo complaint >&2; exit 3"));
  wait_for_end(child);
  EXPECT_THAT(child.take_line(), Optional(std::string("first")));
  EXPECT_THAT(child.take_line(), Optional(std::string("last")));
  EXPECT_EQ(child.take_line(), std::nullopt);
  EXPECT_EQ(child.last_error_line(), "complaint");
  EXPECT_EQ(child.ending(), "exited with 3");
  EXPECT_FALSE(child.ended_well());
}

TEST_F(ChildProcessTest, DeathIsNoticedAtOnce) {
  ChildProcess child({"/bin/sleep", "60"});
  const auto start = Clock::now();
  ::kill(child.pid(), SIGKILL);
  wait_for_end(child);
  EXPECT_LT(Clock::now() - start, 10s);
  EXPECT_EQ(child.ending(), "was killed by signal 9 (Killed)");
  EXPECT_FALSE(child.send_line("too late"));
}

TEST_F(ChildProcessTest, AProgramThatIsMissingIsNamed) {
  try {
    ChildProcess child({"/nowhere/greeter"});
    FAIL() << "it started";
  } catch (const Failure& failure) {
    EXPECT_STREQ(failure.what(), "cannot start /nowhere/greeter: No such file or directory");
  }
}

TEST_F(ChildProcessTest, ArgumentsReachItAsTheyAre) {
  const std::string hostile = "$(touch /tmp/never) ; `id` '\" \n*";
  const CommandResult result =
      run_to_end({"/bin/sh", "-c", "printf '%s|' \"$1\"; echo", "sh", hostile}, signals_, 20s);
  EXPECT_THAT(result.lines, ElementsAre("$(touch /tmp/never) ; `id` '\" ", "*|"));
}

TEST_F(ChildProcessTest, StopClosesStdinFirst) {
  ChildProcess child(shell("cat >/dev/null; exit 0"));
  child.stop();
  EXPECT_TRUE(child.ended_well());
}

TEST_F(ChildProcessTest, StopGoesOnToTermAndThenToKill) {
  ChildProcess polite(shell("trap 'exit 7' TERM; echo up; while :; do sleep 0.01; done"));
  ASSERT_TRUE(line_of(polite));
  polite.stop(10ms);
  EXPECT_EQ(polite.ending(), "exited with 7");

  ChildProcess stubborn(shell("trap '' TERM; echo up; while :; do sleep 0.01; done"));
  ASSERT_TRUE(line_of(stubborn));
  stubborn.stop(10ms);
  EXPECT_EQ(stubborn.ending(), "was killed by signal 9 (Killed)");
}

TEST_F(ChildProcessTest, ItsOwnChildrenEndWithIt) {
  ChildProcess child(shell("sleep 60 & echo $!; wait"));
  const auto grandchild = line_of(child);
  ASSERT_TRUE(grandchild.has_value());
  const pid_t pid = std::stoi(*grandchild);
  EXPECT_TRUE(is_alive(pid));
  child.stop(10ms);
  // It is reaped by init, some time after it died.
  const auto deadline = Clock::now() + kLong;
  std::string state;
  while (Clock::now() < deadline && is_alive(pid) && state != "Z") {
    std::ifstream stat("/proc/" + *grandchild + "/stat");
    std::string id;
    std::string name;
    stat >> id >> name >> state;
  }
  EXPECT_TRUE(!is_alive(pid) || state == "Z");
}

TEST_F(ChildProcessTest, NeverOutlivesItsObject) {
  pid_t pid = 0;
  {
    ChildProcess child(shell("cat >/dev/null; exec sleep 0"));
    pid = child.pid();
    EXPECT_TRUE(is_alive(pid));
  }
  EXPECT_FALSE(is_alive(pid));
}

TEST_F(ChildProcessTest, ALineWithoutEndIsGivenUpAtTheLimit) {
  ChildProcess child(shell("while :; do printf 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'; done"));
  EXPECT_EQ(line_of(child), std::nullopt);
  EXPECT_TRUE(child.line_is_too_long());
  child.stop(0ms);
}

TEST_F(ChildProcessTest, OnlyTheEndOfItsStderrIsKept) {
  ChildProcess child(shell("i=0; while [ $i -lt 2000 ]; do echo line $i >&2; i=$((i+1)); done"));
  wait_for_end(child);
  EXPECT_THAT(child.errors(), SizeIs(ChildProcess::kKeptErrors));
  EXPECT_EQ(child.last_error_line(), "line 1999");
}

TEST_F(ChildProcessTest, WhoeverTakesItsStderrGetsAllOfIt) {
  ChildProcess child(shell("head -c 3000000 /dev/zero >&2; echo last >&2"));
  std::string taken;
  const auto deadline = Clock::now() + kLong;
  while (!child.has_ended() && Clock::now() < deadline) {
    wait_for_news({&child}, signals_, deadline);
    taken += child.take_errors();
  }
  EXPECT_THAT(taken, SizeIs(3'000'005));
  EXPECT_THAT(child.errors(), SizeIs(ChildProcess::kKeptErrors));
  EXPECT_EQ(child.take_errors(), "");
}

TEST_F(ChildProcessTest, OneTurnReadsAllThatIsThere) {
  ChildProcess child(shell("head -c 60000 /dev/zero >&2; kill -STOP $$"));
  siginfo_t stopped{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child.pid()), &stopped, WSTOPPED | WNOWAIT), 0);
  wait_for_news({&child}, signals_, Clock::now() + kLong);
  EXPECT_THAT(child.take_errors(), SizeIs(60'000));
  child.kill_now();
}

TEST_F(ChildProcessTest, HasNoPipeOfAnotherAndAGroupOfItsOwn) {
  ChildProcess other({"/bin/cat"});
  const auto pipe_of_other =
      std::filesystem::read_symlink("/proc/" + std::to_string(other.pid()) + "/fd/0").string();
  ASSERT_THAT(pipe_of_other, StartsWith("pipe:["));
  ChildProcess child(shell("ls -l /proc/$$/fd | tr '\\n' ' '; echo; read -r word"));
  const auto descriptors = line_of(child);
  ASSERT_TRUE(descriptors.has_value());
  EXPECT_THAT(*descriptors, HasSubstr("pipe:["));
  EXPECT_THAT(*descriptors, Not(HasSubstr(pipe_of_other)));
  EXPECT_EQ(::getpgid(child.pid()), child.pid());
}

TEST_F(ChildProcessTest, StartsWithNoSignalBlockedOrIgnored) {
  const CommandResult result =
      run_to_end({"/bin/grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"}, signals_, 20s);
  // But for the two signals that the C library keeps to itself and posix_spawn leaves ignored.
  EXPECT_THAT(result.lines, ElementsAre("SigBlk:\t0000000000000000",
                                        testing::AnyOf("SigIgn:\t0000000000000000",
                                                       "SigIgn:\t0000000180000000")));
}

// When coresweep is killed nothing of it runs any more: all that ends its children is that their
// stdin ends, which it does only if no other child holds the write end.
TEST_F(ChildProcessTest, EveryChildsStdinEndsWhenItsParentIsKilled) {
  const std::string folder = testing::TempDir() + "orphans_" + std::to_string(::getpid());
  std::filesystem::create_directory(folder);
  const pid_t parent = ::fork();
  if (parent == 0) {
    const auto until_eof = [&folder](const char* name) {
      return std::vector<std::string>{"/bin/sh", "-c", "echo up; cat >/dev/null; : >\"$1\"", "sh",
                                      folder + "/" + name};
    };
    ChildProcess first(until_eof("first"));
    ChildProcess second(until_eof("second"));
    if (line_of(first) && line_of(second)) {
      ::kill(::getpid(), SIGKILL);
    }
    ::_exit(1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(parent, &status, 0), parent);
  ASSERT_TRUE(WIFSIGNALED(status));
  const auto both_ended = [&folder] {
    return std::filesystem::exists(folder + "/first") &&
           std::filesystem::exists(folder + "/second");
  };
  const auto deadline = Clock::now() + kLong;
  while (!both_ended() && Clock::now() < deadline) {
    wait_for_news({}, signals_, Clock::now() + 5ms);
  }
  EXPECT_TRUE(both_ended());
  std::filesystem::remove_all(folder);
}

TEST_F(ChildProcessTest, AStopSignalInterruptsTheWait) {
  for (const int signal : {SIGINT, SIGTERM}) {
    ChildProcess child({"/bin/sleep", "60"});
    ::kill(::getpid(), signal);
    try {
      wait_for_end(child);
      FAIL() << "waited on";
    } catch (const Interrupted& interrupted) {
      EXPECT_EQ(interrupted.signal, signal);
    }
    child.stop(0ms);
  }
}

TEST(StopSignals, AllThatEndASessionInterrupt) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
    const auto before = std::signal(signal, SIG_DFL);
    {
      const StopSignals signals;
      ::kill(::getpid(), signal);
      EXPECT_THROW(wait_for_news({}, signals, Clock::now() + 20s), Interrupted) << signal;
    }
    static_cast<void>(std::signal(signal, before));
  }
}

TEST(StopSignals, WhatNohupIgnoresStaysIgnored) {
  const auto before = std::signal(SIGHUP, SIG_IGN);
  {
    const StopSignals signals;
    ::kill(::getpid(), SIGHUP);
    EXPECT_NO_THROW(wait_for_news({}, signals, Clock::now()));
  }
  static_cast<void>(std::signal(SIGHUP, before));
}

TEST_F(ChildProcessTest, BeginsWhereAndOnWhatCpusItIsTold) {
  cpu_set_t before;
  ASSERT_EQ(::sched_getaffinity(0, sizeof(before), &before), 0);
  int last = 0;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    last = CPU_ISSET(static_cast<std::size_t>(cpu), &before) ? cpu : last;
  }
  // Looked up in PATH: a peer's commands are as people write them.
  ChildProcess child({"sh", "-c", "pwd; grep Cpus_allowed_list /proc/self/status"}, {"/", {last}});
  EXPECT_THAT(line_of(child), Optional(std::string("/")));
  EXPECT_THAT(line_of(child), Optional("Cpus_allowed_list:\t" + std::to_string(last)));
  cpu_set_t after;
  ASSERT_EQ(::sched_getaffinity(0, sizeof(after), &after), 0);
  EXPECT_TRUE(CPU_EQUAL(&before, &after));
}

}  // namespace
}  // namespace coresweep
