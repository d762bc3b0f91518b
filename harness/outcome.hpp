// What the end of a sweep needs of each trial: its figures, and whether they count.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace coresweep {

/// From sent to answered; nothing where too few were above it, or nothing was measured.
struct LatencyPercentiles {
  std::optional<double> p50_ns;
  std::optional<double> p99_ns;
};

struct Outcome {
  std::size_t cell = 0;
  int block = 0;
  std::optional<double> throughput_per_s;
  std::vector<std::string> verdicts;
  std::string failure = {};             ///< why it failed, when it did
  std::vector<std::string> notes = {};  ///< of what spoils no figure
  LatencyPercentiles latency = {};

  [[nodiscard]] bool is_valid() const { return verdicts.empty() && throughput_per_s.has_value(); }
};

using VerdictCounts = std::map<std::string, int>;

/// "client_bound 5, failed 1"; empty when there are none.
[[nodiscard]] std::string format_counts(const VerdictCounts& counts);

}  // namespace coresweep
