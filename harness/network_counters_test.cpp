#include "harness/network_counters.hpp"

#include <gmock/gmock.h>

namespace coresweep {
namespace {

TEST(ProcNet, IsReadByTheNamesAboveTheNumbers) {
  const char* text =
      "TcpExt: SyncookiesSent ListenOverflows ListenDrops\n"
      "TcpExt: 1 22 333\n"
      "IpExt: ListenDrops\n"
      "IpExt: 9\n";
  EXPECT_EQ(parse_proc_net(text, "TcpExt"),
            (std::map<std::string, std::int64_t>{
                {"SyncookiesSent", 1}, {"ListenOverflows", 22}, {"ListenDrops", 333}}));
  EXPECT_TRUE(parse_proc_net(text, "Tcp").empty());
  EXPECT_TRUE(parse_proc_net("TcpExt: A\n", "TcpExt").empty());
}

TEST(NetworkBetween, IsTheDifferenceWhereBothAreKnown) {
  EXPECT_EQ(network_between({5, 6, std::nullopt}, {5, 9, 7}),
            Json::parse(R"({"listen_overflows": 0, "listen_drops": 3,
                            "segments_retransmitted": null})"));
}

TEST(NetworkCounters, OfThisMachineAreThere) {
  const NetworkCounters counters = read_network_counters();
  EXPECT_TRUE(counters.listen_overflows && counters.listen_drops &&
              counters.segments_retransmitted);
}

}  // namespace
}  // namespace coresweep
