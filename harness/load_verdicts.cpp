#include "harness/load_verdicts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "harness/host_verdicts.hpp"
#include "support/duration.hpp"

namespace coresweep {
namespace {

double figure(const Json& report, const char* key) { return report.at(key).get<double>(); }

bool is_open_loop(const Json& report) { return report.at("rate_per_s").is_number(); }

// "refused 3, timed_out 1"
std::string kinds_text(const Json& kinds) {
  std::vector<std::string> words;
  for (const auto& [kind, count] : kinds.items()) {
    words.push_back(fmt::format("{} {}", kind, count.dump()));
  }
  return fmt::format("{}", fmt::join(words, ", "));
}

// How many more may be open at the window's end than at its begin by chance: those in flight at
// either edge are two draws of one Poisson law, and this is three standard deviations of their
// difference. What a stalled thread holds up at an edge was asked for.
double spared_requests(const Cell& cell, const Json& report, const Thresholds& thresholds) {
  const double by_chance = 3 * std::sqrt(2 * figure(report, "requests_in_flight_mean"));
  const double by_stall =
      cell.conditions.stall
          ? figure(report, "rate_per_s") * to_seconds(cell.conditions.stall->length)
          : 0;
  return std::max(thresholds.missed_rate_requests, by_chance) + by_stall;
}

// What was sent again needlessly was never lost: it was acknowledged late. Loopback loses nothing,
// a network now and then a packet.
std::string lost_segments_detail(const Json& totals, bool is_network,
                                 const Thresholds& thresholds) {
  const double lost = figure(totals, "segments_retransmitted") -
                      figure(totals, "segments_retransmitted_needlessly");
  const double spared =
      is_network ? thresholds.port_trouble_retransmit_share * figure(totals, "segments_sent")
                 : thresholds.port_trouble_events;
  return lost <= spared
             ? std::string()
             : fmt::format("{:.0f} of the load's own {} segments were lost and sent again", lost,
                           totals.at("segments_sent").dump());
}

}  // namespace

std::string unsteady_detail(const Cell& cell, const Json& report, const Thresholds& thresholds) {
  if (cell.conditions.stall) {
    return {};
  }
  for (const Json& silence : report.at("silences")) {
    const double begin_s = figure(silence, "begin_ns") / 1e9;
    const double length_s = figure(silence, "end_ns") / 1e9 - begin_s;
    const double waiting = figure(silence, "requests_waiting");
    // Requests that were sent together are answered together.
    if (length_s >= thresholds.unsteady_silence_s + to_seconds(cell.conditions.wait) &&
        waiting >= thresholds.unsteady_requests) {
      return fmt::format("no answer for {:.3f} s, from {:.3f} s of the window on, while {:.0f} "
                         "requests waited for one",
                         length_s, begin_s, waiting);
    }
  }
  return {};
}

std::string little_violation_detail(const LoadReport& load, const Thresholds& thresholds) {
  const LoadTotals& totals = load.totals;
  // Those have no latency, and were in flight.
  if (totals.requests_failed + totals.requests_in_flight_at_end + totals.connections_lost > 0) {
    return {};
  }
  const double by_slots = figure(load.line, "requests_in_flight_mean");
  const double by_latency = figure(load.line, "requests_in_flight_mean_by_latency");
  const double apart = std::abs(by_slots - by_latency);
  return apart <= thresholds.little_violation_share * std::max(by_slots, by_latency)
             ? std::string()
             : fmt::format("{:.4g} requests were in flight by their slots and {:.4g} by throughput "
                           "and latency, further apart than {:.1f} %",
                           by_slots, by_latency, 100 * thresholds.little_violation_share);
}

std::string port_trouble_detail(const Cell& cell, const TrialReadings& readings,
                                const Thresholds& thresholds) {
  std::vector<std::string> reasons;
  if (!readings.connect_failures.empty()) {
    reasons.push_back(fmt::format("the load generator could not open its connections ({})",
                                  kinds_text(readings.connect_failures)));
  }
  // A plan that divides the backlog asks for queues that are full, and SYNs that are sent again.
  const bool may_overflow = cell.conditions.backlog == Backlog::divided;
  if (readings.network && !may_overflow) {
    for (const auto& [key, name] : {std::pair("listen_overflows", "found a full backlog"),
                                    std::pair("listen_drops", "were dropped by a listener")}) {
      const Json& count = readings.network->at(key);
      if (count.is_number() && count.get<double>() > thresholds.port_trouble_events) {
        reasons.push_back(fmt::format("{} connections {} in the window", count.dump(), name));
      }
    }
  }
  if (readings.load) {
    const Json& totals = readings.load->line.at("totals");
    if (!totals.at("connections_failed").empty()) {
      reasons.push_back(fmt::format("connections could not be opened ({})",
                                    kinds_text(totals.at("connections_failed"))));
    }
    const std::string lost = of_any_client(readings, [&](const Json& report) {
      return lost_segments_detail(report.at("totals"), readings.hosts.has_value(), thresholds);
    });
    if (!lost.empty() && !may_overflow) {
      reasons.push_back(lost);
    }
    const std::uint64_t opened = readings.load->totals.connections_opened;
    if (opened < static_cast<std::uint64_t>(cell.connections)) {
      reasons.push_back(
          fmt::format("{} connections opened of {} asked for", opened, cell.connections));
    }
  }
  return fmt::format("{}", fmt::join(reasons, "; "));
}

std::string missed_rate_detail(const Cell& cell, const Json& report,
                               const Thresholds& thresholds) {
  if (!is_open_loop(report)) {
    return {};
  }
  std::vector<std::string> reasons;
  const double due = figure(report, "requests_due");
  const double spared = spared_requests(cell, report, thresholds);
  const auto exceeds = [&](double requests, double share) {
    return requests > share * due && requests >= spared;
  };
  // Those that were answered later, or not at all. What came late from before the window is in the
  // answers, as what goes late out of it is not.
  const double missing = std::max(due - figure(report, "requests_answered"),
                                  figure(report, "requests_due_unanswered"));
  if (exceeds(missing, thresholds.missed_rate_share)) {
    reasons.push_back(fmt::format("{:.0f} of {:.0f} requests due were not answered in time, above "
                                  "{:.1f} %",
                                  missing, due, 100 * thresholds.missed_rate_share));
  }
  const double at_begin = figure(report, "requests_overdue_at_begin");
  const double at_end = figure(report, "requests_overdue_at_end");
  if (exceeds(at_end - at_begin, thresholds.missed_rate_backlog_share)) {
    reasons.push_back(fmt::format("the requests that were due and not sent grew from {:.0f} to "
                                  "{:.0f}, by more than {:.1f} % of those due",
                                  at_begin, at_end, 100 * thresholds.missed_rate_backlog_share));
  }
  return fmt::format("{}", fmt::join(reasons, "; "));
}

std::string client_late_detail(const Json& report, const Thresholds& thresholds) {
  if (!is_open_loop(report)) {
    return {};
  }
  // The highest percentile that can be told of all three.
  for (const char* percentile : {"p99", "p90", "p50"}) {
    const Json& latency = report.at("latency_from_due_ns").at(percentile);
    const Json& sent_late = report.at("client_late_ns").at(percentile);
    const Json& read_late = report.at("client_read_late_ns").at(percentile);
    if (latency.is_null() || sent_late.is_null() || read_late.is_null()) {
      continue;
    }
    std::vector<std::string> late;
    for (const auto& [value, name] :
         {std::pair(&sent_late, "sending"), std::pair(&read_late, "reading")}) {
      if (value->get<double>() > thresholds.client_late_share * latency.get<double>()) {
        late.push_back(fmt::format("{} of its late {} is {:.4g} us", percentile, name,
                                   value->get<double>() / 1e3));
      }
    }
    return late.empty() ? std::string()
                        : fmt::format("{}, above {:.0f} % of the latency's {:.4g} us",
                                      fmt::join(late, ", "), 100 * thresholds.client_late_share,
                                      latency.get<double>() / 1e3);
  }
  return {};
}

std::string halves_note(const Json& report, const Thresholds& thresholds) {
  const double first = figure(report, "requests_answered_first_half");
  const double second = figure(report, "requests_answered") - first;
  if (first <= 0 || std::abs(second / first - 1) <= thresholds.halves_apart_share) {
    return {};
  }
  // Without the figure, which is in the record: many trials' notes are one line.
  return fmt::format("the window's second half was more than {:.0f} % {} than the first",
                     100 * thresholds.halves_apart_share, second < first ? "slower" : "faster");
}

}  // namespace coresweep
