#include "harness/verdict.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "harness/cpu_division.hpp"
#include "harness/load_verdicts.hpp"
#include "support/cpu_set.hpp"

namespace coresweep {
namespace {

using Reasons = std::vector<std::string>;

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
    check_accounts_of_load(*readings.load, reasons);
    if (readings.server_totals) {
      check_both_sides_agree(readings.load->totals, *readings.server_totals, reasons);
    }
  }
  return reasons;
}

std::string client_bound_detail(const LoadReport& load, double threshold) {
  Reasons busy;
  for (std::size_t i = 0; i < load.busy_shares.size(); ++i) {
    if (load.busy_shares[i].value_or(0) > threshold) {
      busy.push_back(fmt::format("load thread {} busy {:.3f}", i, *load.busy_shares[i]));
    }
  }
  return busy.empty() ? std::string()
                      : fmt::format("{}, above {:.2f}", fmt::join(busy, ", "), threshold);
}

void check_steal(const TrialReadings& readings, double threshold, Reasons& reasons) {
  const double window_s = readings.machine_cpu->at("window_s").get<double>();
  for (const Json& entry : readings.machine_cpu->at("per_cpu")) {
    const int cpu = entry.at("cpu").get<int>();
    const double share = entry.at("steal_s").get<double>() / window_s;
    const auto uses = [cpu](const std::vector<int>& cpus) {
      return std::find(cpus.begin(), cpus.end(), cpu) != cpus.end();
    };
    if (share > threshold && (uses(readings.server_cpus) || uses(readings.load_cpus))) {
      reasons.push_back(fmt::format("{:.1f} % of CPU {} was stolen, above {:.1f} %", 100 * share,
                                    cpu, 100 * threshold));
    }
  }
}

void check_run_delay(const char* side, const Json& thread, double window_s, double threshold,
                     Reasons& reasons) {
  const Json& delay_s = thread.at("run_delay_s");
  const double share = delay_s.is_number() ? delay_s.get<double>() / window_s : 0;
  if (share > threshold) {
    reasons.push_back(
        fmt::format("{} thread {} waited for its CPU {:.1f} % of the window, above {:.1f} %", side,
                    thread.at("thread").get<int>(), 100 * share, 100 * threshold));
  }
}

// Each delay is divided by the time between the two readings that it is the difference of.
void check_run_delays(const TrialReadings& readings, Pin pin, double threshold,
                      Reasons& reasons) {
  // Those that roam over several CPUs wait for each other.
  if (readings.server_window && (pin == Pin::each || readings.server_cpus.size() == 1)) {
    const double window_s = readings.server_window->at("window_s").get<double>();
    for (const Json& thread : readings.server_window->at("threads")) {
      check_run_delay("server", thread, window_s, threshold, reasons);
    }
  }
  if (readings.load && readings.load->throughput_per_s) {
    for (const Json& thread : readings.load->line.at("load_threads")) {
      check_run_delay("load", thread, thread.at("window_s").get<double>(), threshold, reasons);
    }
  }
}

// A harness that is held up at an edge of the window, by its neighbours or by Ctrl-Z, reads the
// server late, and then its CPU time is not that of the requests that were counted.
void check_same_window(const LoadReport& load, const Json& server, double threshold,
                       Reasons& reasons) {
  const double window_s = load.line.at("window_s").get<double>();
  const double read_over_s = server.at("window_s").get<double>();
  if (std::abs(read_over_s - window_s) > threshold) {
    reasons.push_back(
        fmt::format("the server was read over {:.3f} s of a window of {:.3f} s, further apart than "
                    "{:.3f} s",
                    read_over_s, window_s, threshold));
  }
}

// It falls with the number of cores that are busy, and that does not change within a trial. One
// sample says little of a CPU that is idle now and then: the later half of them is held against the
// earlier.
void check_frequency(const Json& samples, double threshold, Reasons& reasons) {
  for (const Json& entry : samples.at("per_cpu")) {
    const auto khz = entry.at("khz").get<std::vector<double>>();
    const auto half = static_cast<std::ptrdiff_t>(khz.size() / 2);
    const double before = std::accumulate(khz.begin(), khz.begin() + half, 0.0);
    const double after = std::accumulate(khz.end() - half, khz.end(), 0.0);
    if (after < (1 - threshold) * before) {
      const double khz_a_ghz = 1e6 * static_cast<double>(half);
      reasons.push_back(fmt::format("CPU {} fell from {:.3f} to {:.3f} GHz, by more than {:.1f} %",
                                    entry.at("cpu").get<int>(), before / khz_a_ghz,
                                    after / khz_a_ghz, 100 * threshold));
    }
  }
}

// Of a server and a load that share CPUs `is_shared`: they delay each other, which is no noise.
std::string noisy_host_detail(const TrialReadings& readings, const Thresholds& thresholds, Pin pin,
                              bool is_shared) {
  Reasons reasons;
  if (readings.machine_cpu) {
    check_steal(readings, thresholds.noisy_host_steal_share, reasons);
  }
  if (readings.cpu_frequency.is_object()) {
    check_frequency(readings.cpu_frequency, thresholds.noisy_host_frequency_fall_share, reasons);
  }
  if (!is_shared) {
    check_run_delays(readings, pin, thresholds.noisy_host_run_delay_share, reasons);
  }
  if (readings.load && readings.server_window && readings.load->throughput_per_s) {
    check_same_window(*readings.load, *readings.server_window, thresholds.noisy_host_window_gap_s,
                      reasons);
  }
  return fmt::format("{}", fmt::join(reasons, "; "));
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
  const std::string shared = shared_cpus_detail(cores, readings.server_cpus, readings.load_cpus);
  add(kSharedCpus, shared);
  // The ceiling's trials are there to find the client's limit.
  if (readings.load && cell.role != Role::kCeiling) {
    add(kClientBound, client_bound_detail(*readings.load, thresholds.client_bound_busy_share));
  }
  add(kNoisyHost,
      noisy_host_detail(readings, thresholds, cell.conditions.pin, !shared.empty()));
  add(kPortTrouble, port_trouble_detail(cell, readings, thresholds));
  if (readings.load && readings.load->throughput_per_s) {
    const LoadReport& load = *readings.load;
    add(kUnsteady, unsteady_detail(cell, load.line, thresholds));
    add(kLittleViolation, little_violation_detail(load, thresholds));
    add(kMissedRate, missed_rate_detail(cell, load.line, thresholds));
    add(kClientLate, client_late_detail(load.line, thresholds));
  }
  return verdicts;
}

}  // namespace coresweep
