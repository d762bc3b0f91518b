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

Json factors_of(const Cell& cell) {
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
  factors.update(to_json(cell.handler));
  return factors;
}

bool is_failed(const std::vector<Verdict>& verdicts) {
  return std::any_of(verdicts.begin(), verdicts.end(),
                     [](const Verdict& verdict) { return verdict.name == kFailed; });
}

}  // namespace

Json trial_result(const PlannedTrial& planned, const Cell& cell, const TrialReadings& readings,
                  const std::vector<Verdict>& verdicts, int session) {
  const auto measured = [&readings](const char* key) {
    return readings.load ? readings.load->line.at(key) : Json(nullptr);
  };
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
              {"factors", factors_of(cell)},
              {"started_at", readings.started_at},
              {"verdict", names},
              {"verdict_details", details},
              {"throughput_per_s", measured("throughput_per_s")},
              {"requests_answered", measured("requests_answered")},
              {"requests_failed", measured("requests_failed")},
              {"failures", measured("failures")},
              {"window_s", measured("window_s")},
              {"latency_from_sent_ns", measured("latency_from_sent_ns")},
              {"server", server_side(readings)},
              {"load", load_side(readings)},
              {"machine_cpu", readings.machine_cpu ? *readings.machine_cpu : Json(nullptr)},
              {"network", readings.network ? *readings.network : Json(nullptr)},
              {"totals", both_totals(readings)}};
  if (!readings.notes.empty()) {
    result["notes"] = readings.notes;
  }
  if (is_failed(verdicts)) {
    result["stderr"] = {{"server", readings.server_errors}, {"load", readings.load_errors}};
  }
  return result;
}

}  // namespace coresweep
