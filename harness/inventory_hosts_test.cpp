#include <fmt/format.h>
#include <gmock/gmock.h>

#include "harness/inventory.hpp"
#include "harness/inventory_test_file.hpp"

namespace coresweep {
namespace {

using testing::StartsWith;

constexpr const char* kAddresses =
    "a numeric private address (10/8, 172.16/12, 192.168/16, 100.64/10 or fc00::/7): trials never "
    "run over a public one";

TEST_F(ReadInventory, RefusesOtherFieldsOfAHost) {
  const std::string here = "1: hosts.client2.";
  const auto with = [this](const char* key, const Json& value) {
    return refusal_with(fmt::format("/hosts/client2/{}", key).c_str(), value);
  };
  EXPECT_EQ(refusal_without("/hosts/client2", "role"),
            here + "role is missing: allowed is one of server, client");
  EXPECT_EQ(with("role", "both"),
            here + "role is the text \"both\": allowed is one of \"server\", \"client\"");
  EXPECT_EQ(refusal_without("/hosts/client2", "private_address"),
            here + "private_address is missing: allowed is " + kAddresses);
  EXPECT_EQ(with("private_address", "8.8.8.8"),
            here + "private_address is the text \"8.8.8.8\": allowed is " + kAddresses);
  EXPECT_EQ(with("private_address", 7), here + "private_address is 7: allowed is " + kAddresses);
  const std::string cpus = ": allowed is a whole number from 1 to 4096";
  EXPECT_EQ(refusal_without("/hosts/client2", "cpus"), here + "cpus is missing" + cpus);
  for (const Json& value : {Json(0), Json(-1), Json(4097), Json(2.0), Json(UINT64_MAX)}) {
    EXPECT_EQ(with("cpus", value), fmt::format("{}cpus is {}{}", here, value.dump(), cpus));
  }
  EXPECT_EQ(with("cpus", 4096), "accepted");
  EXPECT_EQ(refusal_without("/hosts/client2", "arch"),
            here + "arch is missing: allowed is one of x86_64, aarch64");
  EXPECT_EQ(with("arch", "arm64"),
            here + "arch is the text \"arm64\": allowed is one of \"x86_64\", \"aarch64\"");
  EXPECT_EQ(with("here", 1), here + "here is 1: allowed is true or false");
  EXPECT_EQ(with("instance_type", "a\nb"), here + "instance_type is the text \"a\\nb\": allowed is "
                                                  "one line of text, at most 64 bytes");
  EXPECT_EQ(with("instance_type", std::string(64, 'x')), "accepted");
}

TEST_F(ReadInventory, RefusesPricesAndAllowancesThatAreNone) {
  const std::string allowed = ": allowed is a number from 0.000001 to 1000000";
  for (const char* key : {"price_per_hour", "network_gbps"}) {
    const std::string pointer = fmt::format("/hosts/server/{}", key);
    for (const Json& value :
         {Json(0), Json(-1.5), Json(5e-324), Json(1000001), Json(true), Json(nullptr)}) {
      EXPECT_EQ(refusal_with(pointer.c_str(), value),
                fmt::format("1: hosts.server.{} is {}{}", key, value.dump(), allowed));
    }
    EXPECT_EQ(refusal_with(pointer.c_str(), "1"),
              fmt::format("1: hosts.server.{} is the text \"1\"{}", key, allowed));
    EXPECT_EQ(refusal_with(pointer.c_str(), 1000000), "accepted");
    EXPECT_EQ(refusal_with(pointer.c_str(), 0.000001), "accepted");
  }
}

TEST_F(ReadInventory, RefusesAHostThatIsGivenTwice) {
  EXPECT_EQ(refusal_with("/hosts/server/private_address", "fd00:0::2"),
            "1: hosts.server.private_address is \"fd00:0::2\": that is client-1's too");
  EXPECT_EQ(refusal_with("/hosts/server/here", true),
            "1: hosts.server.here is true: allowed is one such host, and client2 is it");
}

TEST_F(ReadInventory, NamesTheLineOfWhatItRefuses) {
  Json document = three_hosts();
  document["hosts"]["client-1"]["private_address"] = "127.0.0.1";
  EXPECT_THAT(refusal_of(document.dump(1)),
              StartsWith("16: hosts[\"client-1\"].private_address is the text \"127.0.0.1\": "));
}

TEST_F(ReadInventory, AnswersWhateverStandsAnywhere) {
  const Json flat = three_hosts().flatten();
  for (const auto& [pointer, old] : flat.items()) {
    for (const char* text :
         {"null", "true", "-1", "1e308", "18446744073709551615", "\"\"", "\"\\u0000\"", "\"\\n\"",
          "[]", "[[[]]]", "{}", "{\"\":{\"a\":[1]}}"}) {
      Json document = three_hosts();
      document[Json::json_pointer(pointer)] = Json::parse(text);
      if (refusal_of(document.dump()) == "accepted") {
        EXPECT_THAT(pointer, testing::AnyOf("/hosts/server/instance_type", "/hosts/client2/here"));
      }
    }
  }
}

TEST(PrivateAddress, IsOneOfTheRangesThatAreRoutedNowhere) {
  for (const char* text :
       {"10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0",
        "192.168.255.255", "100.64.0.0", "100.127.255.255", "fc00::", "fd12:3456::1",
        "FDFF:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}) {
    EXPECT_TRUE(is_private_address(text)) << text;
  }
}

TEST(PrivateAddress, IsNoOtherAndNoName) {
  for (const char* text :
       {"9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255",
        "192.169.0.0", "100.63.255.255", "100.128.0.0", "8.8.8.8", "127.0.0.1", "0.0.0.0",
        "169.254.0.1", "224.0.0.1", "255.255.255.255", "fbff::1", "fe00::1", "fe80::1", "ff02::1",
        "::", "::1", "2001:db8::1", "::ffff:10.0.0.1", "fe80::1%eth0", "fd00::1%eth0", "[fd00::1]",
        "10.0.0.1:80", "10.0.0.1/8", "10.1", "10", "010.0.0.1", "0x0a.0.0.1", " 10.0.0.1",
        "10.0.0.1 ", "10.0.0.1\n", "10.0.0.256", "localhost", "server", ""}) {
    EXPECT_FALSE(is_private_address(text)) << text;
  }
  EXPECT_FALSE(is_private_address(std::string("10.0.0.1\0.example", 17)));
}

}  // namespace
}  // namespace coresweep
