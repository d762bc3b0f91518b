#include "support/cpu_set.hpp"

#include <gmock/gmock.h>

#include "support/pin_thread.hpp"

namespace coresweep {
namespace {

using testing::ElementsAre;
using testing::Optional;

TEST(CpuList, KeepsTheOrderItIsWrittenIn) {
  EXPECT_THAT(parse_cpu_list("0-3,8"), Optional(ElementsAre(0, 1, 2, 3, 8)));
  EXPECT_THAT(parse_cpu_list("0,2,1,3"), Optional(ElementsAre(0, 2, 1, 3)));
  EXPECT_THAT(parse_cpu_list("5"), Optional(ElementsAre(5)));
}

TEST(CpuList, RefusesAllElse) {
  for (const char* text :
       {"", "a", "0-", "-1", "3-1", "0,,1", "0,", "0;1", "0-3,2", "4096", "0 ,1", "0--2"}) {
    EXPECT_EQ(parse_cpu_list(text), std::nullopt) << '"' << text << '"';
  }
}

TEST(CpuList, FormatIsTheInverse) {
  for (const char* text : {"0-3,8", "0,2,1,3", "7", "4-7,0-3"}) {
    EXPECT_EQ(format_cpu_list(parse_cpu_list(text).value()), text);
  }
  EXPECT_EQ(format_cpu_list({}), "");
}

TEST(AllowedCpus, AThreadCanBePinnedToEachAndToNoOther) {
  const auto cpus = allowed_cpus();
  ASSERT_FALSE(cpus.empty());
  EXPECT_TRUE(pin_thread(4095));
  EXPECT_TRUE(pin_thread(-1));
  EXPECT_FALSE(pin_thread(cpus.back()));
  EXPECT_THAT(allowed_cpus(), ElementsAre(cpus.back()));
}

}  // namespace
}  // namespace coresweep
