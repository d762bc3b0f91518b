#include "harness/trial_result.hpp"

#include <algorithm>

namespace coresweep {
namespace {

Json server_side(const TrialReadings& readings) {
  if (!readings.server_window) {
    return nullptr;
  }
  Json side{{"cpus", readings.server_cpus}};
  side.update(*readings.server_window);
  return side;
}

Json load_side(const TrialReadings& readings) {
  if (!readings.load) {
    return nullptr;
  }
  const Json& line = readings.load->line;
  return {{"cpus", readings.load_cpus},
          {"cpu_user_s", line.at("cpu_user_s")},
          {"cpu_system_s", line.at("cpu_system_s")},
          {"threads", line.at("load_threads")}};
}

Json both_totals(const TrialReadings& readings) {
  Json server;
  if (readings.server_totals) {
    server = {{"requests", readings.server_totals->requests},
              {"connections_accepted", readings.server_totals->connections_accepted}};
  }
  Json load;
  if (readings.load) {
    const LoadTotals& totals = readings.load->totals;
    load = {{"requests_sent", totals.requests_sent},
            {"requests_answered", totals.requests_answered},
            {"requests_failed", totals.requests_failed},
            {"failures", totals.failures},
            {"requests_in_flight_at_end", totals.requests_in_flight_at_end},
            {"connections_opened", totals.connections_opened},
            {"connections_lost", totals.connections_lost}};
  }
  return {{"server", server}, {"load", load}};
}

Json connections_of(const TrialReadings& readings) {
  if (!readings.load) {
    return nullptr;
  }
  const Json& totals = readings.load->line.at("totals");
  return {{"closed", totals.at("connections_closed")},
          {"failed", totals.at("connections_failed")},
          {"segments_sent", totals.at("segments_sent")},
          {"segments_retransmitted", totals.at("segments_retransmitted")},
          {"segments_retransmitted_needlessly", totals.at("segments_retransmitted_needlessly")},
          {"segments_sent_connecting", totals.at("segments_sent_connecting")},
          {"segments_retransmitted_connecting", totals.at("segments_retransmitted_connecting")}};
}

// Without each one's histogram, which is most of a long window's line.
Json seconds_of(const TrialReadings& readings) {
  if (!readings.load) {
    return nullptr;
  }
  Json seconds = readings.load->line.at("seconds");
  for (Json& second : seconds) {
    second.erase("latency_from_due_histogram");
  }
  return seconds;
}

Json or_null(const std::optional<Json>& value) { return value ? *value : Json(nullptr); }

bool is_failed(const std::vector<Verdict>& verdicts) {
  return std::any_of(verdicts.begin(), verdicts.end(),
                     [](const Verdict& verdict) { return verdict.name == kFailed; });
}

}  // namespace

Json factors_record(const Cell& cell) {
  Json factors{{"architecture", cell.architecture},
               {"engine", cell.engine},
               {"http2", cell.http2},
               {"threads", cell.threads},
               {"connections", cell.connections},
               {"streams", cell.streams},
               {"mode", mode_name(cell.load.mode)},
               {"rate_per_s", cell.load.is_open() ? Json(cell.load.rate_per_s) : Json()},
               {"rate_share", cell.share_percent > 0 ? Json(cell.share_percent / 100.0) : Json()},
               {"requests_per_connection", cell.load.mode == Mode::churn
                                               ? Json(cell.load.requests_per_connection)
                                               : Json()},
               {"client_work", cell.load.client_work_percent / 100.0}};
  factors.update(to_json(cell.conditions));
  return factors;
}

Json trial_result(const PlannedTrial& planned, const Cell& cell, const TrialReadings& readings,
                  const std::vector<Verdict>& verdicts, const Thresholds& thresholds, int session) {
  Json names = Json::array();
  Json details = Json::object();
  for (const Verdict& verdict : verdicts) {
    names.push_back(verdict.name);
    details[verdict.name] = verdict.detail;
  }
  Json result{{"schema_version", kSchemaVersion},
              {"trial", planned.trial},
              {"block", planned.block},
              {"attempt", planned.attempt},
              {"session", session},
              {"cell", cell_name(cell)},
              {"role", role_name(cell.role)},
              {"twin_of", cell.twin_of.empty() ? Json() : Json(cell.twin_of)},
              {"factors", factors_record(cell)},
              {"started_at", readings.started_at},
              {"load_seed", readings.load_seed ? Json(*readings.load_seed) : Json()},
              {"verdict", names},
              {"verdict_details", details},
              {"thresholds", to_json(thresholds)},
              {"seconds", seconds_of(readings)},
              {"connections", connections_of(readings)},
              {"server", server_side(readings)},
              {"load", load_side(readings)},
              {"machine_cpu", or_null(readings.machine_cpu)},
              {"cpu_frequency", readings.cpu_frequency},
              {"network", or_null(readings.network)},
              {"network_connecting", or_null(readings.network_connecting)},
              {"totals", both_totals(readings)}};
  for (const std::string& key : kReportedFigures) {
    result[key] = readings.load ? readings.load->line.at(key) : Json(nullptr);
  }
  if (const auto notes = notes_of(cell, readings, thresholds); !notes.empty()) {
    result["notes"] = notes;
  }
  if (readings.hosts) {
    result["hosts"] = *readings.hosts;
    result["starts_apart_ns"] = readings.starts_apart_ns ? Json(*readings.starts_apart_ns) : Json();
  }
  if (is_failed(verdicts)) {
    result["stderr"] = {{"server", readings.server_errors}, {"load", readings.load_errors}};
  }
  return result;
}

}  // namespace coresweep
