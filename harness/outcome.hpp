// What a sweep needs of a trial that has ended: its figures, and whether they count.
#pragma once

#include <compare>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "support/json_lines.hpp"

namespace coresweep {

/// Nothing where too few were above it, or nothing was measured.
struct LatencyPercentiles {
  std::optional<double> p50_ns;
  std::optional<double> p99_ns;
};

/// When in a sweep a trial ran. Neighbours of one place ran back to back: not with an attempt that
/// was not run again for both, nor across a stop.
struct TrialPlace {
  int block = 0;
  int attempt = 1;
  int session = 0;  ///< how often the sweep had been taken up again before

  auto operator<=>(const TrialPlace&) const = default;
};

struct Outcome {
  std::size_t cell = 0;
  int block = 0;
  std::optional<double> throughput_per_s;
  std::vector<std::string> verdicts;
  std::string failure = {};             ///< why it failed, when it did
  std::vector<std::string> notes = {};  ///< of what spoils no figure
  LatencyPercentiles latency = {};      ///< of an open loop from due, else from sent
  int attempt = 1;
  std::optional<double> server_cpu_per_request_s = {};  ///< user and system
  int session = 0;  ///< how often the sweep had been taken up again before
  std::string pair = {};  ///< of hosts, of a fleet: where its block ran

  [[nodiscard]] TrialPlace place() const { return {block, attempt, session}; }
  [[nodiscard]] bool is_valid() const { return verdicts.empty() && throughput_per_s.has_value(); }
  [[nodiscard]] bool has_verdict(const std::string& name) const;
  /// It failed with a host that was lost, which says nothing of what was measured.
  [[nodiscard]] bool is_lost() const;
};

/// Of a line of trials.jsonl, whether it was just written or read back: a sweep that goes on later
/// decides as one that was never stopped. Throws Json::exception when it is not of that shape, and
/// Failure where a figure is negative.
[[nodiscard]] Outcome outcome_of(const Json& trial, std::size_t cell);

/// Those that count: of a block in which a cell was run again, only the last of its trials.
[[nodiscard]] std::vector<Outcome> last_attempts(const std::vector<Outcome>& outcomes);

using VerdictCounts = std::map<std::string, int>;

/// "client_bound 5, failed 1"; empty when there are none.
[[nodiscard]] std::string format_counts(const VerdictCounts& counts);

}  // namespace coresweep
