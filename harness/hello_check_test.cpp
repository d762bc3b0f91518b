#include "harness/hello_check.hpp"

#include <gmock/gmock.h>

#include "harness/failure.hpp"
#include "harness/program_architecture.hpp"

namespace coresweep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kOne = "12ab34cd00000000";
constexpr const char* kOther = "98fe76dc00000000";
constexpr const char* kDeploy =
    "ansible-playbook -i build/hosts/hosts.yml terraform/ansible/deploy.yml";

InventoryHost client2() { return {"client2", "10.77.0.3", 2, "x86_64", ""}; }

Json good_hello() {
  return Json::parse(R"({
    "event": "agent", "protocol": 1, "host": "client2", "arch": "x86_64", "pid": 7,
    "addresses": ["127.0.0.1", "10.77.0.3"], "machine": {}, "cores": [[0, 2], [1, 3]],
    "numa_nodes": [[0, 1, 2, 3]], "most_connections": 100, "greeter": [],
    "binaries": {"coresweep": {"sha256": "12ab34cd00000000"},
                 "loadgen": {"sha256": "12ab34cd00000000"}},
    "build": {}, "doctor": [], "chrony": {"why": "chronyc: not found"}, "network": null})");
}

std::vector<std::string> complaints(const Json& hello) {
  return hello_complaints(client2(), hello, {{"coresweep", kOne}, {"loadgen", kOne}});
}

std::vector<std::string> complaints_with(const char* pointer, const Json& value) {
  Json hello = good_hello();
  hello[Json::json_pointer(pointer)] = value;
  return complaints(hello);
}

TEST(HelloComplaints, AreNoneOfAHostAsItShouldBe) {
  EXPECT_THAT(complaints(good_hello()), IsEmpty());
  EXPECT_EQ(topology_of(good_hello()).cores,
            (std::vector<PhysicalCore>{{{0, 2}}, {{1, 3}}}));
}

TEST(HelloComplaints, NameTheProgramThatIsAnotherBuild) {
  EXPECT_THAT(complaints_with("/binaries/loadgen/sha256", kOther),
              ElementsAre(std::string("client2: loadgen is another build (sha256 98fe76dc there, "
                                      "12ab34cd here): deploy again: ") +
                          kDeploy));
  EXPECT_THAT(complaints_with("/binaries", {{"coresweep", {{"sha256", kOne}}}}),
              ElementsAre(std::string("client2: has no ~/coresweep/bin/loadgen: deploy: ") +
                          kDeploy));
}

TEST(HelloComplaints, TellAnotherProtocolAndNothingElse) {
  Json hello = {{"event", "agent"}};
  const std::string deploy = std::string("this one 1: deploy again: ") + kDeploy;
  EXPECT_THAT(complaints(hello),
              ElementsAre("client2: its coresweep speaks protocol 0, " + deploy));
  hello["protocol"] = 2;
  EXPECT_THAT(complaints(hello),
              ElementsAre("client2: its coresweep speaks protocol 2, " + deploy));
}

TEST(HelloComplaints, AreAllThatIsNotAsTheInventoryHasIt) {
  Json hello = good_hello();
  hello["arch"] = "aarch64";
  hello["cores"] = {{0}};
  hello["addresses"] = {"10.77.0.9"};
  EXPECT_THAT(complaints(hello),
              ElementsAre("client2: is aarch64, the inventory says x86_64",
                          "client2: may use 1 CPU, the inventory says 2",
                          "client2: 10.77.0.3 is none of its addresses (10.77.0.9)"));
}

TEST(HelloComplaints, TellThatAKeyIsMissingOrWrong) {
  for (const char* key : {"binaries", "addresses", "cores", "most_connections", "doctor"}) {
    Json hello = good_hello();
    hello.erase(key);
    EXPECT_THAT(complaints(hello),
                ElementsAre(testing::AllOf(testing::StartsWith("client2: its hello is not as "
                                                               "agreed: "),
                                           testing::HasSubstr(key))));
  }
  EXPECT_THAT(complaints_with("/cores", "all"),
              ElementsAre(testing::StartsWith("client2: its hello is not as agreed: ")));
}

TEST(ProgramArchitecture, IsReadFromTheFileItself) {
  EXPECT_NE(program_architecture("/proc/self/exe"), "");
  EXPECT_EQ(program_architecture("/proc/self/cmdline"), "");
  EXPECT_EQ(program_architecture("/nowhere"), "");
}

TEST(RequireSameArchitecture, NamesTheProgramThatTheHostCannotRun) {
  const std::string own = program_architecture("/proc/self/exe");
  const std::string other = own == "x86_64" ? "aarch64" : "x86_64";
  const Programs programs{"/proc/self/exe", "/proc/self/exe", "/proc/self/exe"};
  Inventory inventory;
  inventory.file = "hosts.json";
  PairOfHosts pair{"pair01", {"server", "10.77.0.1", 1, own, ""}, {client2()}};
  pair.clients.front().arch = own;
  EXPECT_NO_THROW(require_same_architecture(inventory, pair, programs));
  pair.clients.front().arch = other;
  try {
    require_same_architecture(inventory, pair, programs);
    FAIL() << "accepted";
  } catch (const WrongUsage& error) {
    EXPECT_EQ(std::string(error.what()),
              "hosts.json: client2 is " + other + " and /proc/self/exe is for " + own +
                  ": build there");
  }
}

}  // namespace
}  // namespace coresweep
