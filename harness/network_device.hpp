// A host's network device: how it is set, and what it counted. Loopback has nothing of it.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "support/json_lines.hpp"

namespace coresweep {

/// Numeric addresses of all devices of this host, loopback's too.
[[nodiscard]] std::vector<std::string> own_addresses();

/// The name of the device that has that numeric address; nothing when none has.
[[nodiscard]] std::optional<std::string> device_of_address(const std::string& address);

/// run.json's "network" of a host: what is recorded of `device` before the first trial. What its
/// driver does not answer is null. Asked of the kernel itself (SIOCETHTOOL): no tool is needed.
[[nodiscard]] Json network_device_record(const std::string& device,
                                         const std::filesystem::path& root = "/");

/// Since boot, at one instant.
struct NetworkDeviceReading {
  /// "rx_bytes", "rx_packets", "rx_dropped", "rx_errors", tx_ likewise.
  std::map<std::string, std::int64_t> counters;
  /// Of the driver's own statistics those that are allowances exceeded, drops or errors.
  std::map<std::string, std::int64_t> driver;
  /// By CPU: "interrupts" of the device, "net_rx", "net_tx" softirqs, "dropped" and "squeezed" of
  /// the packet backlog.
  std::map<int, std::map<std::string, std::int64_t>> per_cpu;
};

[[nodiscard]] NetworkDeviceReading read_network_device(const std::string& device,
                                                       const std::filesystem::path& root = "/");

/// A trial's "device" of a host: differences. Counters of the driver and CPUs that did not change
/// are left out.
[[nodiscard]] Json network_device_between(const NetworkDeviceReading& before,
                                          const NetworkDeviceReading& after);

}  // namespace coresweep
