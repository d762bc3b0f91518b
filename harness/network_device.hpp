// A host's network device: how it is set, and what it counted. Loopback has nothing of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/json_lines.hpp"

namespace coresweep {

/// Numeric addresses of all devices of this host, loopback's too.
[[nodiscard]] std::vector<std::string> own_addresses();

/// The name of the device that has that numeric address; nothing when none has.
[[nodiscard]] std::optional<std::string> device_of_address(const std::string& address);

/// run.json's "network" of a host: what is recorded of `device` before the first trial. What its
/// driver does not answer is null. Asked of the kernel itself (SIOCETHTOOL, rtnetlink): no tool is
/// needed. Only files of the kernel are looked for below `root`.
///   {"device", "mtu": N|null,
///    "qdisc": "mq: fq_codel"|null,
///    "xps": [mask by queue]|null, "rps": likewise,          as the kernel prints masks of CPUs
///    "interrupts": [{"irq": N, "name", "affinity": "0-3"|null}],
///    "driver": text|null, "driver_version": likewise, "bus": likewise,
///    "speed_mbps": N|null,
///    "queues": {"rx", "tx", "combined"}|null, "rings": {"rx", "tx"}|null,
///    "coalescing": {"rx_usecs", "tx_usecs", "rx_frames", "tx_frames",
///                   "adaptive_rx": bool, "adaptive_tx": bool}|null,
///    "rss": {"table": [queue by slot], "key_bytes": N}|null,
///    "offloads": {NAME: bool}|null}
[[nodiscard]] Json network_device_record(const std::string& device,
                                         const std::filesystem::path& root = "/");

/// Whether a driver's own counter of that name is of what was lost, or held back by an allowance of
/// the cloud's: "queue_3_rx_drops", "pps_allowance_exceeded".
[[nodiscard]] bool tells_of_loss(std::string_view statistic);

/// Since boot, at one instant. What is not counted is not there.
struct NetworkDeviceReading {
  /// "rx_bytes", "rx_packets", "rx_dropped", "rx_errors", "tx_" likewise.
  std::map<std::string, std::int64_t> counters;
  /// Those of the driver's own that tell of loss.
  std::map<std::string, std::int64_t> driver;
  /// By CPU: "interrupts" of the device, "net_rx", "net_tx" softirqs, "dropped" and "squeezed" of
  /// the packet backlog.
  std::map<int, std::map<std::string, std::int64_t>> per_cpu;
};

[[nodiscard]] NetworkDeviceReading read_network_device(const std::string& device,
                                                       const std::filesystem::path& root = "/");

/// A trial's "device" of a host: what happened from `before` to `after`.
///   {"counters": {NAME: N|null}, "driver": {NAME: N|null},
///    "per_cpu": [{"cpu": N, "interrupts", "net_rx", "net_tx", "dropped", "squeezed": N|null}]}
/// Counters of the driver and CPUs that did not change are left out. Null is what is not known: it
/// was not counted both times, or the counter fell, which is one that began anew.
[[nodiscard]] Json network_device_between(const NetworkDeviceReading& before,
                                          const NetworkDeviceReading& after);

}  // namespace coresweep
