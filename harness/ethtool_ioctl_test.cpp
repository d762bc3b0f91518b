// What a driver answers. The kernel's part is played here as net/ethtool/ioctl.c has it, with what
// an ENA device of 32 queues answers: no machine of ours has one.
#include "harness/ethtool_ioctl.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <linux/ethtool.h>

#include <cstring>
#include <string>
#include <vector>

namespace coresweep {
namespace {

constexpr std::uint32_t kSlots = 128;
constexpr std::uint32_t kKeyBytes = 40;
constexpr std::uint32_t kQueues = 32;

template <typename Value>
void put(void* command, std::size_t byte, const Value& value) {
  std::memcpy(static_cast<char*>(command) + byte, &value, sizeof(value));
}

template <typename Command>
Command taken(const void* command) {
  Command value;
  std::memcpy(&value, command, sizeof(value));
  return value;
}

struct EnaDevice {
  std::vector<std::string> statistics = {"tx_timeout", "bw_in_allowance_exceeded",
                                         "queue_0_rx_drops", "queue_31_rx_drops"};
  std::vector<std::string> features = std::vector<std::string>(40);
  std::uint32_t more_statistics_later = 0;
  std::uint32_t speed = 50'000;

  [[nodiscard]] const std::vector<std::string>& set(std::uint32_t number) const {
    return number == ETH_SS_STATS ? statistics : features;
  }

  bool count(void* command) const {
    auto asked = taken<ethtool_sset_info>(command);
    const std::uint32_t number = asked.sset_mask == 1ULL << ETH_SS_STATS ? ETH_SS_STATS
                                                                         : ETH_SS_FEATURES;
    put(command, sizeof(asked), static_cast<std::uint32_t>(set(number).size()));
    return true;
  }

  bool names(void* command) const {
    auto asked = taken<ethtool_gstrings>(command);
    const auto& wanted = set(asked.string_set);
    asked.len = static_cast<std::uint32_t>(wanted.size());
    put(command, 0, asked);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      std::strncpy(static_cast<char*>(command) + sizeof(asked) + i * ETH_GSTRING_LEN,
                   wanted[i].c_str(), ETH_GSTRING_LEN);
    }
    return true;
  }

  bool values(void* command) const {
    auto asked = taken<ethtool_stats>(command);
    asked.n_stats = static_cast<std::uint32_t>(statistics.size()) + more_statistics_later;
    put(command, 0, asked);
    for (std::size_t i = 0; i < asked.n_stats; ++i) {
      put(command, sizeof(asked) + i * sizeof(std::uint64_t), std::uint64_t{100 + i});
    }
    return true;
  }

  static bool table(void* command) {
    auto asked = taken<ethtool_rxfh>(command);
    const std::uint32_t wanted = asked.indir_size;
    if ((wanted != 0 && wanted != kSlots) || (asked.key_size != 0 && asked.key_size != kKeyBytes)) {
      return false;
    }
    asked.indir_size = kSlots;
    asked.key_size = kKeyBytes;
    put(command, 0, asked);
    for (std::uint32_t slot = 0; slot < wanted; ++slot) {
      put(command, sizeof(asked) + slot * sizeof(slot), slot % kQueues);
    }
    return true;
  }

  bool link(void* command) const {
    constexpr std::int8_t kWords = 4;
    auto asked = taken<ethtool_link_settings>(command);
    const bool is_ready = asked.link_mode_masks_nwords == kWords;
    asked.link_mode_masks_nwords = is_ready ? kWords : -kWords;
    asked.speed = is_ready ? speed : 0;
    put(command, 0, asked);
    for (std::size_t word = 0; is_ready && word < 3 * kWords; ++word) {
      put(command, sizeof(asked) + word * sizeof(std::uint32_t), ~0U);
    }
    return true;
  }

  static bool active(void* command) {
    auto asked = taken<ethtool_gfeatures>(command);
    asked.size = 2;
    put(command, 0, asked);
    put(command, sizeof(asked), ethtool_get_features_block{0, 0, 1U << 3, 0});
    put(command, sizeof(asked) + sizeof(ethtool_get_features_block),
        ethtool_get_features_block{0, 0, 1U << 7, 0});
    return true;
  }

