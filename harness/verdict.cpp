#include "harness/verdict.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "harness/cpu_division.hpp"
#include "harness/host_verdicts.hpp"
#include "harness/load_verdicts.hpp"
#include "harness/wording.hpp"
#include "support/cpu_set.hpp"

namespace coresweep {
namespace {

using Reasons = std::vector<std::string>;

// Of what a wrong reply was, in letters: more than the load generator says.
constexpr std::size_t kMostOfAReply = 1'000;

void check_accounts_of_load(const LoadReport& load, Reasons& reasons) {
  const LoadTotals& totals = load.totals;
  if (!load.throughput_per_s) {
    reasons.emplace_back("the load generator did not see its whole window");
  } else if (*load.throughput_per_s <= 0) {
    reasons.emplace_back("no request was answered in the window");
  }
  if (totals.requests_failed > 0) {
    Reasons kinds;
    for (const auto& [kind, count] : totals.failures.items()) {
      kinds.push_back(fmt::format("{} {}", kind, count.dump()));
    }
    reasons.push_back(
        fmt::format("{} requests failed ({})", totals.requests_failed, fmt::join(kinds, ", ")));
    if (!totals.first_wrong_reply.empty()) {
      reasons.push_back("the first wrong reply: " +
                        shortened_line(totals.first_wrong_reply, kMostOfAReply));
    }
  }
  if (totals.connections_lost > 0) {
    reasons.push_back(fmt::format("{} connections were lost", totals.connections_lost));
  }
  if (totals.requests_in_flight_at_end > 0) {
    reasons.push_back(
        fmt::format("{} requests were never answered", totals.requests_in_flight_at_end));
  }
  const std::uint64_t accounted =
      totals.requests_answered + totals.requests_failed + totals.requests_in_flight_at_end;
  if (totals.requests_sent != accounted) {
    reasons.push_back(
        fmt::format("{} requests sent, but {} accounted for ({} answered, {} failed, {} "
                    "in flight)",
                    totals.requests_sent, accounted, totals.requests_answered,
                    totals.requests_failed, totals.requests_in_flight_at_end));
  }
}

void check_both_sides_agree(const LoadTotals& load, const ServerTotals& server, Reasons& reasons) {
  // A request that failed, or was given up, may have been answered by the server or not: between
  // what came back and what was sent. When none failed, the two bounds are one number.
  if (server.requests < load.requests_answered || server.requests > load.requests_sent) {
    reasons.push_back(
        fmt::format("the server answered {} requests, the load generator sent {} and was "
                    "answered {}",
                    server.requests, load.requests_sent, load.requests_answered));
  }
  if (server.connections_accepted != load.connections_opened) {
    reasons.push_back(
        fmt::format("the server accepted {} connections, the load generator opened {}",
                    server.connections_accepted, load.connections_opened));
  }
}

Reasons reasons_to_fail(const TrialReadings& readings) {
  Reasons reasons;
  if (!readings.breakdown.empty()) {
    reasons.push_back(readings.breakdown);
  }
  if (readings.load) {
    for (std::string& unanswered : unanswered_clients(readings)) {
      reasons.push_back(std::move(unanswered));
    }
    check_accounts_of_load(*readings.load, reasons);
    if (readings.server_totals) {
      check_both_sides_agree(readings.load->totals, *readings.server_totals, reasons);
    }
  }
  return reasons;
}

}  // namespace

Json to_json(const Thresholds& thresholds) {
  return {{"noisy_host_window_gap_s", thresholds.noisy_host_window_gap_s},
          {"client_bound_busy_share", thresholds.client_bound_busy_share},
          {"client_bound_twin_loss", thresholds.client_bound_twin_loss},
          {"unsaturated_twin_gain", thresholds.unsaturated_twin_gain},
          {"noisy_host_steal_share", thresholds.noisy_host_steal_share},
          {"noisy_host_run_delay_share", thresholds.noisy_host_run_delay_share},
          {"noisy_host_frequency_fall_share", thresholds.noisy_host_frequency_fall_share},
          {"unsteady_silence_s", thresholds.unsteady_silence_s},
          {"unsteady_requests", thresholds.unsteady_requests},
          {"little_violation_share", thresholds.little_violation_share},
          {"port_trouble_events", thresholds.port_trouble_events},
          {"port_trouble_retransmit_share", thresholds.port_trouble_retransmit_share},
          {"network_limited_link_share", thresholds.network_limited_link_share},
          {"network_limited_allowance_events", thresholds.network_limited_allowance_events},
          {"missed_rate_share", thresholds.missed_rate_share},
          {"missed_rate_backlog_share", thresholds.missed_rate_backlog_share},
          {"missed_rate_requests", thresholds.missed_rate_requests},
          {"client_late_share", thresholds.client_late_share},
          {"halves_apart_share", thresholds.halves_apart_share}};
}

bool is_external(const std::string& verdict) {
  return verdict == kNoisyHost || verdict == kLostHost;
}

std::string shared_cpus_detail(const std::vector<PhysicalCore>& cores,
                               const std::vector<int>& server_cpus,
                               const std::vector<int>& load_cpus) {
  const auto shared = shared_cpus(cores, server_cpus, load_cpus);
  return shared.empty() ? std::string()
                        : fmt::format("server CPUs {} share a physical core with load CPUs {}",
                                      format_cpu_list(shared), format_cpu_list(load_cpus));
}

std::string failure_detail(const TrialReadings& readings) {
  return fmt::format("{}", fmt::join(reasons_to_fail(readings), "; "));
}

std::vector<std::string> notes_of(const Cell& cell, const TrialReadings& readings,
                                  const Thresholds& thresholds) {
  std::vector<std::string> notes = readings.notes;
  if (cell.conditions.backlog == Backlog::divided && readings.network &&
      readings.network->at("listen_overflows").is_number() &&
      readings.network->at("listen_overflows") > 0) {
    notes.emplace_back("connections found a full backlog, which the plan divides");
  }
  if (readings.load && readings.load->throughput_per_s) {
    if (std::string note = halves_note(readings.load->line, thresholds); !note.empty()) {
      notes.push_back(std::move(note));
    }
  }
  if (std::string note = sent_again_note(readings, thresholds); !note.empty()) {
    notes.push_back(std::move(note));
  }
  if (cell.role == Role::kCeiling) {
    if (const std::string limit = network_limited_detail(readings, thresholds); !limit.empty()) {
      notes.push_back("the ceiling is the network's: " + limit);
    }
  }
  return notes;
}

std::vector<Verdict> judge(const Cell& cell, const TrialReadings& readings,
                           const std::vector<PhysicalCore>& cores, const Thresholds& thresholds) {
  std::vector<Verdict> verdicts;
  const auto add = [&verdicts](const char* name, const std::string& detail) {
    if (!detail.empty()) {
      verdicts.push_back({name, detail});
    }
  };
  add(kFailed, failure_detail(readings));
  add(kLostHost, readings.lost_host);
  // CPUs of one number on two hosts are two.
  const std::string shared =
      readings.hosts ? std::string()
                     : shared_cpus_detail(cores, readings.server_cpus, readings.load_cpus);
  add(kSharedCpus, shared);
  // The ceiling's trials are there to find the client's limit, and its network's.
  if (cell.role != Role::kCeiling) {
    if (readings.load) {
      add(kClientBound, client_bound_detail(readings, thresholds));
    }
    add(kNetworkLimited, network_limited_detail(readings, thresholds));
  }
  add(kNoisyHost, noisy_host_detail(readings, cell.conditions.pin,
                                    shared.empty() ? Sharing::kNone : Sharing::kCpus, thresholds));
  add(kPortTrouble, port_trouble_detail(cell, readings, thresholds));
  if (readings.load && readings.load->throughput_per_s) {
    const LoadReport& load = *readings.load;
    add(kUnsteady, of_any_client(readings, [&](const Json& report) {
          return unsteady_detail(cell, report, thresholds);
        }));
    add(kLittleViolation, little_violation_detail(load, thresholds));
    add(kMissedRate, missed_rate_detail(cell, load.line, thresholds));
    add(kClientLate, of_any_client(readings, [&](const Json& report) {
          return client_late_detail(report, thresholds);
        }));
  }
  return verdicts;
}

}  // namespace coresweep
