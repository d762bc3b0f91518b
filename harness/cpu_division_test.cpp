#include "harness/cpu_division.hpp"

#include <gmock/gmock.h>

#include "support/cpu_topology.hpp"

namespace coresweep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

CpuDivision divided(const char* machine) {
  return divide_cpus(synthetic_cpu_topology(machine).value());
}

// Eight cores with two threads each, numbered as Linux does on most servers: 0 and 8 are one core.
constexpr const char* kEightCores = "core:8 pu:2(indexes=0,8,1,9,2,10,3,11,4,12,5,13,6,14,7,15)";

TEST(CpuDivision, TwoCpusAreOneEach) {
  const CpuDivision division = divided("core:2 pu:1");
  EXPECT_THAT(division.server, ElementsAre(0));
  EXPECT_THAT(division.load, ElementsAre(1));
}

TEST(CpuDivision, OneCpuIsBoth) {
  const CpuDivision division = divided("core:1 pu:1");
  EXPECT_THAT(division.server, ElementsAre(0));
  EXPECT_THAT(division.load, ElementsAre(0));
  EXPECT_THAT(all_cpus(division), ElementsAre(0));
  EXPECT_THAT(shared_cpus(division.cores, {0}, {0}), ElementsAre(0));
}

TEST(CpuDivision, OneCoreCanOnlyPutSiblingsApartAndSharesThem) {
  const CpuDivision division = divided("core:1 pu:2");
  EXPECT_THAT(division.server, ElementsAre(0));
  EXPECT_THAT(division.load, ElementsAre(1));
  EXPECT_THAT(shared_cpus(division.cores, division.server, division.load), ElementsAre(0));
}

TEST(CpuDivision, WholeCoresAreDividedAndSiblingsComeLast) {
  const CpuDivision division = divided(kEightCores);
  EXPECT_THAT(division.server, ElementsAre(0, 1, 2, 3, 8, 9, 10, 11));
  EXPECT_THAT(division.load, ElementsAre(4, 5, 6, 7, 12, 13, 14, 15));
  EXPECT_THAT(server_cpus(division, 5), ElementsAre(0, 1, 2, 3, 8));
  EXPECT_THAT(shared_cpus(division.cores, division.server, division.load), IsEmpty());
}

TEST(CpuDivision, SoManyCoresServeAsItIsTold) {
  const auto topology = synthetic_cpu_topology(kEightCores).value();
  const CpuDivision division = divide_cpus(topology, 6);
  EXPECT_THAT(division.server, ElementsAre(0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13));
  EXPECT_THAT(division.load, ElementsAre(6, 7, 14, 15));
  EXPECT_THAT(server_set_sizes(topology), ElementsAre(2, 4, 6, 8, 10, 12, 14));
  EXPECT_THAT(server_set_sizes(synthetic_cpu_topology("core:1 pu:2").value()), ElementsAre(1));
  EXPECT_THAT(server_set_sizes(synthetic_cpu_topology("core:1 pu:1").value()), IsEmpty());
}

TEST(CpuDivision, ThreadsThatRoamHaveAllThatServe) {
  const CpuDivision division = divided(kEightCores);
  EXPECT_EQ(roamed_cpus(division, 2), division.server);
  EXPECT_EQ(roamed_cpus(division, 8), division.server);
  EXPECT_EQ(roamed_cpus(division, 9), server_cpus(division, 9)) << "they spill as those pinned do";
}

TEST(CpuDivision, AnOddCoreGoesToTheLoad) {
  const CpuDivision division = divided("core:5 pu:1");
  EXPECT_THAT(division.server, ElementsAre(0, 1));
  EXPECT_THAT(division.load, ElementsAre(2, 3, 4));
}

TEST(CpuDivision, ServesOnlyWhereItMayRun) {
  const auto whole = synthetic_cpu_topology(kEightCores).value();
  const CpuDivision division = divide_cpus(restricted_to(whole, {1, 3, 9, 11}));
  EXPECT_THAT(division.server, ElementsAre(1, 9));
  EXPECT_THAT(division.load, ElementsAre(3, 11));
}

TEST(CpuDivision, ThreadsBeyondTheServerSetSpillAndShare) {
  const CpuDivision division = divided(kEightCores);
  const auto server = server_cpus(division, 9);
  EXPECT_THAT(server, ElementsAre(0, 1, 2, 3, 8, 9, 10, 11, 4));
  EXPECT_THAT(shared_cpus(division.cores, server, division.load), ElementsAre(4));
}

TEST(CpuDivision, ASiblingIsSharedToo) {
  const CpuDivision division = divided(kEightCores);
  EXPECT_THAT(shared_cpus(division.cores, {0, 1}, {9}), ElementsAre(1));
}

TEST(CpuDivision, NoMoreLoadThreadsThanConnections) {
  const CpuDivision division = divided(kEightCores);
  EXPECT_THAT(load_cpus(division, 2), ElementsAre(4, 5));
  EXPECT_EQ(load_cpus(division, 100).size(), 8U);
}

}  // namespace
}  // namespace coresweep
