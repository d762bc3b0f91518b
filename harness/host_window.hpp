// What a host of a trial did within the window, beside its programs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/cpu_frequency.hpp"
#include "harness/machine_cpu.hpp"
#include "harness/network_counters.hpp"
#include "harness/network_device.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

class HostWindow {
 public:
  /// Of the CPUs that the trial uses here, and the device that it goes over; empty for none.
  HostWindow(std::vector<int> cpus, std::string device);

  void begin();
  void sample_frequency() { frequency_.sample(); }

  /// {"machine_cpu":..., "network":..., "cpu_frequency":..., "device":...}: the first three as a
  /// trial on one machine has them, "device" as network_device_between(), or null.
  [[nodiscard]] Json end() const;

 private:
  std::string device_;
  CpuFrequency frequency_;
  MachineCpu cpu_;
  NetworkCounters network_;
  std::optional<NetworkDeviceReading> before_;
};

}  // namespace coresweep
