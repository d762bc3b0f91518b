// Says whether a trial may be called a result, and if not, why. A pure function of what was read.
#pragma once

#include <string>
#include <vector>

#include "harness/plan.hpp"
#include "harness/thresholds.hpp"
#include "harness/trial_readings.hpp"
#include "support/cpu_topology.hpp"

namespace coresweep {

inline constexpr const char* kFailed = "failed";
inline constexpr const char* kSharedCpus = "shared_cpus";
inline constexpr const char* kClientBound = "client_bound";
inline constexpr const char* kNetworkLimited = "network_limited";
inline constexpr const char* kNoisyHost = "noisy_host";
inline constexpr const char* kLostHost = "lost_host";
inline constexpr const char* kUnsaturated = "unsaturated";
inline constexpr const char* kUnsteady = "unsteady";
inline constexpr const char* kLittleViolation = "little_violation";
inline constexpr const char* kPortTrouble = "port_trouble";
inline constexpr const char* kMissedRate = "missed_rate";
inline constexpr const char* kClientLate = "client_late";

/// Caused by something outside the trial, so that leaving the trial out selects no answer.
[[nodiscard]] bool is_external(const std::string& verdict);

struct Verdict {
  std::string name;
  std::string detail;  ///< what was seen, with its figures
};

/// Why its figures are none of a server that worked: "3 requests failed (timeout 3)"; empty when
/// they are.
[[nodiscard]] std::string failure_detail(const TrialReadings& readings);

/// What is to be known of a trial and is no verdict: what its readings already have, halves that
/// differ, a backlog that overflowed because it was to, segments that hosts sent again, and a
/// ceiling that was the network's.
[[nodiscard]] std::vector<std::string> notes_of(const Cell& cell, const TrialReadings& readings,
                                                const Thresholds& thresholds);

/// No verdict: the trial is valid. `cores` are those of the machine; over hosts no matter.
[[nodiscard]] std::vector<Verdict> judge(const Cell& cell, const TrialReadings& readings,
                                         const std::vector<PhysicalCore>& cores,
                                         const Thresholds& thresholds);

/// Why a trial with these CPUs cannot be valid, whatever it reads; empty when it can.
[[nodiscard]] std::string shared_cpus_detail(const std::vector<PhysicalCore>& cores,
                                             const std::vector<int>& server_cpus,
                                             const std::vector<int>& load_cpus);

}  // namespace coresweep
