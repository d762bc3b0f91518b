// Over real pipes. What ends the whole process, and how soon, is in tests/agent_test.py.
#include "harness/lifeline.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <sstream>
#include <thread>

#include "harness/agent_protocol.hpp"
#include "harness/failure.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;

struct OnePipe {
  OnePipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    read_end = FileDescriptor(ends[0]);
    write_end = FileDescriptor(ends[1]);
  }
  FileDescriptor read_end;
  FileDescriptor write_end;
};

class LifelineTest : public testing::Test {
 protected:
  // Each a word of its own.
  void say(const std::string& words) {
    std::istringstream each(words);
    std::string text;
    for (std::string word; each >> word;) {
      text += Json{{"do", word}}.dump() + "\n";
    }
    write(text);
  }
  void write(const std::string& text) {
    ASSERT_EQ(::write(in_.write_end.get(), text.data(), text.size()),
              static_cast<ssize_t>(text.size()));
  }

  std::string take() { return lifeline_.take().at("do").get<std::string>(); }
  void reply(const char* event) { lifeline_.reply({{"event", event}}); }

  // All that was said until now, but for heartbeats.
  std::string said() {
    std::string text;
    pollfd polled{out_.read_end.get(), POLLIN, 0};
    while (::poll(&polled, 1, 0) == 1) {
      std::array<char, 4096> buffer;
      text.append(buffer.data(), static_cast<std::size_t>(::read(
                                     out_.read_end.get(), buffer.data(), buffer.size())));
    }
    const std::string beat = "{\"event\":\"beat\"}\n";
    for (auto at = text.find(beat); at != std::string::npos; at = text.find(beat)) {
      text.erase(at, beat.size());
    }
    return text;
  }

  // As one that waits for a program does.
  int interruption() {
    try {
      pollfd polled{signals_.descriptor(), POLLIN, 0};
      EXPECT_EQ(::poll(&polled, 1, 20'000), 1);
      signals_.check();
    } catch (const Interrupted& interrupted) {
      return interrupted.signal;
    }
    return 0;
  }
  bool is_interrupted() const {
    pollfd polled{signals_.descriptor(), POLLIN, 0};
    return ::poll(&polled, 1, 0) == 1;
  }
  void await_abandon() {
    const auto deadline = ChildProcess::Clock::now() + 20s;
    while (!lifeline_.is_abandoned() && ChildProcess::Clock::now() < deadline) {
      std::this_thread::yield();
    }
    ASSERT_TRUE(lifeline_.is_abandoned());
  }

  StopSignals signals_;
  OnePipe in_;
  OnePipe out_;
  Lifeline lifeline_{in_.read_end.get(), out_.write_end.get(), signals_};
};

TEST_F(LifelineTest, GivesTheWordsInTheirOrderAndNoHeartbeat) {
  say("clock beat serve beat");
  write("{\"do\":\"wi");
  EXPECT_EQ(take(), "clock");
  reply("clock");
  EXPECT_EQ(take(), "serve");
  write("ndow\",\"begin_ns\":5}\n");
  EXPECT_EQ(lifeline_.take(), Json::parse(R"({"do": "window", "begin_ns": 5})"));
  EXPECT_EQ(said(), "{\"event\":\"clock\"}\n");
}

TEST_F(LifelineTest, ALineThatIsNoWordIsNamed) {
  for (const char* line : {"hello", "[]", "{}", "{\"do\":5}", "{\"do\":\"\"}", ""}) {
    write(std::string(line) + "\n");
    try {
      static_cast<void>(take());
      FAIL() << line;
    } catch (const WrongUsage& error) {
      EXPECT_EQ(error.what(), "'" + std::string(line) + "' on stdin is no word of coresweep's");
    }
  }
}

TEST_F(LifelineTest, AbandonedBetweenWordsItIsAWordLikeOthers) {
  say("abandon");
  EXPECT_EQ(take(), "abandon");
  reply("idle");
  EXPECT_EQ(said(), "{\"event\":\"idle\"}\n");
  EXPECT_FALSE(is_interrupted());
}

TEST_F(LifelineTest, AbandonedWithinAWordItInterruptsItAndComesNext) {
  say("go");
  EXPECT_EQ(take(), "go");
  say("clock abandon serve");
  EXPECT_EQ(interruption(), SIGINT);
  EXPECT_TRUE(lifeline_.is_abandoned());
  EXPECT_EQ(take(), "abandon");
  reply("idle");
  EXPECT_EQ(take(), "serve") << "what came before is abandoned, too";
  EXPECT_EQ(said(), "{\"event\":\"idle\"}\n");
}

TEST_F(LifelineTest, AbandonedAtTheVeryEndOfAWordNothingOfItIsLeft) {
  for (int i = 0; i < 100; ++i) {
    say("go");
    EXPECT_EQ(take(), "go");
    say("abandon");
    await_abandon();
    reply("report");
    EXPECT_EQ(take(), "abandon");
    EXPECT_FALSE(is_interrupted());
    reply("idle");
    EXPECT_EQ(said(), "{\"event\":\"idle\"}\n");
  }
}

TEST_F(LifelineTest, TheEndOfItsInputInterruptsAnyWait) {
  in_.write_end.reset();
  EXPECT_EQ(interruption(), SIGTERM);
  EXPECT_EQ(lifeline_.why_gone(), Lifeline::Gone::kInputEnded);
}

TEST_F(LifelineTest, AnAbandonThatIsFollowedByTheEndHidesItNot) {
  say("go");
  EXPECT_EQ(take(), "go");
  say("abandon");
  in_.write_end.reset();
  await_abandon();
  EXPECT_EQ(interruption(), SIGINT);
  EXPECT_EQ(interruption(), SIGTERM);
}

TEST_F(LifelineTest, AnOutputThatNobodyReadsKeepsItFromNothing) {
  ASSERT_EQ(::fcntl(out_.write_end.get(), F_SETFL, O_NONBLOCK), 0);
  const std::string page(4096, ' ');
  while (::write(out_.write_end.get(), page.data(), page.size()) > 0) {
  }
  ASSERT_EQ(::fcntl(out_.write_end.get(), F_SETFL, 0), 0);
  // Past its first heartbeat.
  pollfd never{-1, 0, 0};
  ::poll(&never, 1, static_cast<int>(std::chrono::milliseconds(kBeat + 200ms).count()));
  say("clock");
  EXPECT_EQ(take(), "clock");
  in_.write_end.reset();
  EXPECT_EQ(interruption(), SIGTERM);
}

TEST_F(LifelineTest, AReplyThatNobodyReadsIsAFailure) {
  out_.read_end.reset();
  try {
    reply("clock");
    FAIL() << "it was said";
  } catch (const Failure& failure) {
    EXPECT_STREQ(failure.what(), "nobody reads its stdout: Broken pipe");
  }
}

TEST_F(LifelineTest, ItsHeartBeats) {
  pollfd polled{out_.read_end.get(), POLLIN, 0};
  ASSERT_EQ(::poll(&polled, 1, 20'000), 1);
  std::array<char, 100> buffer;
  const auto got = ::read(out_.read_end.get(), buffer.data(), buffer.size());
  EXPECT_EQ(std::string_view(buffer.data(), static_cast<std::size_t>(got)),
            "{\"event\":\"beat\"}\n");
}

}  // namespace
}  // namespace coresweep