  bool operator()(void* command) const {
    switch (taken<std::uint32_t>(command)) {
      case ETHTOOL_GDRVINFO: {
        ethtool_drvinfo answer{};
        std::strcpy(answer.driver, "ena");
        std::strcpy(answer.version, "6.1.0-23-cloud-arm64");
        std::strcpy(answer.bus_info, "0000:00:05.0");
        put(command, 0, answer);
        return true;
      }
      case ETHTOOL_GCHANNELS: {
        ethtool_channels answer{};
        answer.combined_count = kQueues;
        put(command, 0, answer);
        return true;
      }
      case ETHTOOL_GRINGPARAM: {
        ethtool_ringparam answer{};
        answer.rx_max_pending = 16384;
        answer.rx_pending = 1024;
        answer.tx_pending = 512;
        put(command, 0, answer);
        return true;
      }
      case ETHTOOL_GCOALESCE: {
        ethtool_coalesce answer{};
        answer.rx_coalesce_usecs = 20;
        answer.tx_coalesce_usecs = 64;
        answer.use_adaptive_rx_coalesce = 1;
        put(command, 0, answer);
        return true;
      }
      case ETHTOOL_GLINKSETTINGS:
        return link(command);
      case ETHTOOL_GRSSH:
        return table(command);
      case ETHTOOL_GFEATURES:
        return active(command);
      case ETHTOOL_GSSET_INFO:
        return count(command);
      case ETHTOOL_GSTRINGS:
        return names(command);
      case ETHTOOL_GSTATS:
        return values(command);
      default:
        return false;
    }
  }
};

TEST(EthtoolRecord, IsWhatTheDriverAnswers) {
  EnaDevice device;
  device.features[3] = "tx-checksum-ipv4";
  device.features[4] = "tx-checksum-ip-generic";
  device.features[39] = "rx-gro";
  Json record = ethtool_record(device);
  const Json table = record.at("rss").at("table");
  ASSERT_EQ(table.size(), kSlots);
  EXPECT_EQ(table[0], 0);
  EXPECT_EQ(table[127], 31);
  EXPECT_EQ(record.at("rss").at("key_bytes"), kKeyBytes);
  record.erase("rss");
  EXPECT_EQ(record, Json::parse(R"({
      "driver": "ena", "driver_version": "6.1.0-23-cloud-arm64", "bus": "0000:00:05.0",
      "speed_mbps": 50000, "queues": {"rx": 0, "tx": 0, "combined": 32},
      "rings": {"rx": 1024, "tx": 512},
      "coalescing": {"rx_usecs": 20, "tx_usecs": 64, "rx_frames": 0, "tx_frames": 0,
                     "adaptive_rx": true, "adaptive_tx": false},
      "offloads": {"tx-checksum-ipv4": true, "tx-checksum-ip-generic": false, "rx-gro": true}})"));
}

TEST(EthtoolRecord, IsNullWhereThereIsNoAnswer) {
  const Json record = ethtool_record([](void*) { return false; });
  EXPECT_EQ(record, Json::parse(R"({"driver": null, "driver_version": null, "bus": null,
                                    "speed_mbps": null, "queues": null, "rings": null,
                                    "coalescing": null, "rss": null, "offloads": null})"));
  EXPECT_EQ(ethtool_record(ethtool_of("there-is-no-such-device")), record);
}

TEST(EthtoolRecord, HasNoSpeedThatTheDriverDoesNotKnow) {
  EnaDevice device;
  for (const std::uint32_t none : {0U, ~0U}) {
    device.speed = none;
    EXPECT_TRUE(ethtool_record(device).at("speed_mbps").is_null());
  }
}

// A driver's text goes into JSON, which takes only UTF-8.
TEST(EthtoolRecord, HoldsNoByteThatARecordCouldNot) {
  const Json record = ethtool_record([](void* command) {
    ethtool_drvinfo answer{};
    std::memset(answer.driver, 0xff, sizeof(answer.driver));
    if (taken<std::uint32_t>(command) == ETHTOOL_GDRVINFO) {
      put(command, 0, answer);
      return true;
    }
    return false;
  });
  EXPECT_EQ(record.at("driver"), std::string(sizeof(ethtool_drvinfo::driver), '?'));
  EXPECT_FALSE(record.dump().empty());
}

TEST(DriverStatistics, AreByName) {
  EXPECT_EQ(driver_statistics(EnaDevice{}),
            (std::map<std::string, std::int64_t>{{"tx_timeout", 100},
                                                 {"bw_in_allowance_exceeded", 101},
                                                 {"queue_0_rx_drops", 102},
                                                 {"queue_31_rx_drops", 103}}));
}

// The kernel writes as many as there are by then: not past our room, and not by wrong names.
TEST(DriverStatistics, AreNoneWhenThereAreMoreThanWereNamed) {
  EnaDevice device;
  device.more_statistics_later = 1000;
  EXPECT_TRUE(driver_statistics(device).empty());
}

TEST(DriverStatistics, AreNoneOfADriverWithout) {
  EnaDevice device;
  device.statistics.clear();
  EXPECT_TRUE(driver_statistics(device).empty());
}

// Its features are the kernel's own, and it has no driver.
TEST(ThisKernel, AnswersForLoopback) {
  const Json record = ethtool_record(ethtool_of("lo"));
  EXPECT_TRUE(record.at("bus").is_null());
  EXPECT_TRUE(record.at("rings").is_null());
  EXPECT_TRUE(record.at("offloads").at("loopback").get<bool>());
  EXPECT_FALSE(record.at("offloads").at("rx-all").get<bool>());
  EXPECT_TRUE(driver_statistics(ethtool_of("lo")).empty());
}

}  // namespace
}  // namespace coresweep
