// Says whether a trial may be called a result, and if not, why. A pure function of what was read.
#pragma once

#include <string>
#include <vector>

#include "harness/plan.hpp"
#include "harness/trial_readings.hpp"
#include "support/cpu_topology.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

/// Every threshold of every verdict; written into run.json.
struct Thresholds {
  double client_bound_busy_share = 0.90;
  double client_bound_twin_loss = 0.05;  ///< of throughput, by a twin of more client CPU a request
  double unsaturated_twin_gain = 0.05;   ///< of throughput, by a twin of twice the connections
  double noisy_host_steal_share = 0.01;      ///< of the window, on any CPU that the trial used
  double noisy_host_run_delay_share = 0.02;  ///< of the window, for any thread pinned alone
  double noisy_host_window_gap_s = 0.1;  ///< between the server's readings and the load's window
};

[[nodiscard]] Json to_json(const Thresholds& thresholds);

inline constexpr const char* kFailed = "failed";
inline constexpr const char* kSharedCpus = "shared_cpus";
inline constexpr const char* kClientBound = "client_bound";
inline constexpr const char* kNoisyHost = "noisy_host";
inline constexpr const char* kUnsaturated = "unsaturated";
inline constexpr const char* kMissedRate = "missed_rate";

/// Caused by something outside the trial, so that leaving the trial out selects no answer.
[[nodiscard]] bool is_external(const std::string& verdict);

struct Verdict {
  std::string name;
  std::string detail;  ///< what was seen, with its figures
};

/// Why its figures are none of a server that worked: "3 requests failed (timeout 3)"; empty when
/// they are.
[[nodiscard]] std::string failure_detail(const Cell& cell, const TrialReadings& readings);

/// No verdict: the trial is valid. `cores` are those of the machine.
[[nodiscard]] std::vector<Verdict> judge(const Cell& cell, const TrialReadings& readings,
                                         const std::vector<PhysicalCore>& cores,
                                         const Thresholds& thresholds);

/// Why a trial with these CPUs cannot be valid, whatever it reads; empty when it can.
[[nodiscard]] std::string shared_cpus_detail(const std::vector<PhysicalCore>& cores,
                                             const std::vector<int>& server_cpus,
                                             const std::vector<int>& load_cpus);

}  // namespace coresweep
