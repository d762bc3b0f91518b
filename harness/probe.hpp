// Times the machine itself, so that two machines can be told apart.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/cpu_division.hpp"
#include "harness/statistics.hpp"
#include "harness/stop_signals.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

inline constexpr int kProbeRounds = 11;

struct ProbeReading {
  std::string name;
  std::vector<int> cpus;             ///< that its threads were pinned to
  std::optional<MedianInterval> ns;  ///< over the rounds
  std::string why;                   ///< there is none
};

struct ProbeReport {
  std::vector<ProbeReading> probes;
  double window_s = 0;  ///< all of it
  /// The most that was stolen of a CPU that was used.
  std::optional<double> steal_share;
  /// Of threads that had a CPU to themselves: how much of their time they waited for it.
  std::optional<double> run_delay_share;
};

/// Runs every probe once a round, in turn: what the machine does meanwhile meets all of them. The
/// CPUs are the first of the server's and the first of the load's. Takes about 3 s; throws Failure,
/// or Interrupted between two timings.
[[nodiscard]] ProbeReport run_probes(const CpuDivision& division, const StopSignals& signals);

/// {"schema_version": 1, "machine": ..., "noise": ..., "probes": [...]}
[[nodiscard]] Json probe_record(const ProbeReport& report, const Json& machine);

/// For people: the machine, a table, and what disturbed it.
[[nodiscard]] std::vector<std::string> probe_lines(const ProbeReport& report, const Json& machine);

}  // namespace coresweep
