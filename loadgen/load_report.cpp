#include "loadgen/load_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <utility>
#include <vector>

#include "support/duration.hpp"
#include "support/hdr_encoding.hpp"

namespace coresweep {
namespace {

using Workers = std::span<const std::unique_ptr<Worker>>;

struct Sums {
  Tally window;
  Tally whole_life;
  Histogram latency_from_due;
  Histogram latency_from_sent;
  Histogram client_late;
  std::vector<std::vector<Second>> seconds;  // a thread
  std::uint64_t due = 0;
  std::uint64_t sent = 0;
  std::uint64_t unsent = 0;
  std::uint64_t overdue_at_begin = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t connections = 0;
  std::uint64_t lost = 0;
  bool saw_whole_window = true;
};

Sums sum_up(Workers workers) {
  Sums sums;
  for (const auto& worker : workers) {
    const Recorder& recorder = worker->recorder();
    sums.window.add(recorder.window());
    sums.whole_life.add(recorder.whole_life());
    sums.latency_from_due.merge(recorder.latency_from_due());
    sums.latency_from_sent.merge(recorder.latency_from_sent());
    sums.client_late.merge(recorder.client_late());
    sums.seconds.push_back(recorder.seconds());
    sums.due += recorder.due();
    sums.sent += recorder.sent();
    sums.unsent += worker->unsent_at_end();
    sums.overdue_at_begin += recorder.overdue_at_begin();
    sums.in_flight += worker->in_flight_at_end();
    sums.connections += worker->connections();
    sums.lost += worker->connections_lost();
    sums.saw_whole_window = sums.saw_whole_window && recorder.cpu_at_end().at_ns != 0;
  }
  return sums;
}

Json failures_json(const Tally& tally) {
  Json failures = Json::object();
  for (std::size_t kind = 0; kind < kFailureKinds; ++kind) {
    if (tally.failed[kind] > 0) {
      failures[std::string(name_of(static_cast<Failure>(kind)))] = tally.failed[kind];
    }
  }
  return failures;
}

// One second of all threads. The percentiles are of all their answers together: from merged counts.
Json second_json(const std::vector<std::vector<Second>>& threads, std::size_t second) {
  Second sum;
  std::vector<std::uint64_t> counts(Histogram::kBuckets);
  for (const std::vector<Second>& seconds : threads) {
    if (second < seconds.size()) {
      sum.due += seconds[second].due;
      sum.sent += seconds[second].sent;
      sum.ended.add(seconds[second].ended);
      for (const Second::Bucket& bucket : seconds[second].latency_from_due) {
        counts[bucket.index] += bucket.count;
      }
    }
  }
  const Json latency = latency_json(Histogram(counts));
  return {{"second", second},
          {"requests_due", sum.due},
          {"requests_sent", sum.sent},
          {"requests_answered", sum.ended.answered},
          {"requests_failed", sum.ended.failed_total()},
          {"latency_from_due_p50_ns", latency["p50"]},
          {"latency_from_due_p99_ns", latency["p99"]}};
}

// Also seconds in which nothing happened: they are what is looked for.
Json seconds_json(const Sums& sums, std::chrono::nanoseconds window) {
  Json all = Json::array();
  const auto count = std::chrono::ceil<std::chrono::seconds>(window).count();
  for (std::size_t second = 0; second < static_cast<std::size_t>(count); ++second) {
    all.push_back(second_json(sums.seconds, second));
  }
  return all;
}

std::uint64_t sum_of(const std::vector<std::vector<Second>>& threads,
                     std::uint64_t Second::* counted) {
  std::uint64_t sum = 0;
  for (const std::vector<Second>& seconds : threads) {
    for (const Second& second : seconds) {
      sum += second.*counted;
    }
  }
  return sum;
}

std::string_view mode_name(const LoadOptions& options) {
  if (!options.arrivals) {
    return "closed";
  }
  return *options.arrivals == Arrivals::constant ? "constant" : "poisson";
}

// Busy is the share of the window in which the thread worked. What it waited for a CPU is kept
// beside it: that is somebody else's doing.
Json thread_json(std::size_t number, const Worker& worker, const LoadOptions& options) {
  const CpuUse& begin = worker.recorder().cpu_at_begin();
  const CpuUse& end = worker.recorder().cpu_at_end();
  Json json{{"thread", number},
            {"cpu", options.pin.empty() ? Json(nullptr) : Json(options.pin[number])},
            {"connections", worker.connections()},
            {"requests_answered", worker.recorder().window().answered}};
  if (end.at_ns == 0) {
    for (const char* key :
         {"window_s", "cpu_user_s", "cpu_system_s", "run_delay_s", "spun_s", "busy_share"}) {
      json[key] = nullptr;
    }
    return json;
  }
  const double window_s = static_cast<double>(end.at_ns - begin.at_ns) / 1e9;
  const double user = end.user_s - begin.user_s;
  const double system = end.system_s - begin.system_s;
  const bool knows_delay = begin.run_delay_s >= 0 && end.run_delay_s >= 0;
  json["window_s"] = window_s;
  json["cpu_user_s"] = user;
  json["cpu_system_s"] = system;
  json["run_delay_s"] = knows_delay ? Json(end.run_delay_s - begin.run_delay_s) : Json(nullptr);
  const double spun = end.spun_s - begin.spun_s;
  json["spun_s"] = spun;
  // Spinning is counted by the clock, the rest by the kernel.
  json["busy_share"] = std::max(0.0, user + system - spun) / window_s;
  return json;
}

}  // namespace

Json latency_json(const Histogram& histogram) {
  constexpr std::uint64_t kFewestAbove = 10;
  constexpr std::array<std::pair<const char*, double>, 4> kPercentiles{
      {{"p50", 50}, {"p90", 90}, {"p99", 99}, {"p999", 99.9}}};
  Json json = Json::object();
  for (const auto& [key, percent] : kPercentiles) {
    const std::uint64_t value = histogram.percentile(percent);
    json[key] = histogram.count_above(value) >= kFewestAbove ? Json(value) : Json(nullptr);
  }
  json["max"] = histogram.count() > 0 ? Json(histogram.max()) : Json(nullptr);
  json["mean"] = histogram.count() > 0 ? Json(histogram.mean()) : Json(nullptr);
  json["count"] = histogram.count();
  json["histogram"] = encode_hdr(histogram);
  return json;
}

Json load_report(const LoadOptions& options, Workers workers) {
  const Sums sums = sum_up(workers);
  const double window_s = to_seconds(options.duration);
  Json threads = Json::array();
  double user = 0;
  double system = 0;
  for (std::size_t i = 0; i < workers.size(); ++i) {
    threads.push_back(thread_json(i, *workers[i], options));
    if (sums.saw_whole_window) {
      user += threads.back()["cpu_user_s"].get<double>();
      system += threads.back()["cpu_system_s"].get<double>();
    }
  }
  const auto if_measured = [&](Json value) {
    return sums.saw_whole_window ? std::move(value) : Json(nullptr);
  };
  const std::uint64_t due = sum_of(sums.seconds, &Second::due);
  const std::uint64_t sent = sum_of(sums.seconds, &Second::sent);
  return {{"event", "report"},
          {"mode", mode_name(options)},
          {"rate_per_s", options.arrivals ? Json(options.rate_per_s) : Json(nullptr)},
          {"seed", options.seed},
          {"target", format_endpoint(options.target.address, options.target.port)},
          {"connections", options.connections},
          {"streams", options.streams},
          {"threads", options.threads},
          {"warmup_s", to_seconds(options.warmup)},
          {"window_s", window_s},
          {"requests_answered", if_measured(sums.window.answered)},
          {"throughput_per_s", if_measured(static_cast<double>(sums.window.answered) / window_s)},
          {"requests_failed", if_measured(sums.window.failed_total())},
          {"failures", failures_json(sums.window)},
          {"requests_due", if_measured(due)},
          {"requests_sent", if_measured(sent)},
          {"requests_overdue_at_begin", if_measured(sums.overdue_at_begin)},
          {"requests_overdue_at_end", if_measured(sums.overdue_at_begin + due - sent)},
          {"latency_from_due_ns", if_measured(latency_json(sums.latency_from_due))},
          {"latency_from_sent_ns", if_measured(latency_json(sums.latency_from_sent))},
          {"client_late_ns", if_measured(latency_json(sums.client_late))},
          {"seconds", if_measured(seconds_json(sums, options.duration))},
          {"cpu_user_s", if_measured(user)},
          {"cpu_system_s", if_measured(system)},
          {"load_threads", std::move(threads)},
          {"totals",
           {{"requests_due", sums.due},
            {"requests_unsent_at_end", sums.unsent},
            {"requests_sent", sums.sent},
            {"requests_answered", sums.whole_life.answered},
            {"requests_failed", sums.whole_life.failed_total()},
            {"failures", failures_json(sums.whole_life)},
            {"requests_in_flight_at_end", sums.in_flight},
            {"connections_opened", sums.connections},
            {"connections_lost", sums.lost}}}};
}

std::string what_failed(Workers workers) {
  const Sums sums = sum_up(workers);
  if (sums.lost > 0) {
    std::string why;
    for (const auto& worker : workers) {
      why = why.empty() ? worker->first_loss() : why;
    }
    return fmt::format("{} of {} connections were lost ({}), {} requests failed", sums.lost,
                       sums.connections, why, sums.whole_life.failed_total());
  }
  if (sums.whole_life.failed_total() > 0) {
    return fmt::format("{} requests failed: {}", sums.whole_life.failed_total(),
                       failures_json(sums.whole_life).dump());
  }
  if (sums.in_flight > 0) {
    return fmt::format("{} requests were still unanswered {} s after the last was sent",
                       sums.in_flight, to_seconds(Schedule::kLongestDrain));
  }
  if (sums.saw_whole_window && sums.window.answered == 0) {
    return "no request was answered in the window";
  }
  if (sums.due != sums.sent + sums.unsent) {
    return fmt::format("{} requests were due but {} sent and {} left over: an error in loadgen",
                       sums.due, sums.sent, sums.unsent);
  }
  if (sums.sent != sums.whole_life.answered) {
    return fmt::format("{} requests were sent but {} answered: an error in loadgen", sums.sent,
                       sums.whole_life.answered);
  }
  return {};
}

}  // namespace coresweep
