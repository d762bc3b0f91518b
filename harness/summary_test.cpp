#include "harness/summary.hpp"

#include <gmock/gmock.h>

namespace coresweep {
namespace {

using testing::ElementsAre;

TEST(SummaryTable, HasALineACellAndParenthesesWhereNothingIsValid) {
  const std::vector<Cell> cells{{Role::kArm, "shared_reactor", "nghttp2", 1, 64, 10},
                                {Role::kArm, "shared_reactor", "nghttp2", 2, 64, 10},
                                {Role::kArm, "shared_reactor", "nghttp2", 4, 64, 10},
                                {Role::kCeiling, "reuseport_loops", "null", 1, 64, 10}};
  std::vector<Outcome> outcomes{{0, 0, 150000.0, {}},
                                {0, 1, 160000.0, {}},
                                {0, 2, 900000.0, {"client_bound"}},
                                {1, 0, 300000.0, {"shared_cpus"}},
                                {1, 1, 310000.0, {"shared_cpus", "client_bound"}},
                                {2, 0, std::nullopt, {"failed"}},
                                {3, 0, 500000.0, {}}};
  outcomes[0].latency = {100'000, 40e6};
  outcomes[1].latency = {200'000, 42e6};
  outcomes[2].latency = {900'000'000, 900e6};
  outcomes[3].latency = {2'000'000, std::nullopt};
  outcomes[6].latency = {850, std::nullopt};
  EXPECT_THAT(
      summary_table(cells, outcomes),
      ElementsAre("cell                                         median requests/s    p50 sent  "
                  "  p99 sent   valid trials  verdicts",
                  "shared_reactor/nghttp2/t1/c64/s10                      155,000      150 us  "
                  "     41 ms         2 of 3  client_bound 1",
                  "shared_reactor/nghttp2/t2/c64/s10                     (305,000)      (2 ms)  "
                  "        -         0 of 2  client_bound 1, shared_cpus 2",
                  "shared_reactor/nghttp2/t4/c64/s10                            -           -  "
                  "         -         0 of 1  failed 1",
                  "reuseport_loops/null/t1/c64/s10 (ceiling)              500,000      850 ns  "
                  "         -         1 of 1  -"));
}

}  // namespace
}  // namespace coresweep
