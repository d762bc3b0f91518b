#include "support/duration.hpp"

#include <gmock/gmock.h>

namespace coresweep {
namespace {

using namespace std::chrono_literals;
using testing::Eq;
using testing::Optional;

TEST(Duration, TakesEachUnit) {
  EXPECT_THAT(parse_duration("250ns"), Optional(Eq(250ns)));
  EXPECT_THAT(parse_duration("3us"), Optional(Eq(3us)));
  EXPECT_THAT(parse_duration("500ms"), Optional(Eq(500ms)));
  EXPECT_THAT(parse_duration("2s"), Optional(Eq(2s)));
  EXPECT_THAT(parse_duration("1m"), Optional(Eq(1min)));
  EXPECT_THAT(parse_duration("2.5s"), Optional(Eq(2500ms)));
  EXPECT_THAT(parse_duration("0s"), Optional(Eq(0ns)));
}

TEST(Duration, RefusesAllElse) {
  for (const char* text :
       {"", "5", "s", "5 s", "-1s", "+1s", "1h", "1s ", "1e3s", "nans", "infs", "0x1s", "1441m"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << '"' << text << '"';
  }
}

}  // namespace
}  // namespace coresweep
