// At what frequency the CPUs of a trial ran while it was measured, where the kernel tells.
#pragma once

#include <string>
#include <vector>

#include "support/json_lines.hpp"

namespace coresweep {

/// Samples of scaling_cur_freq. A virtual machine has none.
class CpuFrequency {
 public:
  /// `cpus` may name one twice. `root` is where the kernel shows its CPUs.
  explicit CpuFrequency(std::vector<int> cpus, std::string root = "/sys/devices/system/cpu");

  void sample();

  /// The record's "cpu_frequency": each CPU that told at every sample; null where none did.
  [[nodiscard]] Json samples() const;

 private:
  std::vector<int> cpus_;
  std::string root_;
  std::vector<Json> khz_;  // of each CPU a list; null once it did not tell
};

}  // namespace coresweep
