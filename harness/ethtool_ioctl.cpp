#include "harness/ethtool_ioctl.hpp"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "harness/host_files.hpp"
#include "support/file_descriptor.hpp"

namespace coresweep {
namespace {

// Far more than any driver has: 64 queues of 40 counters are 2,560.
constexpr std::uint32_t kMostInAList = 1 << 16;
constexpr std::size_t kFeatureBits = 32;
constexpr std::size_t kMostFeatureBlocks = 8;

template <typename Command>
std::optional<Command> ask_driver(const Ethtool& ethtool, std::uint32_t number) {
  Command command{};
  command.cmd = number;
  return ethtool(&command) ? std::optional(command) : std::nullopt;
}

// A command that ends in a list.
class ListAnswer {
 public:
  // `room` is the list's, in bytes.
  template <typename Command>
  ListAnswer(const Ethtool& ethtool, const Command& command, std::size_t room)
      : words_((sizeof(command) + room) / sizeof(std::uint64_t) + 1) {
    std::memcpy(words_.data(), &command, sizeof(command));
    is_there_ = ethtool(words_.data());
  }

  [[nodiscard]] bool is_there() const { return is_there_; }

  template <typename Value>
  [[nodiscard]] Value at(std::size_t byte) const {
    Value value;
    std::memcpy(&value, bytes() + byte, sizeof(value));
    return value;
  }

  // Up to its NUL.
  [[nodiscard]] std::string_view text(std::size_t byte, std::size_t size) const {
    return {bytes() + byte, ::strnlen(bytes() + byte, size)};
  }

 private:
  [[nodiscard]] const char* bytes() const { return reinterpret_cast<const char*>(words_.data()); }

  std::vector<std::uint64_t> words_;
  bool is_there_ = false;
};

// How many names there are in a set of them; 0 when it has none.
std::uint32_t names_in_set(const Ethtool& ethtool, ethtool_stringset set) {
  ethtool_sset_info asked{};
  asked.cmd = ETHTOOL_GSSET_INFO;
  asked.sset_mask = 1ULL << set;
  const ListAnswer answer(ethtool, asked, sizeof(std::uint32_t));
  const bool is_known =
      answer.is_there() && answer.at<std::uint64_t>(offsetof(ethtool_sset_info, sset_mask)) != 0;
  const auto count = is_known ? answer.at<std::uint32_t>(sizeof(asked)) : 0;
  return count <= kMostInAList ? count : 0;
}

// The kernel writes all that there are by then, whoever asked for fewer: with more queues than a
// moment ago it is more than was counted.
std::size_t room_for(std::uint32_t count, std::size_t each) {
  constexpr std::size_t kLater = 1024;
  return (2 * std::size_t{count} + kLater) * each;
}

std::vector<std::string> names_of_set(const Ethtool& ethtool, ethtool_stringset set) {
  const std::uint32_t count = names_in_set(ethtool, set);
  if (count == 0) {
    return {};
  }
  ethtool_gstrings asked{};
  asked.cmd = ETHTOOL_GSTRINGS;
  asked.string_set = set;
  asked.len = count;
  const ListAnswer answer(ethtool, asked, room_for(count, ETH_GSTRING_LEN));
  if (!answer.is_there() || answer.at<std::uint32_t>(offsetof(ethtool_gstrings, len)) != count) {
    return {};
  }
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) {
    names.push_back(
        recordable(answer.text(sizeof(asked) + i * ETH_GSTRING_LEN, ETH_GSTRING_LEN)));
  }
  return names;
}

template <std::size_t kSize>
Json text_of_field(const char (&field)[kSize]) {
  const std::string_view text(field, ::strnlen(field, kSize));
  return text.empty() ? Json() : Json(recordable(text));
}

// First asked for the length of its lists of modes, which are then given room. A device without a
// link, or one whose driver does not know, has no speed.
Json speed_of(const Ethtool& ethtool) {
  constexpr std::size_t kLengthAt = offsetof(ethtool_link_settings, link_mode_masks_nwords);
  constexpr std::size_t kLists = 3;
  ethtool_link_settings asked{};
  asked.cmd = ETHTOOL_GLINKSETTINGS;
  const ListAnswer length(ethtool, asked, 0);
  const int words = -length.at<std::int8_t>(kLengthAt);
  if (!length.is_there() || words <= 0) {
    return nullptr;
  }
  asked.link_mode_masks_nwords = static_cast<std::int8_t>(words);
  const ListAnswer answer(ethtool, asked,
                          kLists * static_cast<std::size_t>(words) * sizeof(std::uint32_t));
  const auto speed = answer.at<std::uint32_t>(offsetof(ethtool_link_settings, speed));
  return answer.is_there() && speed != 0 && speed <= INT32_MAX ? Json(speed) : Json();
}

Json queues_of(const Ethtool& ethtool) {
  const auto channels = ask_driver<ethtool_channels>(ethtool, ETHTOOL_GCHANNELS);
  return channels ? Json{{"rx", channels->rx_count},
                         {"tx", channels->tx_count},
                         {"combined", channels->combined_count}}
                  : Json();
}

Json rings_of(const Ethtool& ethtool) {
  const auto rings = ask_driver<ethtool_ringparam>(ethtool, ETHTOOL_GRINGPARAM);
  return rings ? Json{{"rx", rings->rx_pending}, {"tx", rings->tx_pending}} : Json();
}

Json coalescing_of(const Ethtool& ethtool) {
  const auto set = ask_driver<ethtool_coalesce>(ethtool, ETHTOOL_GCOALESCE);
  return set ? Json{{"rx_usecs", set->rx_coalesce_usecs},
                    {"tx_usecs", set->tx_coalesce_usecs},
                    {"rx_frames", set->rx_max_coalesced_frames},
                    {"tx_frames", set->tx_max_coalesced_frames},
                    {"adaptive_rx", set->use_adaptive_rx_coalesce != 0},
                    {"adaptive_tx", set->use_adaptive_tx_coalesce != 0}}
             : Json();
}

// First asked for sizes, then for the table alone: the key is a secret of a kind, and long.
Json rss_of(const Ethtool& ethtool) {
  ethtool_rxfh asked{};
  asked.cmd = ETHTOOL_GRSSH;
  const ListAnswer sizes(ethtool, asked, 0);
  const auto slots = sizes.at<std::uint32_t>(offsetof(ethtool_rxfh, indir_size));
  if (!sizes.is_there() || slots == 0 || slots > kMostInAList) {
    return nullptr;
  }
  asked.indir_size = slots;
  const ListAnswer answer(ethtool, asked, slots * sizeof(std::uint32_t));
  if (!answer.is_there()) {
    return nullptr;
  }
  Json table = Json::array();
  for (std::size_t slot = 0; slot < slots; ++slot) {
    table.push_back(answer.at<std::uint32_t>(sizeof(asked) + slot * sizeof(std::uint32_t)));
  }
  return {{"table", std::move(table)},
          {"key_bytes", sizes.at<std::uint32_t>(offsetof(ethtool_rxfh, key_size))}};
}

// The i-th name is of the i-th bit.
Json offloads_of(const Ethtool& ethtool) {
  const std::vector<std::string> names = names_of_set(ethtool, ETH_SS_FEATURES);
  ethtool_gfeatures asked{};
  asked.cmd = ETHTOOL_GFEATURES;
  asked.size = kMostFeatureBlocks;
  using Block = ethtool_get_features_block;
  const ListAnswer answer(ethtool, asked, kMostFeatureBlocks * sizeof(Block));
  if (names.empty() || !answer.is_there()) {
    return nullptr;
  }
  const std::size_t blocks = std::min<std::size_t>(
      kMostFeatureBlocks, answer.at<std::uint32_t>(offsetof(ethtool_gfeatures, size)));
  Json offloads = Json::object();
  for (std::size_t i = 0; i < std::min(names.size(), blocks * kFeatureBits); ++i) {
    const auto block = answer.at<Block>(sizeof(asked) + i / kFeatureBits * sizeof(Block));
    if (!names[i].empty()) {
      offloads[names[i]] = (block.active >> i % kFeatureBits & 1U) != 0;
    }
  }
  return offloads;
}

}  // namespace

