#include "harness/verdict.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/cpu_division.hpp"
#include "support/cpu_set.hpp"

namespace coresweep {
namespace {

using Reasons = std::vector<std::string>;

void check_accounts_of_load(const Cell& cell, const LoadReport& load, Reasons& reasons) {
  const LoadTotals& totals = load.totals;
  if (!load.throughput_per_s) {
    reasons.emplace_back("the load generator did not see its whole window");
  }
  if (totals.requests_failed > 0) {
    Reasons kinds;
    for (const auto& [kind, count] : load.failures.items()) {
      kinds.push_back(fmt::format("{} {}", kind, count.dump()));
    }
    reasons.push_back(
        fmt::format("{} requests failed{}", totals.requests_failed,
                    kinds.empty() ? std::string(" outside the window")
                                  : fmt::format(" (in the window: {})", fmt::join(kinds, ", "))));
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
  if (totals.connections_opened < static_cast<std::uint64_t>(cell.connections)) {
    reasons.push_back(fmt::format("{} connections opened of {} asked for",
                                  totals.connections_opened, cell.connections));
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

Reasons reasons_to_fail(const Cell& cell, const TrialReadings& readings) {
  Reasons reasons;
  if (!readings.breakdown.empty()) {
    reasons.push_back(readings.breakdown);
  }
  if (readings.load) {
    check_accounts_of_load(cell, *readings.load, reasons);
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

}  // namespace

Json to_json(const Thresholds& thresholds) {
  return {{"client_bound_busy_share", thresholds.client_bound_busy_share}};
}

std::string shared_cpus_detail(const std::vector<PhysicalCore>& cores,
                               const std::vector<int>& server_cpus,
                               const std::vector<int>& load_cpus) {
  const auto shared = shared_cpus(cores, server_cpus, load_cpus);
  return shared.empty() ? std::string()
                        : fmt::format("server CPUs {} share a physical core with load CPUs {}",
                                      format_cpu_list(shared), format_cpu_list(load_cpus));
}

std::vector<Verdict> judge(const Cell& cell, const TrialReadings& readings,
                           const std::vector<PhysicalCore>& cores, const Thresholds& thresholds) {
  std::vector<Verdict> verdicts;
  const auto add = [&verdicts](const char* name, const std::string& detail) {
    if (!detail.empty()) {
      verdicts.push_back({name, detail});
    }
  };
  add(kFailed, fmt::format("{}", fmt::join(reasons_to_fail(cell, readings), "; ")));
  add(kSharedCpus, shared_cpus_detail(cores, readings.server_cpus, readings.load_cpus));
  if (readings.load) {
    add(kClientBound, client_bound_detail(*readings.load, thresholds.client_bound_busy_share));
  }
  return verdicts;
}

}  // namespace coresweep
