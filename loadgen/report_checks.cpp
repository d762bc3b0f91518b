#include "loadgen/report_checks.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numeric>
#include <string_view>

namespace coresweep {
namespace {

// What is counted in two places is the same in both.
void require_sums(const LoadReport& report) {
  const LoadFigures& figures = report.figures;
  const bool is_open = !report.asked["rate_per_s"].is_null();
  Tally of_seconds;
  for (const Second& second : figures.seconds) {
    of_seconds.add(second.ended);
  }
  std::uint64_t of_threads = 0;
  std::uint64_t connections = 0;
  for (const ThreadFigures& thread : figures.threads) {
    of_threads += thread.requests_answered;
    connections += thread.connections;
  }
  const std::uint64_t of_statuses =
      std::accumulate(figures.statuses.begin(), figures.statuses.end(), std::uint64_t{0});
  const Tally& life = figures.whole_life;
  const auto asked = [&](const char* key) { return report.asked[key].get<std::uint64_t>(); };
  struct Sum {
    std::string_view key;
    std::uint64_t said;
    std::string_view other;
    std::uint64_t counted;
  };
  for (const Sum& sum : {
           Sum{"requests_answered", figures.window.answered, "'seconds'", of_seconds.answered},
           Sum{"requests_answered", figures.window.answered, "'load_threads'", of_threads},
           Sum{"latency_from_due_ns' with 'requests_due_unanswered",
               figures.latency_from_due.count() + figures.unanswered,
               is_open ? "'requests_due'" : "'requests_answered'",
               is_open ? figures.due_in_window() : figures.window.answered},
           Sum{"latency_from_sent_ns", figures.latency_from_sent.count(), "'latency_from_due_ns'",
               figures.latency_from_due.count()},
           Sum{"client_late_ns", figures.client_late.count(), "'requests_sent'",
               figures.sent_in_window()},
           Sum{"client_read_late_ns", figures.client_read_late.count(), "'latency_from_due_ns'",
               figures.latency_from_due.count()},
           Sum{"threads", asked("threads"), "'load_threads'", figures.threads.size()},
           Sum{"connections' with 'idle_connections",
               asked("connections") + asked("idle_connections"), "'load_threads'", connections},
           Sum{"totals/requests_due", figures.due, "what was sent or not",
               figures.sent + figures.unsent},
           Sum{"totals/requests_sent", figures.sent, "how they ended",
               life.answered + life.failed_total() + figures.in_flight},
           Sum{"totals/grpc_statuses", of_statuses, "'wrong_status'",
               life.failed[static_cast<std::size_t>(Failure::wrong_status)]},
       }) {
    if (sum.said != sum.counted) {
      throw ReportError(fmt::format("'{}' come to {}, and by {} to {}", sum.key, sum.said,
                                    sum.other, sum.counted));
    }
  }
  if (of_seconds.failed != figures.window.failed) {
    throw ReportError("'failures' are others than those of 'seconds'");
  }
}

// To nine digits: another host's arithmetic may differ in the sixteenth. Nothing is nothing, as a
// list and as null.
bool is_same(const Json& said, const Json& made) {
  if (said.is_number_float() || made.is_number_float()) {
    const auto value = made.is_number() ? made.get<double>() : 0.0;
    return said.is_number() && made.is_number() &&
           std::abs(said.get<double>() - value) <= 1e-9 * std::abs(value);
  }
  return said == made || (said.empty() && made.empty());
}

// Percentiles, rates and sums follow from what was read. Histograms were read: another zlib packs
// the same into other bytes.
void require_what_follows(const Json& said, const LoadReport& report) {
  const Json made = to_json(report).flatten();
  for (const auto& [path, value] : made.items()) {
    const Json::json_pointer place(path);
    const std::string key = path.substr(1);
    if (!said.contains(place)) {
      throw ReportError(fmt::format("'{}' is missing", key));
    }
    if (!key.ends_with("histogram") && !is_same(said[place], value)) {
      throw ReportError(fmt::format("'{}' is {}, and by its other figures {}", key,
                                    shown(said[place]), shown(value)));
    }
  }
}

}  // namespace

void require_agreement(const Json& said, const LoadReport& read) {
  require_sums(read);
  require_what_follows(said, read);
}

std::string shown(const Json& value) { return value.dump().substr(0, 40); }

}  // namespace coresweep
