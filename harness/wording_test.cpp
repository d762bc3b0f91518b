#include "harness/wording.hpp"

#include <gmock/gmock.h>

#include "harness/utc_time.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;

TEST(Wording, GroupsThousands) {
  EXPECT_EQ(with_thousands(0), "0");
  EXPECT_EQ(with_thousands(999.4), "999");
  EXPECT_EQ(with_thousands(1000), "1,000");
  EXPECT_EQ(with_thousands(1234567.8), "1,234,568");
  EXPECT_EQ(with_thousands(123456), "123,456");
}

TEST(Wording, LatenciesHaveThreeDigitsAndTheirUnit) {
  EXPECT_EQ(spoken_latency(850), "850 ns");
  EXPECT_EQ(spoken_latency(999.6), "1 us");
  EXPECT_EQ(spoken_latency(41'234'567), "41.2 ms");
  EXPECT_EQ(spoken_latency(999'400'000), "999 ms");
  EXPECT_EQ(spoken_latency(1.2e9), "1.2 s");
  EXPECT_EQ(spoken_latency(12e9), "12 s");
}

TEST(Wording, CountsInSingularAndPlural) {
  EXPECT_EQ(counted(1, "block"), "1 block");
  EXPECT_EQ(counted(0, "block"), "0 blocks");
  EXPECT_EQ(counted(16, "thread"), "16 threads");
}

TEST(Wording, DurationsAsSpoken) {
  EXPECT_EQ(spoken_duration(0s), "0 s");
  EXPECT_EQ(spoken_duration(100ms), "1 s");
  EXPECT_EQ(spoken_duration(59s), "59 s");
  EXPECT_EQ(spoken_duration(125s), "2 min 5 s");
  EXPECT_EQ(spoken_duration(2h + 7min + 30s), "2 h 7 min");
}

TEST(UtcTime, HasAFormForResultsAndOneForFiles) {
  const auto time = std::chrono::system_clock::from_time_t(1769860800);
  EXPECT_EQ(utc_time(time), "2026-01-31T12:00:00Z");
  EXPECT_EQ(utc_time_for_file(time), "20260131T120000Z");
}

TEST(Wording, AFigureHasThreeDigits) {
  EXPECT_EQ(significant(0), "0");
  EXPECT_EQ(significant(1.9449), "1.94");
  EXPECT_EQ(significant(0.021), "0.021");
  EXPECT_EQ(significant(99.94), "99.9");
  EXPECT_EQ(significant(99.96), "100");
  EXPECT_EQ(significant(999.96), "1,000");
  EXPECT_EQ(significant(12345.6), "12,346");
  EXPECT_EQ(significant(0.0000123), "0.000012");
}

TEST(Wording, OfAFileMovesNoCursor) {
  EXPECT_EQ(printable_line("a\x1b[2Jb\nc\x7f\xc2\x9b" "d \xc3\xa9"), "a?[2Jb?c??d \xc3\xa9");
  EXPECT_EQ(shortened_line("ab\xc3\xa9" "cd", 3), "ab...");
  EXPECT_EQ(shortened_line("ab\xc3\xa9" "cd", 4), "ab\xc3\xa9...");
  EXPECT_EQ(shortened_line("abc", 3), "abc");
}

}  // namespace
}  // namespace coresweep
