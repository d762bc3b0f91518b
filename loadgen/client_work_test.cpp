#include "loadgen/client_work.hpp"

#include <gmock/gmock.h>

#include <stdexcept>

#include "loadgen/recorder.hpp"
#include "support/thread_usage.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kMs = 1'000'000;

double own_cpu_s() {
  const CpuUse use = read_own_cpu(0, 0);
  return use.user_s + use.system_s;
}

void burn(double seconds) {
  for (const double begin = own_cpu_s(); own_cpu_s() < begin + seconds;) {
  }
}

TEST(ClientWork, IsAShareOfWhatARequestCostsByItself) {
  const Schedule schedule(0, 400ms, 1s);
  ClientWork work({.share = 0.5}, schedule);
  work.on_step(10 * kMs, 5, 0);
  work.spend(1'000'000'000);  // nothing yet: it is not known what one costs
  EXPECT_EQ(work.ns_a_request(), 0);
  work.on_step(100 * kMs, 100, 0);
  burn(0.04);
  work.on_step(200 * kMs, 700, 0);
  work.on_step(300 * kMs, 1'100, 0);
  // 40 ms for 1,000 requests, and a half of that.
  EXPECT_THAT(work.ns_a_request(), testing::AllOf(testing::Gt(19'500), testing::Lt(30'000)));
  const double before = own_cpu_s();
  for (int i = 0; i < 1'000; ++i) {
    work.spend(3);
  }
  const double asked = 3'000 * work.ns_a_request() / 1e9;
  EXPECT_THAT(own_cpu_s() - before,
              testing::AllOf(testing::Gt(0.8 * asked), testing::Lt(2 * asked)));
  // A sample of these, by the thread's own clock.
  EXPECT_THAT(work.measured_ns_a_request(), testing::AllOf(testing::Gt(0.8 * work.ns_a_request()),
                                                           testing::Lt(2 * work.ns_a_request())));
}

TEST(ClientWork, MayBeSoManyNanosecondsFromTheBegin) {
  const Schedule schedule(0, 0ms, 1s);
  ClientWork work({.ns = 5'000}, schedule);
  EXPECT_EQ(work.measured_ns_a_request(), 0);
  work.on_step(0, 0, 0);
  EXPECT_EQ(work.ns_a_request(), 5'000);
  work.spend(1'000);
  EXPECT_THAT(work.measured_ns_a_request(),
              testing::AllOf(testing::Gt(4'000), testing::Lt(10'000)));
}

TEST(ClientWork, IsReadFromAPercentageOrATime) {
  EXPECT_EQ(parse_added_work("20%")->share, 0.2);
  EXPECT_EQ(parse_added_work("500ns")->ns, 500);
  EXPECT_EQ(parse_added_work("1.5us")->ns, 1'500);
  EXPECT_EQ(parse_added_work("0%")->share, 0);
  for (const char* wrong : {"20", "1001%", "11ms", "-1%", "", "%"}) {
    EXPECT_FALSE(parse_added_work(wrong)) << wrong;
  }
}

TEST(ClientWork, OfTooFewRequestsNobodyKnowsWhatOneCosts) {
  const Schedule schedule(0, 400ms, 1s);
  ClientWork work({.share = 0.5}, schedule);
  work.on_step(100 * kMs, 7, 0);
  EXPECT_THROW(work.on_step(300 * kMs, 100, 0), std::runtime_error);
}

TEST(ClientWork, NoneCostsNothing) {
  const Schedule schedule(0, 0ms, 1s);
  ClientWork work({}, schedule);
  work.on_step(100 * kMs, 7, 0);
  work.on_step(300 * kMs, 7, 0);
  work.spend(1'000'000'000);
  EXPECT_EQ(work.ns_a_request(), 0);
}

}  // namespace
}  // namespace coresweep
