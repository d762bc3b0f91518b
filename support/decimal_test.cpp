#include "support/decimal.hpp"

#include <gmock/gmock.h>

namespace coresweep {
namespace {

TEST(Decimal, TakesNumbersWithoutSignOrExponent) {
  EXPECT_EQ(parse_decimal("0"), 0.0);
  EXPECT_EQ(parse_decimal("1.25"), 1.25);
  EXPECT_EQ(parse_decimal("100"), 100.0);
  for (const char* text :
       {"", "-1", "+1", "1e3", "inf", "nan", "0x1", "1,5", "1.2.3", " 1", "1 "}) {
    EXPECT_FALSE(parse_decimal(text)) << text;
  }
}

TEST(Decimal, PercentIsAHundredth) {
  EXPECT_EQ(parse_percent("20%"), 0.2);
  EXPECT_EQ(parse_percent("0%"), 0.0);
  EXPECT_EQ(parse_percent("0.5%"), 0.005);
  for (const char* text : {"", "%", "20", "20%%", "-1%", "20 %"}) {
    EXPECT_FALSE(parse_percent(text)) << text;
  }
}

}  // namespace
}  // namespace coresweep
