#include "harness/traced_trial.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>

#include "harness/failure.hpp"
#include "harness/process_group.hpp"
#include "harness/trial_result.hpp"
#include "harness/utc_time.hpp"
#include "harness/verdict.hpp"
#include "harness/wording.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds kLongest = 1s;
// Starting and stopping the programs, and the tracer to attach and to tell.
constexpr std::chrono::nanoseconds kTraceOverhead = 1s;

class TraceWatch : public TrialWatch {
 public:
  TraceWatch(const Ladder& ladder, const StopSignals& signals)
      : ladder_(ladder), signals_(signals) {}

  void load_begins(pid_t server_group) override {
    const auto processes = processes_of_group(server_group);
    for (const auto& tracer : ladder_) {
      const std::string complaint = attempt([&] { return tracer->attach(processes, signals_); });
      if (complaint.empty()) {
        attached_ = tracer.get();
        return;
      }
      add_tried(*tracer, complaint);
    }
  }

  void load_ended() override {
    if (attached_ == nullptr) {
      return;
    }
    const std::string complaint = attempt([this] { return attached_->detach(signals_, table_); });
    if (complaint.empty()) {
      worked_ = attached_;
    } else {
      add_tried(*attached_, complaint);
    }
  }

  /// The one that counted to the end; null when there was none.
  [[nodiscard]] const Tracer* worked() const { return worked_; }
  [[nodiscard]] const CountTable& table() const { return table_; }
  [[nodiscard]] const Json& tried() const { return tried_; }

 private:
  template <typename Step>
  static std::string attempt(const Step& step) {
    try {
      return step();
    } catch (const Failure& failure) {
      return failure.what();
    }
  }

  void add_tried(const Tracer& tracer, const std::string& said) {
    tried_.push_back({{"tool", tracer.tool()}, {"said", said}});
  }

  const Ladder& ladder_;
  const StopSignals& signals_;
  Tracer* attached_ = nullptr;
  const Tracer* worked_ = nullptr;
  CountTable table_;
  Json tried_ = Json::array();
};

// Why no rung counted to the end.
std::string none_worked(const Json& tried) {
  std::vector<std::string> parts;
  for (const Json& rung : tried) {
    parts.push_back(fmt::format("{}: {}", rung.at("tool").get<std::string>(),
                                rung.at("said").get<std::string>()));
  }
  return fmt::format("{}", fmt::join(parts, "; "));
}

TrialReadings run_or_break(const Programs& programs, const TrialSetup& setup,
                           const StopSignals& signals, TraceWatch& watch) {
  try {
    return run_trial(programs, setup, signals, &watch);
  } catch (const Failure& failure) {
    TrialReadings readings;
    readings.breakdown = failure.what();
    return readings;
  }
}

Json a_request(std::uint64_t count, const Json& requests) {
  return static_cast<double>(count) / requests.get<double>();
}

void add_epoll(const CountTable& table, Json& record) {
  std::uint64_t waits = 0;
  for (const auto& [caller, count] : table.by_name) {
    waits += is_epoll_caller(caller) ? count : 0;
  }
  record["epoll"] = waits;
  record["epoll_per_request"] = a_request(waits, record.at("requests"));
}

std::string part_summary(const Json& part, const char* what, const char* special,
                         const char* special_what) {
  if (!part.at("why").is_null()) {
    return fmt::format("no {}: {}", what, part.at("why").get<std::string>());
  }
  const Json& of_them = part.at(special);
  return fmt::format("{} {} a request, {} {}",
                     significant(part.at("total_per_request").get<double>()), what,
                     of_them.is_null() ? std::string("an unknown number")
                                       : significant(of_them.get<double>()),
                     special_what);
}

}  // namespace

void add_futex(const CountTable& table, Json& record) {
  const auto found = table.by_name.find("futex");
  const bool is_known = found != table.by_name.end() || table.unnamed == Unnamed::kNever;
  const std::uint64_t futex = found == table.by_name.end() ? 0 : found->second;
  record["futex"] = is_known ? Json(futex) : Json();
  record["futex_per_request"] = is_known ? a_request(futex, record.at("requests")) : Json();
}

Json traced_trial(const Programs& programs, TrialSetup setup, const Ladder& ladder,
                  const StopSignals& signals, const AddFigures& add_figures) {
  setup.warmup = 0s;
  setup.duration = std::min(setup.duration, kLongest);
  TraceWatch watch(ladder, signals);
  const TrialReadings readings = run_or_break(programs, setup, signals, watch);
  std::string why;
  if (!readings.breakdown.empty()) {
    why = "the traced trial broke down: " + readings.breakdown;
  } else if (watch.worked() == nullptr) {
    why = none_worked(watch.tried());
  } else if (const std::string failure = failure_detail(readings); !failure.empty()) {
    why = "the traced trial failed: " + failure;  // what it counted is of no server that worked
  }
  if (!why.empty()) {
    return {{"tool", nullptr}, {"why", why}, {"tried", watch.tried()}};
  }
  const auto& totals = readings.load->totals;
  Json by_name = Json::object();
  for (const auto& [name, count] : watch.table().by_name) {
    by_name[name] = count;
  }
  Json record{{"tool", watch.worked()->tool()},
              {"tool_version", watch.worked()->version(signals)},
              {"why", nullptr},
              {"tried", watch.tried()},
              {"requests", totals.requests_answered},
              {"throughput_per_s", readings.load->line.at("throughput_per_s")},
              {"by_name", by_name},
              {"total", watch.table().total},
              {"total_per_request", a_request(watch.table().total, totals.requests_answered)}};
  add_figures(watch.table(), record);
  return record;
}

Json trace_cell(const Programs& programs, const TrialSetup& setup, const StopSignals& signals) {
  const std::string started_at = utc_time(std::chrono::system_clock::now());
  // As a trial's line names its cell, whatever its factors are.
  const Json named = trial_result({}, setup.cell, {}, {}, {});
  return {{"schema_version", kSchemaVersion},
          {"cell", named.at("cell")},
          {"factors", named.at("factors")},
          {"started_at", started_at},
          {"syscalls", traced_trial(programs, setup, syscall_tracers(), signals, add_futex)},
          {"locks", traced_trial(programs, setup, lock_tracers(), signals, add_epoll)}};
}

std::chrono::nanoseconds expected_trace_time(std::chrono::nanoseconds duration) {
  return 2 * (std::min(duration, kLongest) + kTraceOverhead);
}

std::string trace_summary(const Json& trace) {
  return fmt::format(
      "{}: {}; {}", trace.at("cell").get<std::string>(),
      part_summary(trace.at("syscalls"), "syscalls", "futex_per_request", "of them futex calls"),
      part_summary(trace.at("locks"), "waits for locks", "epoll_per_request",
                   "of them for an epoll set's"));
}

}  // namespace coresweep
