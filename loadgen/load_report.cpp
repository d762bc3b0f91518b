#include "loadgen/load_report.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <utility>

#include "support/duration.hpp"
#include "support/hdr_encoding.hpp"

namespace coresweep {
namespace {

Json failures_json(const Tally& tally) {
  Json failures = Json::object();
  for (std::size_t kind = 0; kind < kFailureKinds; ++kind) {
    if (tally.failed[kind] > 0) {
      failures[std::string(name_of(static_cast<Failure>(kind)))] = tally.failed[kind];
    }
  }
  return failures;
}

Json silences_json(const LoadFigures& figures) {
  Json all = Json::array();
  for (const Silence& silence : figures.silences) {
    all.push_back({{"begin_ns", silence.begin_ns},
                   {"end_ns", silence.end_ns},
                   {"requests_waiting", silence.requests_waiting}});
  }
  return all;
}

Json second_json(const Second& second, std::size_t number) {
  const Json latency = latency_json(second.histogram());
  return {{"second", number},
          {"requests_due", second.due},
          {"requests_sent", second.sent},
          {"requests_answered", second.ended.answered},
          {"requests_failed", second.ended.failed_total()},
          {"failures", failures_json(second.ended)},
          {"latency_from_due_p50_ns", latency["p50"]},
          {"latency_from_due_p99_ns", latency["p99"]},
          {"latency_from_due_histogram", latency["histogram"]}};
}

double mean_request_bytes(const ServiceCall& service) {
  std::size_t sum = 0;
  for (const Exchange& exchange : service.exchanges) {
    sum += exchange.request.size();
  }
  const auto count = static_cast<double>(std::max<std::size_t>(service.exchanges.size(), 1));
  return static_cast<double>(sum) / count;
}

// Also seconds in which nothing happened: they are what is looked for.
Json seconds_json(const LoadReport& report) {
  Json all = Json::array();
  for (std::size_t i = 0; i < seconds_of(report.window_s); ++i) {
    const auto& seconds = report.figures.seconds;
    all.push_back(second_json(i < seconds.size() ? seconds[i] : Second{}, i));
  }
  return all;
}

std::string_view mode_name(const LoadOptions& options) {
  if (!options.arrivals) {
    return options.churns ? "churn" : "closed";
  }
  return *options.arrivals == Arrivals::constant ? "constant" : "poisson";
}

template <class Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

// What it waited for a CPU stands beside what it used: that is somebody else's doing.
Json thread_json(const ThreadFigures& thread) {
  return {{"client", thread.client},
          {"thread", thread.thread},
          {"cpu", or_null(thread.cpu)},
          {"connections", thread.connections},
          {"requests_answered", thread.requests_answered},
          {"begun_late_ns", thread.begun_late_ns},
          {"window_s", thread.window_s},
          {"cpu_user_s", thread.cpu_user_s},
          {"cpu_system_s", thread.cpu_system_s},
          {"run_delay_s", or_null(thread.run_delay_s)},
          {"spun_s", thread.spun_s},
          {"client_work_ns", thread.client_work_ns},
          {"client_work_measured_ns", thread.client_work_measured_ns},
          {"busy_share", thread.busy_share()}};
}

Json totals_json(const LoadFigures& figures) {
  return {
      {"requests_due", figures.due},
      {"requests_unsent_at_end", figures.unsent},
      {"requests_given_up", figures.given_up},
      {"requests_sent", figures.sent},
      {"requests_answered", figures.whole_life.answered},
      {"requests_failed", figures.whole_life.failed_total()},
      {"failures", failures_json(figures.whole_life)},
      {"grpc_statuses", figures.statuses},
      {"requests_in_flight_at_end", figures.in_flight},
      {"connections_opened", figures.connections.opened},
      {"connections_closed", figures.connections.closed},
      {"connections_lost", figures.connections.lost},
      {"connections_drained", figures.connections.drained},
      {"connections_narrowed", figures.connections.narrowed},
      {"connections_failed", failures_json(figures.connections)},
      {"segments_sent", figures.connections.segments.sent},
      {"segments_retransmitted", figures.connections.segments.retransmitted},
      {"segments_retransmitted_needlessly",
       figures.connections.segments.retransmitted_needlessly},
      {"segments_sent_connecting", figures.connections.segments_connecting.sent},
      {"segments_retransmitted_connecting",
       figures.connections.segments_connecting.retransmitted},
      {"first_loss", or_null(figures.connections.first_loss)},
      {"first_grpc_message", or_null(figures.first_message)},
      {"first_wrong_reply", or_null(figures.first_wrong_reply)}};
}

}  // namespace

Json failures_json(const ConnectionTally& tally) {
  Json failures = Json::object();
  for (std::size_t kind = 0; kind < kConnectFailureKinds; ++kind) {
    if (tally.failed[kind] > 0) {
      failures[std::string(name_of(static_cast<ConnectFailure>(kind)))] = tally.failed[kind];
    }
  }
  return failures;
}

Json percentiles_json(const Histogram& histogram, std::uint64_t unanswered) {
  constexpr double kFewestAbove = 10;
  constexpr double kTrifle = 1e-6;  // 0.1 % of 10,000 are in binary a little less than 10
  constexpr std::array<std::pair<const char*, double>, 4> kPercentiles{
      {{"p50", 50}, {"p90", 90}, {"p99", 99}, {"p999", 99.9}}};
  Json json = Json::object();
  const auto count = static_cast<double>(histogram.count());
  for (const auto& [key, percent_of_all] : kPercentiles) {
    const double percent = percent_of_all * (1 + static_cast<double>(unanswered) / count);
    // By rank: values that are equal, as after a stall, are not the fewer for it.
    const double above = (count + static_cast<double>(unanswered)) * (100 - percent_of_all) / 100;
    const bool is_known = count > 0 && percent <= 100 && above > kFewestAbove - kTrifle;
    json[key] = is_known ? Json(histogram.percentile(percent)) : Json(nullptr);
  }
  json["max"] = histogram.count() > 0 ? Json(histogram.max()) : Json(nullptr);
  json["mean"] = histogram.count() > 0 ? Json(histogram.mean()) : Json(nullptr);
  json["count"] = histogram.count();
  return json;
}

Json latency_json(const Histogram& histogram, std::uint64_t unanswered) {
  Json json = percentiles_json(histogram, unanswered);
  json["histogram"] = encode_hdr(histogram);
  return json;
}

std::size_t seconds_of(double window_s) {
  const std::chrono::duration<double> window(window_s);
  return static_cast<std::size_t>(std::chrono::ceil<std::chrono::seconds>(window).count());
}

Json what_is_asked(const LoadOptions& options) {
  return {
      {"mode", mode_name(options)},
      {"rate_per_s", options.arrivals ? Json(options.rate_per_s) : Json(nullptr)},
      {"phase", options.phase.count > 1 ? Json(format_phase(options.phase)) : Json(nullptr)},
      {"seed", options.seed},
      {"target", options.target.text},
      {"method", options.service.path},
      {"request_bytes", mean_request_bytes(options.service)},
      {"reply_bytes", or_null(options.service.reply_bytes)},
      {"call_crc32", options.service.checksum()},
      {"connections", options.connections},
      {"streams", options.streams},
      {"idle_connections", options.idle_connections},
      {"load_spread", options.spread_text},
      {"think_time_s", to_seconds(options.think_time)},
      {"client_work", options.client_work_text},
      {"requests_per_connection",
       options.requests_per_connection > 0 ? Json(options.requests_per_connection) : Json(nullptr)},
      {"abortive_close", options.abortive_close},
      {"threads", options.threads},
      {"warmup_s", to_seconds(options.warmup)},
      {"window_s", to_seconds(options.duration)}};
}

Json to_json(const LoadReport& report) {
  const LoadFigures& figures = report.figures;
  const std::uint64_t due = figures.due_in_window();
  const std::uint64_t sent = figures.sent_in_window();
  double user = 0;
  double system = 0;
  Json threads = Json::array();
  for (const ThreadFigures& thread : figures.threads) {
    threads.push_back(thread_json(thread));
    user += thread.cpu_user_s;
    system += thread.cpu_system_s;
  }
  Json json{{"event", "report"}};
  json.update(report.asked);
  json.update(
      {{"window_begin_epoch_ns", report.window_begin_epoch_ns},
       {"requests_answered", figures.window.answered},
       {"throughput_per_s", static_cast<double>(figures.window.answered) / report.window_s},
       {"requests_failed", figures.window.failed_total()},
       {"failures", failures_json(figures.window)},
       {"requests_answered_first_half", figures.answered_first_half},
       {"requests_in_flight_mean", figures.in_flight_mean},
       {"requests_in_flight_mean_by_latency", figures.in_flight_mean_by_latency},
       {"silences", silences_json(figures)},
       {"requests_due", due},
       {"requests_sent", sent},
       {"requests_overdue_at_begin", figures.overdue_at_begin},
       {"requests_overdue_at_end", figures.overdue_at_begin + due - sent},
       {"requests_due_unanswered", figures.unanswered},
       {"latency_from_due_ns", latency_json(figures.latency_from_due, figures.unanswered)},
       {"latency_from_sent_ns", latency_json(figures.latency_from_sent, figures.unanswered)},
       {"client_late_ns", latency_json(figures.client_late)},
       {"client_read_late_ns", latency_json(figures.client_read_late, figures.unanswered)},
       {"connections_per_s",
        static_cast<double>(figures.connect_to_first_reply.count()) / report.window_s},
       {"connect_to_first_reply_ns", latency_json(figures.connect_to_first_reply)},
       {"time_wait_at_begin", figures.time_wait_at_begin},
       {"time_wait_at_end", figures.time_wait_at_end},
       {"seconds", seconds_json(report)},
       {"cpu_user_s", user},
       {"cpu_system_s", system},
       {"load_threads", std::move(threads)},
       {"totals", totals_json(figures)}});
  return json;
}

}  // namespace coresweep
