// What the end of a sweep needs of each trial: its figure, and whether it counts.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace coresweep {

struct Outcome {
  std::size_t cell = 0;
  int block = 0;
  std::optional<double> throughput_per_s;
  std::vector<std::string> verdicts;
  std::string failure = {};             ///< why it failed, when it did
  std::vector<std::string> notes = {};  ///< of what spoils no figure

  [[nodiscard]] bool is_valid() const { return verdicts.empty() && throughput_per_s.has_value(); }
};

using VerdictCounts = std::map<std::string, int>;

/// "client_bound 5, failed 1"; empty when there are none.
[[nodiscard]] std::string format_counts(const VerdictCounts& counts);

}  // namespace coresweep
