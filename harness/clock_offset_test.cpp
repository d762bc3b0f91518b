#include "harness/clock_offset.hpp"

#include <gtest/gtest.h>

#include <array>

namespace coresweep {
namespace {

constexpr std::int64_t kMs = 1'000'000;

HostClock measured(std::string name, std::int64_t offset_ns, std::int64_t bound_ns) {
  return {std::move(name), {offset_ns, bound_ns}};
}

HostClock with_chrony(HostClock clock, std::int64_t offset_ns, std::int64_t bound_ns) {
  clock.chrony = {offset_ns, bound_ns};
  return clock;
}

TEST(ClockOffset, IsThatOfTheFastestRoundTripAndKnownToHalfOfIt) {
  const std::array<ClockSample, 3> samples{
      {{1'000, 9'000, 3'000}, {5'000, 10'070, 5'100}, {6'000, 99'000, 7'000}}};
  EXPECT_EQ(clock_offset(samples), (ClockOffset{5'020, 50}));
}

TEST(ClockOffset, IsHoweverUnlikeTheTwoWaysAreWithinItsBound) {
  constexpr std::int64_t kAhead = -5 * kMs;
  for (const std::int64_t there : {0, 1, 300, 999, 1'000}) {
    const std::array<ClockSample, 1> sample{{{7 * kMs, 7 * kMs + there + kAhead, 7 * kMs + 1'000}}};
    const ClockOffset offset = clock_offset(sample);
    EXPECT_LE(std::abs(offset.offset_ns - kAhead), offset.bound_ns) << there;
  }
}

TEST(ClockOffset, RoundsAnOddRoundTripUp) {
  const std::array<ClockSample, 1> sample{{{0, 0, 3}}};
  EXPECT_EQ(clock_offset(sample), (ClockOffset{-2, 2}));
}

TEST(ClockComplaint, IsNoneWithinAMillisecondWhateverTheControllersClockIs) {
  const HostClock reference = measured("client1", 3'600'000 * kMs, 100'000);
  const auto off_by = [&](std::int64_t ns) {
    return clock_complaint(measured("client2", 3'600'000 * kMs + ns, 100'000), reference);
  };
  EXPECT_EQ(off_by(0), "");
  EXPECT_EQ(off_by(800'000), "");
  EXPECT_EQ(off_by(-800'000), "");
  EXPECT_EQ(off_by(800'001),
            "client2: its clock is 800 us (+- 200 us) ahead of client1's: allowed is 1 ms: chronyc "
            "tracking there");
  EXPECT_EQ(off_by(-5 * kMs),
            "client2: its clock is 5.0 ms (+- 200 us) behind client1's: allowed is 1 ms: chronyc "
            "tracking there");
}

TEST(ClockComplaint, NamesWhoseClockALongWayHides) {
  HostClock near = measured("client1", 0, 100'000);
  HostClock far = measured("client2", 0, 5 * kMs);
  near.why_no_chrony = "not there";
  far.why_no_chrony = "not synchronised";
  const std::string complaint =
      "client2: its clock can only be told to 5.0 ms over this connection: chrony on all hosts "
      "tells better ";
  EXPECT_EQ(clock_complaint(far, near),
            complaint + "(client2: not synchronised; client1: not there)");
  EXPECT_EQ(clock_complaint(near, far),
            complaint + "(client1: not there; client2: not synchronised)");
  EXPECT_EQ(clock_complaint(with_chrony(far, 0, 100), near), complaint + "(client1: not there)");
}

TEST(ClockComplaint, IsNoneOfALongWayWhenChronyOnBothTellsEnough) {
  const HostClock near = with_chrony(measured("client1", 0, 100'000), 10'000, 200'000);
  const HostClock far = with_chrony(measured("client2", 2 * kMs, 5 * kMs), -40'000, 300'000);
  EXPECT_EQ(clock_complaint(far, near), "");
  const ClockDifference difference = clock_difference(far, near);
  EXPECT_EQ(difference.source, ClockSource::kChrony);
  EXPECT_EQ(difference.ahead, (ClockOffset{-50'000, 500'000}));
  EXPECT_EQ(clock_text(difference, "client1"),
            "clock 50 us (+- 500 us by chrony) behind client1's");
  EXPECT_EQ(to_json(difference).dump(),
            R"({"offset_ns":-50000,"bound_ns":500000,"source":"chrony"})");
  EXPECT_EQ(clock_complaint(with_chrony(far, 900'000, 300'000), near),
            "client2: its clock can only be told to 5.0 ms over this connection: and chrony has it "
            "890 us (+- 500 us) ahead of client1's: allowed is 1 ms: chronyc tracking there");
}

TEST(ClockComplaint, IsThereWhateverChronySaysOfAClockThatIsSeenToBeOff) {
  const HostClock near = with_chrony(measured("client1", 0, 100'000), 0, 1'000);
  const HostClock off = with_chrony(measured("client2", 5 * kMs, 2 * kMs), 0, 1'000);
  EXPECT_EQ(clock_complaint(off, near),
            "client2: its clock is 5.0 ms (+- 2.1 ms) ahead of client1's: allowed is 1 ms: chronyc "
            "tracking there");
}

TEST(ClockComplaint, IsThereWhereTheMeasuredExcludesWhatChronySays) {
  const HostClock near = with_chrony(measured("client1", 0, 100'000), 0, 1'000);
  const HostClock far = with_chrony(measured("client2", 3 * kMs, 2 * kMs), 0, 1'000);
  EXPECT_EQ(clock_difference(far, near).source, ClockSource::kMeasured);
  const std::string complaint =
      "client2: its clock can only be told to 2.0 ms over this connection: and chrony has it 0 us "
      "(+- 2 us) ahead of client1's: measured it is 3.0 ms (+- 2.1 ms) ahead of client1's: chronyc "
      "tracking there";
  EXPECT_EQ(clock_complaint(far, near), complaint);
  EXPECT_EQ(clock_complaint(near, far), complaint) << "whichever of the two is the reference";
  EXPECT_EQ(clock_complaint(with_chrony(far, 899'000, 1'000), near), "");
}

TEST(AreCertainlyApart, LeavesOutWhatMayBeWithinTheLimit) {
  EXPECT_TRUE(are_certainly_apart({5 * kMs, 2 * kMs}));
  EXPECT_TRUE(are_certainly_apart({-5 * kMs, 2 * kMs}));
  EXPECT_FALSE(are_certainly_apart({3 * kMs, 2 * kMs}));
  EXPECT_FALSE(are_certainly_apart({0, 5 * kMs}));
}

TEST(ClockDifference, IsTheMeasuredOneWhereThatTellsEnough) {
  const HostClock one = with_chrony(measured("client2", -12'400, 20'000), 0, 1);
  const HostClock other = with_chrony(measured("client1", 0, 25'000), 0, 1);
  const ClockDifference difference = clock_difference(one, other);
  EXPECT_EQ(clock_text(difference, "client1"), "clock 12 us (+- 45 us) behind client1's");
  EXPECT_EQ(to_json(difference).dump(),
            R"({"offset_ns":-12400,"bound_ns":45000,"source":"measured"})");
}

}  // namespace
}  // namespace coresweep
