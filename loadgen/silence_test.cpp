#include "loadgen/silence.hpp"

#include <gmock/gmock.h>

#include "loadgen/recorder.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::int64_t kMs = 1'000'000;

Silence silence(std::int64_t begin_ms, std::int64_t end_ms, std::uint64_t waiting = 0) {
  return {begin_ms * kMs, end_ms * kMs, waiting};
}

TEST(Silence, OfSeveralIsWhereAllAreSilent) {
  EXPECT_THAT(common_silences({silence(0, 2'000, 3), silence(2'500, 4'000, 1)},
                              {silence(1'000, 3'000, 5), silence(3'400, 9'000, 2)}),
              ElementsAre(silence(1'000, 2'000, 8), silence(2'500, 3'000, 6),
                          silence(3'400, 4'000, 3)));
  EXPECT_THAT(common_silences({silence(0, 1'000)}, {silence(501, 2'000)}), IsEmpty());  // 499 ms
  EXPECT_THAT(common_silences({silence(0, 1'000)}, {}), IsEmpty());
}

// Answers from 1 ms on, one a millisecond but for what is left out.
std::vector<Silence> recorded(std::int64_t silent_from_ms, std::int64_t silent_until_ms,
                              std::int64_t last_ms) {
  const Schedule schedule(0, 1'000ms, 2'000ms);
  Recorder recorder(schedule);
  std::int64_t due = 0;
  for (std::int64_t ms = 1; ms <= last_ms; ++ms) {
    if (ms > silent_from_ms && ms < silent_until_ms) {
      continue;
    }
    for (; due <= ms; ++due) {
      recorder.on_due(due * kMs);
    }
    recorder.on_finished(CallOutcome::answered, {.due = ms * kMs, .sent = ms * kMs}, ms * kMs);
  }
  return recorder.figures().silences;
}

TEST(Silence, IsFromOneAnswerToTheNextAlsoOverAnEdge) {
  EXPECT_THAT(recorded(0, 0, 3'200), IsEmpty());
  EXPECT_THAT(recorded(1'500, 1'999, 3'200), IsEmpty());
  EXPECT_THAT(recorded(1'500, 2'000, 3'200), ElementsAre(silence(500, 1'000, 501)));
  EXPECT_THAT(recorded(800, 1'400, 3'200), ElementsAre(silence(-200, 400, 601)));
  EXPECT_THAT(recorded(2'900, 3'500, 3'600), ElementsAre(silence(1'900, 2'500, 601)));
  EXPECT_THAT(recorded(100, 1'000, 3'200), IsEmpty());  // of the warm-up
}

TEST(Silence, LastsUntilTheEndWhenNoAnswerComesAnyMore) {
  EXPECT_THAT(recorded(0, 0, 2'500), ElementsAre(silence(1'500, 3'900, 1)));
  const Schedule schedule(0, 1'000ms, 2'000ms);
  const Recorder without_load(schedule);
  EXPECT_THAT(without_load.figures().silences, ElementsAre(silence(-1'000, 2'100)));
}

}  // namespace
}  // namespace coresweep
