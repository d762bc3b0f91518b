// read_report(): a report as this program wrote it, back into figures that can be added.
#include <fmt/format.h>

#include <array>
#include <limits>

#include "loadgen/load_report.hpp"
#include "loadgen/report_checks.hpp"
#include "support/hdr_encoding.hpp"

namespace coresweep {
namespace {

const Json& member(const Json& json, std::string_view key) {
  const auto found = json.is_object() ? json.find(key) : json.end();
  if (!json.is_object() || found == json.end()) {
    throw ReportError(fmt::format("'{}' is missing", key));
  }
  return *found;
}

// More than anybody has counted, and few enough that the sum of a thousand clients has room.
constexpr std::uint64_t kMostCount = std::uint64_t{1} << 53;
// Of a time before or after the window's begin: a day.
constexpr std::int64_t kMostTime = 86'400'000'000'000;
// Of seeds, and of times in nanoseconds.
constexpr std::uint64_t kMostInteger = std::numeric_limits<std::int64_t>::max();

std::uint64_t count_at(const Json& json, std::string_view key, std::uint64_t most = kMostCount) {
  const Json& value = member(json, key);
  if (!value.is_number_integer() || value < 0 || value > most) {
    throw ReportError(fmt::format("'{}' is {}, not a count", key, shown(value)));
  }
  return value.get<std::uint64_t>();
}

double number_at(const Json& json, std::string_view key) {
  const Json& value = member(json, key);
  if (!value.is_number() || value.get<double>() < 0) {
    throw ReportError(fmt::format("'{}' is {}, not a number from 0", key, shown(value)));
  }
  return value.get<double>();
}

// What was asked, of the kind that `like` is. Null where an option has no value: a phase is a text
// otherwise, all others are counts.
const Json& asked_at(const Json& json, const std::string& key, const Json& like) {
  const Json& value = member(json, key);
  if (like.is_null() && value.is_null()) {
    return value;
  }
  if (like.is_string() || key == "phase") {
    if (!value.is_string()) {
      throw ReportError(fmt::format("'{}' is {}, not a text", key, shown(value)));
    }
  } else if (like.is_boolean()) {
    if (!value.is_boolean()) {
      throw ReportError(fmt::format("'{}' is {}, not true or false", key, shown(value)));
    }
  } else if (like.is_number_float()) {
    (void)number_at(json, key);
  } else {
    (void)count_at(json, key, key == "seed" ? kMostInteger : kMostCount);
  }
  return value;
}

const Json& list_at(const Json& json, std::string_view key) {
  const Json& value = member(json, key);
  if (!value.is_array()) {
    throw ReportError(fmt::format("'{}' is no list", key));
  }
  return value;
}

Histogram histogram_at(const Json& json, std::string_view key) {
  const Json& text = member(json, key);
  try {
    return decode_hdr(text.is_string() ? text.get_ref<const std::string&>() : "");
  } catch (const HdrError& error) {
    throw ReportError(fmt::format("'{}' is {}", key, error.what()));
  }
}

// The encoding has no sum and no maximum: they stand beside it. Such as it rules out come back as
// others, which require_agreement() refuses.
Histogram latency_at(const Json& json, std::string_view key) {
  const Json& latency = member(json, key);
  const Histogram counts = histogram_at(latency, "histogram");
  if (counts.count() != count_at(latency, "count")) {
    throw ReportError(fmt::format("'{}' counts {} and its histogram {}", key,
                                  count_at(latency, "count"), counts.count()));
  }
  if (counts.count() == 0) {
    return counts;
  }
  return {counts.counts(), number_at(latency, "mean"), count_at(latency, "max", kMostInteger)};
}

// Counts by kind; one that is not there is 0.
template <class Kind, std::size_t kKinds>
void read_kinds(const Json& json, std::string_view key, std::array<std::uint64_t, kKinds>& counts) {
  const Json& by_kind = member(json, key);
  if (!by_kind.is_object()) {
    throw ReportError(fmt::format("'{}' is {}, not counts by kind", key, shown(by_kind)));
  }
  for (const auto& [name, unused] : by_kind.items()) {
    std::size_t kind = 0;
    while (kind < kKinds && name_of(static_cast<Kind>(kind)) != name) {
      ++kind;
    }
    if (kind == kKinds) {
      throw ReportError(fmt::format("'{}' has {}, which is no kind of them", key, shown(name)));
    }
    counts[kind] = count_at(by_kind, name);
  }
}

Tally read_tally(const Json& json) {
  Tally tally{.answered = count_at(json, "requests_answered"), .failed = {}};
  read_kinds<Failure>(json, "failures", tally.failed);
  return tally;
}

std::optional<double> number_or_null(const Json& json, std::string_view key) {
  return member(json, key).is_null() ? std::nullopt : std::optional(number_at(json, key));
}

ThreadFigures read_thread(const Json& json) {
  std::optional<int> cpu;
  if (!member(json, "cpu").is_null()) {
    cpu = static_cast<int>(count_at(json, "cpu", std::numeric_limits<int>::max()));
  }
  ThreadFigures thread{.client = count_at(json, "client"),
                       .thread = count_at(json, "thread"),
                       .cpu = cpu,
                       .connections = count_at(json, "connections"),
                       .requests_answered = count_at(json, "requests_answered"),
                       .begun_late_ns = count_at(json, "begun_late_ns"),
                       .window_s = number_at(json, "window_s"),
                       .cpu_user_s = number_at(json, "cpu_user_s"),
                       .cpu_system_s = number_at(json, "cpu_system_s"),
                       .run_delay_s = number_or_null(json, "run_delay_s"),
                       .spun_s = number_at(json, "spun_s"),
                       .client_work_ns = number_at(json, "client_work_ns"),
                       .client_work_measured_ns = number_at(json, "client_work_measured_ns")};
  if (thread.window_s == 0) {
    throw ReportError("'window_s' of a thread is 0");
  }
  return thread;
}

Second read_second(const Json& json) {
  const Histogram latency = histogram_at(json, "latency_from_due_histogram");
  Second second{
      .due = count_at(json, "requests_due"),
      .sent = count_at(json, "requests_sent"),
      .ended = read_tally(json),
      .latency_from_due = used_buckets(latency),
  };
  if (latency.count() != second.ended.answered) {
    throw ReportError(fmt::format("a second's 'requests_answered' is {}, and in its histogram {}",
                                  second.ended.answered, latency.count()));
  }
  return second;
}

Silence read_silence(const Json& json) {
  const auto time = [&json](std::string_view key) {
    const Json& value = member(json, key);
    if (!value.is_number_integer() || value < -kMostTime || value > kMostTime) {
      throw ReportError(fmt::format("'{}' of a silence is {}", key, shown(value)));
    }
    return value.get<std::int64_t>();
  };
  return {.begin_ns = time("begin_ns"),
          .end_ns = time("end_ns"),
          .requests_waiting = count_at(json, "requests_waiting")};
}

// Whatever is no text is none: to_json() makes null of it, which does not agree.
std::string text_at(const Json& json, std::string_view key) {
  const Json& value = member(json, key);
  return value.is_string() ? value.get<std::string>() : "";
}

void read_totals(const Json& json, LoadFigures& figures) {
  figures.whole_life = read_tally(json);
  const Json& statuses = list_at(json, "grpc_statuses");
  for (std::size_t i = 0; i < figures.statuses.size(); ++i) {
    if (statuses.size() != figures.statuses.size() || !statuses[i].is_number_integer() ||
        statuses[i] < 0 || statuses[i] > kMostCount) {
      throw ReportError(
          fmt::format("'grpc_statuses' is no list of {} counts", figures.statuses.size()));
    }
    figures.statuses[i] = statuses[i].get<std::uint64_t>();
  }
  figures.due = count_at(json, "requests_due");
  figures.sent = count_at(json, "requests_sent");
  figures.unsent = count_at(json, "requests_unsent_at_end");
  figures.given_up = count_at(json, "requests_given_up");
  figures.in_flight = count_at(json, "requests_in_flight_at_end");
  ConnectionTally& connections = figures.connections;
  connections.opened = count_at(json, "connections_opened");
  connections.closed = count_at(json, "connections_closed");
  connections.lost = count_at(json, "connections_lost");
  connections.drained = count_at(json, "connections_drained");
  connections.narrowed = count_at(json, "connections_narrowed");
  read_kinds<ConnectFailure>(json, "connections_failed", connections.failed);
  connections.segments = {.sent = count_at(json, "segments_sent"),
                          .retransmitted = count_at(json, "segments_retransmitted"),
                          .retransmitted_needlessly =
                              count_at(json, "segments_retransmitted_needlessly")};
  connections.segments_connecting = {
      .sent = count_at(json, "segments_sent_connecting"),
      .retransmitted = count_at(json, "segments_retransmitted_connecting"),
      .retransmitted_needlessly = 0};
  connections.first_loss = text_at(json, "first_loss");
  figures.first_message = text_at(json, "first_grpc_message");
  figures.first_wrong_reply = text_at(json, "first_wrong_reply");
}

}  // namespace

LoadReport read_report(const Json& json) {
  LoadReport report;
  const Json defaults = what_is_asked({});
  for (const auto& [key, value] : defaults.items()) {
    report.asked[key] = asked_at(json, key, value);
  }
  const bool is_open = report.asked["mode"] == "constant" || report.asked["mode"] == "poisson";
  if (is_open == report.asked["rate_per_s"].is_null()) {
    throw ReportError(fmt::format("'rate_per_s' is {} in mode {}",
                                  shown(report.asked["rate_per_s"]), shown(report.asked["mode"])));
  }
  report.window_begin_epoch_ns =
      static_cast<std::int64_t>(count_at(json, "window_begin_epoch_ns", kMostInteger));
  report.window_s = number_at(json, "window_s");
  // Longer ones cannot be asked for; and a list of its seconds is made.
  constexpr double kLongestWindow = 600;
  if (report.window_s == 0 || report.window_s > kLongestWindow) {
    throw ReportError(fmt::format("'window_s' is {}", report.window_s));
  }
  LoadFigures& figures = report.figures;
  figures.window = read_tally(json);
  figures.answered_first_half = count_at(json, "requests_answered_first_half");
  figures.in_flight_mean = number_at(json, "requests_in_flight_mean");
  figures.in_flight_mean_by_latency = number_at(json, "requests_in_flight_mean_by_latency");
  for (const Json& silence : list_at(json, "silences")) {
    figures.silences.push_back(read_silence(silence));
  }
  figures.unanswered = count_at(json, "requests_due_unanswered");
  figures.latency_from_due = latency_at(json, "latency_from_due_ns");
  figures.latency_from_sent = latency_at(json, "latency_from_sent_ns");
  figures.client_late = latency_at(json, "client_late_ns");
  figures.client_read_late = latency_at(json, "client_read_late_ns");
  figures.connect_to_first_reply = latency_at(json, "connect_to_first_reply_ns");
  figures.time_wait_at_begin = count_at(json, "time_wait_at_begin");
  figures.time_wait_at_end = count_at(json, "time_wait_at_end");
  figures.overdue_at_begin = count_at(json, "requests_overdue_at_begin");
  const Json& seconds = list_at(json, "seconds");
  if (seconds.size() != seconds_of(report.window_s)) {
    throw ReportError(fmt::format("'seconds' are {}, and the window has {}", seconds.size(),
                                  seconds_of(report.window_s)));
  }
  for (const Json& second : seconds) {
    figures.seconds.push_back(read_second(second));
  }
  for (const Json& thread : list_at(json, "load_threads")) {
    figures.threads.push_back(read_thread(thread));
  }
  read_totals(member(json, "totals"), figures);
  require_agreement(json, report);
  return report;
}

}  // namespace coresweep
