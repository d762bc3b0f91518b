#include "support/cpu_topology.hpp"

#include <gmock/gmock.h>

#include "support/cpu_set.hpp"

namespace coresweep {
namespace {

using testing::ElementsAre;
using testing::IsSupersetOf;

PhysicalCore core(std::vector<int> cpus) { return {std::move(cpus)}; }

TEST(CpuTopology, KeepsSiblingsTogetherHoweverTheyAreNumbered) {
  EXPECT_THAT(synthetic_cpu_topology("core:3 pu:1").value().cores,
              ElementsAre(core({0}), core({1}), core({2})));
  EXPECT_THAT(synthetic_cpu_topology("core:2 pu:2(indexes=0,2,1,3)").value().cores,
              ElementsAre(core({0, 2}), core({1, 3})));
  EXPECT_THAT(synthetic_cpu_topology("core:2 pu:2(indexes=0,1,2,3)").value().cores,
              ElementsAre(core({0, 1}), core({2, 3})));
}

TEST(CpuTopology, KnowsWhichCpuLiesOnWhichNode) {
  EXPECT_THAT(synthetic_cpu_topology("numa:2 core:2 pu:2(indexes=0,4,1,5,2,6,3,7)")->numa_nodes,
              ElementsAre(ElementsAre(0, 1, 4, 5), ElementsAre(2, 3, 6, 7)));
  EXPECT_THAT(synthetic_cpu_topology("core:4 pu:1").value().numa_nodes,
              ElementsAre(ElementsAre(0, 1, 2, 3)));
}

TEST(CpuTopology, WithoutKnownCoresEachCpuIsOne) {
  EXPECT_THAT(synthetic_cpu_topology("pu:2").value().cores, ElementsAre(core({0}), core({1})));
}

TEST(CpuTopology, RefusesWhatIsNoDescription) {
  EXPECT_EQ(synthetic_cpu_topology("two cores"), std::nullopt);
}

TEST(CpuTopology, ARestrictionDropsCpusAndEmptyCores) {
  const auto whole = synthetic_cpu_topology("core:4 pu:2(indexes=0,4,1,5,2,6,3,7)").value();
  EXPECT_THAT(restricted_to(whole, {1, 2, 6, 7}).cores,
              ElementsAre(core({1}), core({2, 6}), core({7})));
  EXPECT_TRUE(restricted_to(whole, {}).cores.empty());
}

TEST(CpuTopology, ThisMachineHasEveryCpuWeMayRunOn) {
  const auto here = read_cpu_topology();
  ASSERT_TRUE(here.has_value());
  std::vector<int> cpus;
  for (const PhysicalCore& physical_core : here->cores) {
    cpus.insert(cpus.end(), physical_core.cpus.begin(), physical_core.cpus.end());
  }
  EXPECT_THAT(cpus, IsSupersetOf(allowed_cpus()));
}

}  // namespace
}  // namespace coresweep
