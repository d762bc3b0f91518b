#include "harness/inventory.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>

#include "harness/failure.hpp"
#include "harness/inventory_test_file.hpp"

namespace coresweep {
namespace {

using testing::StartsWith;

TEST_F(ReadInventory, ReadsAServerAndItsClients) {
  const Inventory inventory = read(three_hosts().dump(2));
  EXPECT_EQ(inventory.file, file_.string());
  EXPECT_EQ(inventory.ssh_config, folder_ / "ssh_config");
  EXPECT_EQ(inventory.document, three_hosts());
  ASSERT_EQ(inventory.pairs.size(), 1U);
  const PairOfHosts& pair = inventory.pairs.front();
  EXPECT_EQ(pair.name, "pair01");
  EXPECT_EQ(pair.server.name, "server");
  EXPECT_EQ(pair.server.private_address, "10.77.0.1");
  EXPECT_EQ(pair.server.cpus, 32);
  EXPECT_EQ(pair.server.arch, "aarch64");
  EXPECT_EQ(pair.server.instance_type, "c6gn.8xlarge");
  EXPECT_EQ(pair.server.price_per_hour, 1.3824);
  EXPECT_EQ(pair.server.network_gbps, 50);
  EXPECT_FALSE(pair.server.is_here);
  ASSERT_EQ(pair.clients.size(), 2U);
  EXPECT_EQ(pair.clients[0].name, "client-1");
  EXPECT_EQ(pair.clients[0].instance_type, "");
  EXPECT_EQ(pair.clients[0].price_per_hour, std::nullopt);
  EXPECT_EQ(pair.clients[0].network_gbps, std::nullopt);
  EXPECT_FALSE(pair.clients[0].is_here);
  EXPECT_TRUE(pair.clients[1].is_here);
}

// Of `count` pairs with one client each.
Json many_pairs(int count) {
  Json document = three_hosts();
  document["hosts"] = Json::object();
  document["pairs"] = Json::object();
  for (int i = 1; i <= count; ++i) {
    const std::string name = fmt::format("pair{:02}", i);
    for (const char* role : {"server", "client"}) {
      document["hosts"][name + "-" + role] = {
          {"role", role},
          {"private_address", fmt::format("10.{}.0.{}", *role == 's' ? 1 : 2, i)},
          {"cpus", 2},
          {"arch", "x86_64"}};
    }
    document["pairs"][name] = {{"server", name + "-server"}, {"clients", {name + "-client"}}};
  }
  return document;
}

TEST_F(ReadInventory, TakesTheOnlyPairOrTheOneThatIsNamed) {
  EXPECT_EQ(pair_of(read(three_hosts().dump()), std::nullopt).server.name, "server");
  const Inventory twelve = read(many_pairs(12).dump());
  EXPECT_EQ(twelve.pairs.size(), 12U);
  EXPECT_EQ(pair_of(twelve, "pair12").clients.front().name, "pair12-client");
  const Inventory two = read(many_pairs(2).dump());
  const auto refusal = [&two](const std::optional<std::string>& name) -> std::string {
    try {
      static_cast<void>(pair_of(two, name));
    } catch (const WrongUsage& error) {
      return error.what();
    }
    return "accepted";
  };
  const std::string allowed =
      fmt::format(": allowed is one of those in {}: pair01, pair02", file_.string());
  EXPECT_EQ(refusal(std::nullopt), "--pair is missing" + allowed);
  EXPECT_EQ(refusal("pair03"), "--pair: 'pair03'" + allowed);
  EXPECT_EQ(refusal(""), "--pair: ''" + allowed);
  EXPECT_EQ(refusal("pair02"), "accepted");
}

TEST_F(ReadInventory, RefusesOtherVersionsBeforeTheirKeys) {
  const std::string allowed =
      ": allowed is 1, the version of inventories that this coresweep reads";
  for (const char* value : {"2", "0", "1.0", "\"1\"", "true", "null"}) {
    const char* kind = *value == '"' ? "the text " : "";
    EXPECT_EQ(refusal_of(fmt::format("{{\"fleets\": [],\n\"schema_version\": {}}}", value)),
              fmt::format("2: schema_version is {}{}{}", kind, value, allowed));
  }
  EXPECT_EQ(refusal_of("{}"), "1: schema_version is missing" + allowed);
}

TEST_F(ReadInventory, RefusesWhatIsNoInventory) {
  EXPECT_EQ(refusal_of("[]"), "1: is an empty list: allowed is an object");
  EXPECT_THAT(refusal_of("{\n\"hosts\": "), StartsWith("2: column 10: "));
  EXPECT_EQ(refusal_of(std::string(1'048'577, ' ')),
            " is larger than the 1048576 bytes that are allowed");
  EXPECT_THAT(refusal_of(three_hosts().dump() + std::string(1, '\0')),
              testing::HasSubstr("holds a NUL byte"));
  std::filesystem::remove(file_);
  EXPECT_THROW(static_cast<void>(read_inventory(file_)), WrongUsage);
}

TEST_F(ReadInventory, RefusesUnknownKeys) {
  EXPECT_EQ(refusal_with("/region", "eu"),
            "1: unknown key \"region\": allowed are schema_version, ssh_config, hosts, pairs");
  EXPECT_EQ(refusal_with("/hosts/client-1/user", "x"),
            "1: unknown key \"user\" in hosts[\"client-1\"]: allowed are role, private_address, "
            "cpus, arch, instance_type, price_per_hour, network_gbps, here");
  EXPECT_EQ(refusal_with("/pairs/pair01/client", "x"),
            "1: unknown key \"client\" in pairs.pair01: allowed are server, clients");
}

TEST_F(ReadInventory, RefusesOtherSshConfigs) {
  const std::string allowed = ": allowed is the path of an ssh_config, from the inventory's folder";
  EXPECT_EQ(refusal_without("", "ssh_config"), "1: ssh_config is missing" + allowed);
  EXPECT_EQ(refusal_with("/ssh_config", ""), "1: ssh_config is the text \"\"" + allowed);
  const std::string line = ": allowed is one line of text, at most 4096 bytes";
  EXPECT_EQ(refusal_with("/ssh_config", 1), "1: ssh_config is 1" + line);
  EXPECT_EQ(refusal_with("/ssh_config", std::string("a\0b", 3)),
            "1: ssh_config is the text \"a\\u0000b\"" + line);
  EXPECT_EQ(refusal_with("/ssh_config", "none"),
            fmt::format("1: ssh_config: {}/none: No such file or directory", folder_.string()));
  EXPECT_EQ(refusal_with("/ssh_config", "."),
            fmt::format("1: ssh_config: {}/.: is a folder: a file is needed", folder_.string()));
  EXPECT_EQ(refusal_with("/ssh_config", (folder_ / "ssh_config").string()), "accepted");
}

TEST_F(ReadInventory, RefusesOtherObjectsOfHostsAndPairs) {
  const std::string hosts = ": allowed is an object of 1 to 512 hosts by name";
  const std::string pairs = ": allowed is an object of 1 to 128 pairs by name";
  EXPECT_EQ(refusal_without("", "hosts"), "1: hosts is missing" + hosts);
  EXPECT_EQ(refusal_with("/hosts", {1}), "1: hosts is a list" + hosts);
  EXPECT_EQ(refusal_with("/hosts", Json::object()), "1: hosts has 0 of them" + hosts);
  EXPECT_EQ(refusal_with("/hosts/client2", 7), "1: hosts.client2 is 7: allowed is an object");
  EXPECT_EQ(refusal_without("", "pairs"), "1: pairs is missing" + pairs);
  EXPECT_EQ(refusal_with("/pairs", nullptr), "1: pairs is null" + pairs);
  EXPECT_EQ(refusal_with("/pairs/pair01", "server"),
            "1: pairs.pair01 is the text \"server\": allowed is an object");
  EXPECT_EQ(refusal_of(many_pairs(128).dump()), "accepted");
  EXPECT_EQ(refusal_of(many_pairs(129).dump()), "1: pairs has 129 of them" + pairs);
  Json many = three_hosts();
  for (int i = 0; i < 510; ++i) {
    many["hosts"][fmt::format("more{}", i)] = {{"role", "client"},
                                               {"private_address", fmt::format("fd00::1:{}", i)},
                                               {"cpus", 2},
                                               {"arch", "x86_64"}};
  }
  EXPECT_EQ(refusal_of(many.dump()), "1: hosts has 513 of them" + hosts);
}

TEST_F(ReadInventory, RefusesNamesThatAreNoAliases) {
  const std::string allowed = ": allowed is 1 to 63 of a to z, 0 to 9 and -, and no - at the front";
  for (const std::string& name : {std::string(), std::string("-oProxyCommand=x"), std::string("A"),
                                  std::string("a.b"), std::string("a_b"), std::string("a b"),
                                  std::string("a\n"), std::string("\xc3\xa9"),
                                  std::string(64, 'a')}) {
    Json document = three_hosts();
    document["hosts"][name] = document["hosts"]["client2"];
    EXPECT_THAT(refusal_of(document.dump()), StartsWith("1: the name \""));
    EXPECT_THAT(refusal_of(document.dump()), testing::EndsWith(" in hosts" + allowed));
    document = three_hosts();
    document["pairs"][name] = document["pairs"]["pair01"];
    EXPECT_THAT(refusal_of(document.dump()), testing::EndsWith(" in pairs" + allowed));
  }
  EXPECT_EQ(refusal_with("/pairs/-x", Json::object()), "1: the name \"-x\" in pairs" + allowed);
  Json document = many_pairs(1);
  document["pairs"] = {{std::string(63, '9'), document["pairs"]["pair01"]}};
  EXPECT_EQ(refusal_of(document.dump()), "accepted");
}

TEST_F(ReadInventory, RefusesPairsThatAreNone) {
  const std::string server = ": allowed is the name of a host whose role is \"server\"";
  const std::string client = ": allowed is the name of a host whose role is \"client\"";
  const std::string clients = ": allowed is a list of 1 to 64 names of hosts";
  EXPECT_EQ(refusal_without("/pairs/pair01", "server"),
            "1: pairs.pair01.server is missing" + server);
  EXPECT_EQ(refusal_with("/pairs/pair01/server", "client2"),
            "1: pairs.pair01.server is the text \"client2\"" + server);
  EXPECT_EQ(refusal_with("/pairs/pair01/server", "nobody"),
            "1: pairs.pair01.server is the text \"nobody\"" + server);
  EXPECT_EQ(refusal_with("/pairs/pair01/server", 1), "1: pairs.pair01.server is 1" + server);
  EXPECT_EQ(refusal_without("/pairs/pair01", "clients"),
            "1: pairs.pair01.clients is missing" + clients);
  EXPECT_EQ(refusal_with("/pairs/pair01/clients", "client2"),
            "1: pairs.pair01.clients is the text \"client2\"" + clients);
  EXPECT_EQ(refusal_with("/pairs/pair01/clients", Json::array()),
            "1: pairs.pair01.clients is an empty list" + clients);
  EXPECT_EQ(refusal_with("/pairs/pair01/clients", Json(std::vector<int>(65))),
            "1: pairs.pair01.clients has 65 names" + clients);
  EXPECT_EQ(refusal_with("/pairs/pair01/clients/1", "server"),
            "1: pairs.pair01.clients[1] is the text \"server\"" + client);
  EXPECT_EQ(refusal_with("/pairs/pair01/clients/1", nullptr),
            "1: pairs.pair01.clients[1] is null" + client);
  const std::string twice = ": allowed is a host that stands in no pair before";
  EXPECT_EQ(refusal_with("/pairs/pair01/clients/1", "client-1"),
            "1: pairs.pair01.clients[1] is the text \"client-1\"" + twice);
  EXPECT_EQ(refusal_with("/pairs/pair02", three_hosts()["pairs"]["pair01"]),
            "1: pairs.pair02.server is the text \"server\"" + twice);
  EXPECT_EQ(refusal_with("/pairs/pair01/clients", {"client2"}),
            "1: hosts[\"client-1\"] is in no pair: allowed is a host that one of pairs names");
}

// No value may crash, hang or make a complaint of several lines.
}  // namespace
}  // namespace coresweep
