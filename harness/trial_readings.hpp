// Everything that one trial read, before anybody judges it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/machine_cpu.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

/// What the load generator counted over its whole life.
struct LoadTotals {
  std::uint64_t requests_sent = 0;
  std::uint64_t requests_answered = 0;
  std::uint64_t requests_failed = 0;
  std::uint64_t requests_in_flight_at_end = 0;
  std::uint64_t connections_opened = 0;
  std::uint64_t connections_lost = 0;
  Json failures = Json::object();  ///< kind to count
  std::uint64_t requests_given_up = 0;  ///< due, and more than could be sent or even drawn
  std::string first_wrong_reply{};      ///< what it was; empty when none was
};

/// The figures of the load generator's report that stand in a trial's record as they are.
inline const std::vector<std::string> kReportedFigures{
    "throughput_per_s",
    "requests_answered",
    "requests_answered_first_half",
    "requests_failed",
    "failures",
    "window_s",
    "requests_due",
    "requests_sent",
    "requests_overdue_at_begin",
    "requests_overdue_at_end",
    "requests_due_unanswered",
    "requests_in_flight_mean",
    "requests_in_flight_mean_by_latency",
    "silences",
    "latency_from_due_ns",
    "latency_from_sent_ns",
    "client_late_ns",
    "client_read_late_ns",
    "connections_per_s",
    "connect_to_first_reply_ns"};

/// The load generator's `report` line.
struct LoadReport {
  std::optional<double> throughput_per_s;          ///< nothing when it did not see its whole window
  std::vector<std::optional<double>> busy_shares;  ///< of each load thread, likewise
  LoadTotals totals;
  Json line;  ///< all of it, for the record
};

/// What the server counted over its whole life, from its `stopped` line.
struct ServerTotals {
  std::uint64_t requests = 0;
  std::uint64_t connections_accepted = 0;
};

/// These two throw Json::exception when the line is not what the programs agreed on.
[[nodiscard]] LoadReport parse_load_report(const Json& line);
[[nodiscard]] ServerTotals parse_server_totals(const Json& stopped_line);

/// What the server did between two of its snapshots: the difference of every counter, null where
/// either was not known or it fell, and the later value of what is none; and each thread's busy
/// share. Throws Json::exception.
[[nodiscard]] Json server_between(const Json& before, const Json& after);

struct TrialReadings {
  std::string started_at;
  std::vector<int> server_cpus;
  std::vector<int> load_cpus;
  std::optional<std::uint64_t> load_seed = {};  ///< that an open loop drew its gaps by
  std::string breakdown;  ///< why it did not run to its end; empty when it did
  std::string lost_host = {};  ///< why, when it was for a host that was lost, and for no server
  std::optional<LoadReport> load;
  /// Of a load by several clients each one's own `report` line, by its host's name.
  std::vector<std::pair<std::string, Json>> client_reports = {};
  std::optional<ServerTotals> server_totals;
  std::optional<Json> server_window;  ///< server_between() the window's edges
  std::optional<Json> machine_cpu;
  std::optional<Json> network;  ///< network_between() the window's edges
  /// Likewise from before the load connected until it had.
  std::optional<Json> network_connecting;
  Json connect_failures = Json::object();  ///< kind to count: why the load could not connect
  Json cpu_frequency;                      ///< CpuFrequency::samples() within the window
  std::string server_errors;    ///< the end of either's stderr
  std::string load_errors;
  std::optional<Json> hosts = {};  ///< by name, when there are several: the record's "hosts"
  /// How far apart the clients of several hosts began, each by its first load thread.
  std::optional<std::int64_t> starts_apart_ns = {};
  std::vector<std::string>
      notes;  ///< what is to be known of a trial and spoils none of its figures
};

}  // namespace coresweep
