#include "harness/run_to_end.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <csignal>

namespace coresweep {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

class RunToEndTest : public testing::Test {
 protected:
  StopSignals signals_;
};

TEST_F(RunToEndTest, TellsWhatWasSaidAndHowItEnded) {
  const CommandResult good =
      run_to_end({"/bin/sh", "-c", "cat; echo one; echo two"}, signals_, 20s);
  EXPECT_THAT(good.lines, ElementsAre("one", "two"));
  EXPECT_EQ(good.ending, "");
  const CommandResult bad =
      run_to_end({"/bin/sh", "-c", "echo first >&2; echo why >&2; exit 1"}, signals_, 20s);
  EXPECT_EQ(bad.ending, "exited with 1");
  EXPECT_TRUE(bad.has_exited);
  EXPECT_EQ(bad.last_error_line, "why");
}

TEST_F(RunToEndTest, ALastLineNeedNotBeEnded) {
  std::vector<std::string> errors;
  CommandOptions options;
  options.on_error_line = [&errors](const std::string& line) { errors.push_back(line); };
  const CommandResult result = run_to_end(
      {"/bin/sh", "-c", "printf 'a\nb'; printf 'c\nd' >&2; exit 1"}, signals_, 20s, options);
  EXPECT_THAT(result.lines, ElementsAre("a", "b"));
  EXPECT_THAT(errors, ElementsAre("c", "d"));
  EXPECT_EQ(result.last_error_line, "d");
}

TEST_F(RunToEndTest, GivesUpOnWhatTakesTooLongOrSaysTooMuch) {
  const CommandResult slow = run_to_end({"/bin/sleep", "60"}, signals_, 0s);
  EXPECT_EQ(slow.ending, "took longer than 0 s");
  EXPECT_FALSE(slow.has_exited);
  EXPECT_FALSE(run_to_end({"/bin/sh", "-c", "kill -9 $$"}, signals_, 20s).has_exited);
  EXPECT_EQ(run_to_end({"/usr/bin/yes"}, signals_, 20s).ending, "wrote too much");
}

TEST_F(RunToEndTest, LooksAtTheClockWhateverIsSaid) {
  CommandOptions options;
  std::size_t lines = 0;
  options.on_line = options.on_error_line = [&lines](const std::string& /*line*/) { ++lines; };
  const std::vector<std::string> endless{"/bin/sh", "-c", "yes & exec yes >&2"};
  EXPECT_EQ(run_to_end(endless, signals_, 1s, options).ending, "took longer than 1 s");
  EXPECT_GT(lines, 0U);
}

TEST_F(RunToEndTest, EndsWithTheOperatorsPatience) {
  const auto start = std::chrono::steady_clock::now();
  ::kill(::getpid(), SIGINT);
  EXPECT_THROW(static_cast<void>(run_to_end({"/bin/sleep", "60"}, signals_, 60s)), Interrupted);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
}

}  // namespace
}  // namespace coresweep
