// A report of made-up requests, for the tests of what becomes of reports.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <vector>

#include "loadgen/load_report.hpp"
#include "loadgen/recorder.hpp"

namespace coresweep::sample {

inline constexpr std::int64_t kSecond = 1'000'000'000;

/// Times in ns since the run's begin.
struct Request {
  std::int64_t due;
  std::int64_t sent;
  std::int64_t done;
};

/// Three seconds' worth, of all sizes of latency, by `seed`.
inline std::vector<Request> some_requests(unsigned seed) {
  std::mt19937 random(seed);
  std::lognormal_distribution<double> wait(12, 2);
  std::vector<Request> requests;
  for (int i = 0; i < 5'000; ++i) {
    const auto due = static_cast<std::int64_t>(random() % (3 * kSecond));
    const auto sent = due + static_cast<std::int64_t>(wait(random));
    requests.push_back({due, sent, sent + static_cast<std::int64_t>(wait(random))});
  }
  std::ranges::sort(requests, {}, &Request::done);
  return requests;
}

/// What a client would say who sent these.
inline LoadReport report_of(const std::vector<Request>& requests, std::uint64_t connections) {
  const Schedule schedule(0, std::chrono::seconds(0), std::chrono::seconds(3));
  Recorder recorder(schedule, Recorder::Latencies::due_in_window);
  for (const Request& request : requests) {
    recorder.on_due(request.due);
    recorder.on_sent({request.due, request.sent}, request.sent - request.due);
    recorder.on_read(request.done - request.due % 1'000'000);
    recorder.on_finished(CallOutcome::answered, {request.due, request.sent}, request.done);
    if (request.due % 7 == 0) {
      recorder.on_first_reply(request.due, request.done);
    }
  }
  LoadOptions options;
  options.arrivals = Arrivals::constant;
  options.rate_per_s = 1'000;
  options.duration = std::chrono::seconds(3);
  options.connections = static_cast<int>(connections);
  options.target.text = "server:1";
  LoadReport report{.asked = what_is_asked(options),
                    .window_begin_epoch_ns = 1'700'000'000 * kSecond,
                    .window_s = 3,
                    .figures = recorder.figures()};
  report.figures.connections.opened = connections;
  report.figures.threads = {{.client = 0,
                             .thread = 0,
                             .cpu = 3,
                             .connections = connections,
                             .requests_answered = report.figures.window.answered,
                             .begun_late_ns = 4'321,
                             .window_s = 3,
                             .cpu_user_s = 1.25,
                             .cpu_system_s = 0.1,
                             .run_delay_s = std::nullopt,
                             .spun_s = 0.5}};
  return report;
}

}  // namespace coresweep::sample
