// Interrupts by CPU, as /proc/interrupts and /proc/softirqs have them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace coresweep {

struct InterruptRow {
  std::string label;                   ///< "38", or "NET_RX"
  std::map<int, std::int64_t> by_cpu;  ///< since boot
  std::string rest;                    ///< "PCI-MSIX-0000:00:05.0 1-edge ens5-Tx-Rx-0"
};

/// The rows below the line of CPUs. A row that counts by no CPU is left out.
[[nodiscard]] std::vector<InterruptRow> parse_interrupts(std::string_view text);

struct DeviceInterrupt {
  int irq = 0;
  std::string name;
  std::map<int, std::int64_t> by_cpu;
};

/// Those of the device's bus device; where that has none of its own, those that name the device.
[[nodiscard]] std::vector<DeviceInterrupt> device_interrupts(const std::string& device,
                                                             const std::filesystem::path& root);

}  // namespace coresweep
