#include "harness/progress.hpp"

#include <gmock/gmock.h>

namespace coresweep {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

Outcome outcome(std::optional<double> figure, std::vector<std::string> verdicts) {
  return {0, 0, figure, std::move(verdicts)};
}

ProgressState state(std::optional<Outcome> last) {
  return {7, 40, "reuseport_loops/nghttp2/t1/c64/s10", std::move(last), 112s};
}

TEST(Progress, ATerminalLineTellsAllWithinEightyColumns) {
  EXPECT_EQ(terminal_line(state(outcome(123456.0, {})), 80),
            "7/40 reuseport_loops/nghttp2/t1/c64/s10, last 123,456/s valid, 1 min 52 s left");
  EXPECT_EQ(terminal_line(state(std::nullopt), 80),
            "7/40 reuseport_loops/nghttp2/t1/c64/s10, 1 min 52 s left");
}

TEST(Progress, ATerminalLineNeverWraps) {
  EXPECT_EQ(terminal_line(state(outcome(1.0, {})), 40).size(), 39U);
  EXPECT_EQ(terminal_line(state(outcome(1.0, {})), 0), "");
}

TEST(Progress, APlainLineHasTheFigureAndItsVerdicts) {
  EXPECT_EQ(plain_line(state(outcome(1000.0, {"shared_cpus", "client_bound"}))),
            "trial 7 of 40: reuseport_loops/nghttp2/t1/c64/s10: 1,000 requests/s, shared_cpus, "
            "client_bound; 1 min 52 s left");
  EXPECT_EQ(
      plain_line(state(outcome(std::nullopt, {"failed"}))),
      "trial 7 of 40: reuseport_loops/nghttp2/t1/c64/s10: no figure, failed; 1 min 52 s left");
}

TEST(Progress, APipeGetsOnePlainLineATrial) {
  testing::internal::CaptureStderr();
  {
    Progress progress(Progress::Output::kPlain);
    progress.trial_starts("one", 2, 10s);
    progress.trial_ended(outcome(5.0, {}), 2, 5s);
    progress.trial_starts("two", 2, 5s);
    progress.trial_ended(outcome(std::nullopt, {"failed"}), 2, 0s);
  }
  const std::string written = testing::internal::GetCapturedStderr();
  EXPECT_THAT(written, MatchesRegex("trial 1 of 2: one: 5 requests/s, valid; 5 s left\n"
                                    "trial 2 of 2: two: no figure, failed; 0 s left\n"));
}

TEST(Progress, ATerminalHasOneLineThatIsGoneAtTheEnd) {
  testing::internal::CaptureStderr();
  {
    Progress progress(Progress::Output::kTerminal);
    progress.trial_starts("one", 2, 10s);
    progress.trial_ended(outcome(5.0, {}), 2, 5s);
  }
  const std::string written = testing::internal::GetCapturedStderr();
  EXPECT_THAT(written, HasSubstr("1/2 one, 10 s left"));
  EXPECT_THAT(written, Not(HasSubstr("\n")));
  EXPECT_TRUE(written.ends_with("\r\x1b[K"));
}

}  // namespace
}  // namespace coresweep
