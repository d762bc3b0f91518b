#include "harness/pair_trial.hpp"

#include <gmock/gmock.h>

#include "harness/failure.hpp"
#include "harness/merged_report.hpp"
#include "harness/sweep_hosts.hpp"

namespace coresweep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(DivideLoad, GivesTheFirstOnesWhatDoesNotComeOutEven) {
  const std::vector<LoadPart> parts = divide_load(11, {{0, 1}, {0, 1, 2, 3, 4}, {5}});
  std::vector<int> connections;
  std::vector<int> phases;
  for (const LoadPart& part : parts) {
    connections.push_back(part.connections);
    phases.push_back(part.phase);
    EXPECT_EQ(part.phases, 3);
  }
  EXPECT_THAT(connections, ElementsAre(4, 4, 3));
  EXPECT_THAT(phases, ElementsAre(1, 2, 3));
  EXPECT_THAT(parts[0].cpus, ElementsAre(0, 1));
  EXPECT_THAT(parts[1].cpus, ElementsAre(0, 1, 2, 3));
}

TEST(DivideLoad, LeavesOutWhoWouldGetNone) {
  const std::vector<LoadPart> parts = divide_load(2, {{0}, {0}, {0}});
  EXPECT_EQ(parts[1].phase, 2);
  EXPECT_EQ(parts[1].phases, 2);
  EXPECT_EQ(parts[2].connections, 0);
  EXPECT_THAT(parts[2].cpus, IsEmpty());
}

TEST(StartsApart, IsBetweenTheFirstThreadsOfClients) {
  const auto report = [](const char* name, std::vector<std::int64_t> late) {
    Json threads = Json::array();
    for (const std::int64_t ns : late) {
      threads.push_back({{"begun_late_ns", ns}});
    }
    return ClientReport{name, {{"load_threads", threads}}};
  };
  EXPECT_EQ(starts_apart_ns({report("client1", {900, 700}), report("client2", {40, 5'000}),
                             report("client3", {90})}),
            660);
}

class ListenOnServer : public testing::Test {
 protected:
  static std::string told(const std::string& listen, const std::string& address) {
    try {
      return listen_on_server(listen, {"server", address, 1, "x86_64", ""}, "plan.json");
    } catch (const WrongUsage& error) {
      return error.what();
    }
  }
};

TEST_F(ListenOnServer, HasThePlansPort) {
  EXPECT_EQ(told("127.0.0.1:10051", "10.77.0.1"), "10.77.0.1:10051");
  EXPECT_EQ(told("127.1.2.3:80", "10.77.0.1"), "10.77.0.1:80");
  EXPECT_EQ(told("[::1]:9000", "10.77.0.1"), "10.77.0.1:9000");
  EXPECT_EQ(told("10.77.0.1:9000", "10.77.0.1"), "10.77.0.1:9000");
  EXPECT_EQ(told("127.0.0.1:9000", "fd00::1"), "[fd00::1]:9000");
  EXPECT_EQ(told("[fd00::1]:9000", "fd00::1"), "[fd00::1]:9000");
}

TEST_F(ListenOnServer, RefusesAnotherAddress) {
  EXPECT_EQ(told("10.77.0.9:1", "10.77.0.1"),
            "plan.json: listen is \"10.77.0.9:1\": allowed is server's 10.77.0.1 or loopback, "
            "which stands for it");
}

TEST(HostsIdentity, HasNothingThatChangesByItself) {
  const Json record = Json::parse(R"({"inventory_file": "i.json", "inventory": {}, "pair": "p",
    "server": "server", "clients": ["client1"], "machines": {"server": {"role": "server",
    "machine": {"kernel": "6.1"}, "binaries": {}, "doctor": [1], "network": null,
    "clock": {"offset_ns": 1}}}})");
  EXPECT_EQ(hosts_identity(record), Json::parse(R"({"inventory_file": "i.json", "pair": "p",
    "server": "server", "clients": ["client1"], "machines": {"server": {"role": "server",
    "machine": {"kernel": "6.1"}, "binaries": {}}}})"));
  EXPECT_EQ(hosts_identity(Json()), Json());
}

}  // namespace
}  // namespace coresweep
