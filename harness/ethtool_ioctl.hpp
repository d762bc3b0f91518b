// What a network device's driver answers to ethtool's questions, asked of the kernel itself.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "support/json_lines.hpp"

namespace coresweep {

/// Asks a driver: `command` is a struct of <linux/ethtool.h>, which begins with its number and gets
/// the answer. False when there is none.
using Ethtool = std::function<bool(void* command)>;

/// The driver of the device of that name. One that does not exist answers nothing.
[[nodiscard]] Ethtool ethtool_of(const std::string& device);

/// {"driver", "driver_version", "bus", "speed_mbps", "queues", "rings", "coalescing", "rss",
/// "offloads"}, each null when it is not answered: see network_device_record().
[[nodiscard]] Json ethtool_record(const Ethtool& ethtool);

/// The driver's own counters by their names, which are its own, too.
[[nodiscard]] std::map<std::string, std::int64_t> driver_statistics(const Ethtool& ethtool);

}  // namespace coresweep