Ethtool ethtool_of(const std::string& device) {
  // A longer name would be another's once it is cut.
  if (device.size() >= IFNAMSIZ) {
    return [](void*) { return false; };
  }
  const auto socket =
      std::make_shared<FileDescriptor>(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return [socket, device](void* command) {
    ifreq request{};
    device.copy(request.ifr_name, IFNAMSIZ - 1);
    request.ifr_data = static_cast<char*>(command);
    return ::ioctl(socket->get(), SIOCETHTOOL, &request) == 0;
  };
}

Json ethtool_record(const Ethtool& ethtool) {
  const auto driver =
      ask_driver<ethtool_drvinfo>(ethtool, ETHTOOL_GDRVINFO).value_or(ethtool_drvinfo{});
  return {{"driver", text_of_field(driver.driver)},
          {"driver_version", text_of_field(driver.version)},
          {"bus", text_of_field(driver.bus_info)},
          {"speed_mbps", speed_of(ethtool)},
          {"queues", queues_of(ethtool)},
          {"rings", rings_of(ethtool)},
          {"coalescing", coalescing_of(ethtool)},
          {"rss", rss_of(ethtool)},
          {"offloads", offloads_of(ethtool)}};
}

std::map<std::string, std::int64_t> driver_statistics(const Ethtool& ethtool) {
  const std::vector<std::string> names = names_of_set(ethtool, ETH_SS_STATS);
  if (names.empty()) {
    return {};
  }
  const auto count = static_cast<std::uint32_t>(names.size());
  ethtool_stats asked{};
  asked.cmd = ETHTOOL_GSTATS;
  asked.n_stats = count;
  const ListAnswer answer(ethtool, asked, room_for(count, sizeof(std::uint64_t)));
  if (!answer.is_there() || answer.at<std::uint32_t>(offsetof(ethtool_stats, n_stats)) != count) {
    return {};
  }
  std::map<std::string, std::int64_t> statistics;
  for (std::size_t i = 0; i < count; ++i) {
    statistics[names[i]] = answer.at<std::int64_t>(sizeof(asked) + i * sizeof(std::int64_t));
  }
  return statistics;
}

}  // namespace coresweep
