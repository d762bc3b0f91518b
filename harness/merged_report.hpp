// What the clients of one trial report, as the one report of a single load generator.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/stop_signals.hpp"
#include "harness/trial_readings.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

/// A client's load generator's `report` line.
struct ClientReport {
  std::string client;
  Json line;
};

/// Adds them by `loadgen merge`; of one there is nothing to add. In "load_threads" each "client" is
/// the host's name. Throws Breakdown, which names the client whose report does not go with the
/// others', Json::exception where one is no report, and Failure. Requires at least one.
[[nodiscard]] LoadReport merged_report(const std::string& loadgen,
                                       std::vector<ClientReport> reports,
                                       const StopSignals& signals);

/// Of each load thread, how much later than scheduled it took up its load.
[[nodiscard]] std::vector<std::int64_t> begun_late_ns(const Json& line);

/// How far apart the clients began, each by its first thread. Of two clients or more.
[[nodiscard]] std::int64_t starts_apart_ns(const std::vector<ClientReport>& reports);

}  // namespace coresweep
