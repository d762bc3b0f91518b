#include "harness/quantities.hpp"

#include <algorithm>
#include <cassert>
#include <numeric>
#include <random>

#include "harness/plan.hpp"

namespace coresweep {
namespace {

using Measured = std::optional<double>;

constexpr double kMicroseconds = 1e6;
constexpr double kPercent = 100;

// The value of `key` in each of the server's threads; nothing when one of them has none.
std::optional<std::vector<double>> of_threads(const StoredTrial& trial, const char* key) {
  const Json::json_pointer threads("/server/threads");
  if (!trial.json.contains(threads) || !trial.json.at(threads).is_array()) {
    return std::nullopt;
  }
  std::vector<double> values;
  for (std::size_t i = 0; i < trial.json.at(threads).size(); ++i) {
    const Measured value = number_at(trial, "/server/threads/" + std::to_string(i) + "/" + key);
    if (!value) {
      return std::nullopt;
    }
    values.push_back(*value);
  }
  return values.empty() ? std::nullopt : std::optional(std::move(values));
}

double sum(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

Measured over(const Measured& value, const Measured& by, double factor = 1) {
  return value && by && *by > 0 ? Measured(factor * *value / *by) : std::nullopt;
}

// The whole server's own figure where there is one (it has threads that are no server threads),
// else its threads' together. What the kernel tells of a process stands apart, but for CPU time.
Measured of_server(const StoredTrial& trial, const char* key) {
  for (const char* whole : {"/server/process/", "/server/"}) {
    if (const Measured figure = number_at(trial, std::string(whole) + key)) {
      return figure;
    }
  }
  const auto each = of_threads(trial, key);
  return each ? Measured(sum(*each)) : std::nullopt;
}

// Those that the server answered between its own two readings; of one that does not count, what the
// client saw answered in as long a time.
Measured requests(const StoredTrial& trial) {
  if (const auto each = of_threads(trial, "requests")) {
    return sum(*each);
  }
  const Measured window_s = number_at(trial, "/server/window_s");
  return window_s && trial.throughput_per_s ? Measured(*window_s * *trial.throughput_per_s)
                                            : std::nullopt;
}

template <const char* key>
Measured a_request(const StoredTrial& trial) {
  return over(of_server(trial, key), requests(trial));
}

template <const char* key>
Measured microseconds_a_request(const StoredTrial& trial) {
  return over(of_server(trial, key), requests(trial), kMicroseconds);
}

// All CPUs' time of these kinds, a request answered meanwhile.
Measured machine_cpu(const StoredTrial& trial, const std::vector<const char*>& kinds) {
  const Json::json_pointer list("/machine_cpu/per_cpu");
  const Measured window_s = number_at(trial, "/machine_cpu/window_s");
  if (!window_s || !trial.throughput_per_s || !trial.json.contains(list) ||
      trial.json.at(list).empty()) {
    return std::nullopt;
  }
  double total = 0;
  for (std::size_t i = 0; i < trial.json.at(list).size(); ++i) {
    for (const char* kind : kinds) {
      const std::string path = "/machine_cpu/per_cpu/" + std::to_string(i) + "/" + kind;
      const Measured value = number_at(trial, path);
      if (!value) {
        return std::nullopt;
      }
      total += *value;
    }
  }
  return over(total, *window_s * *trial.throughput_per_s, kMicroseconds);
}

Measured all_machine_cpu(const StoredTrial& trial) {
  return machine_cpu(trial, {"user_s", "system_s", "softirq_s", "irq_s"});
}

Measured softirq(const StoredTrial& trial) { return machine_cpu(trial, {"softirq_s"}); }

Measured events_a_return(const StoredTrial& trial) {
  if (trial.arm.engine == kIoUring) {
    return std::nullopt;  // its completions are mostly taken from memory, and counted by nobody
  }
  const Measured waits = of_server(trial, "loop_waits");
  const Measured polls = of_server(trial, "loop_polls");
  return over(of_server(trial, "loop_events"), waits && polls ? Measured(*waits + *polls) : waits);
}

Measured run_delay_share(const StoredTrial& trial) {
  const Measured window_s = number_at(trial, "/server/window_s");
  return over(of_server(trial, "run_delay_s"),
              window_s ? Measured(*window_s * trial.threads) : std::nullopt, kPercent);
}

Measured fullest_thread(const StoredTrial& trial) {
  const auto user = of_threads(trial, "cpu_user_s");
  const auto system = of_threads(trial, "cpu_system_s");
  if (!user || !system) {
    return std::nullopt;
  }
  double most = 0;
  for (std::size_t i = 0; i < user->size(); ++i) {
    most = std::max(most, (*user)[i] + (*system)[i]);
  }
  return over(most, number_at(trial, "/server/window_s"), kPercent);
}

Measured evenness(const StoredTrial& trial) {
  // One entry for many threads says nothing of them.
  const auto each = of_threads(trial, "requests");
  const bool is_told_apart = each && each->size() == static_cast<std::size_t>(trial.threads);
  return is_told_apart && sum(*each) > 0 ? Measured(jain_index(*each)) : std::nullopt;
}

template <const char* path>
Measured as_it_stands(const StoredTrial& trial) {
  return number_at(trial, path);
}

template <const char* path>
Measured microseconds(const StoredTrial& trial) {
  constexpr double kNanoseconds = 1e3;  // in a microsecond
  return over(number_at(trial, path), kNanoseconds);
}

// A literal is no template argument.
constexpr char kUser[] = "cpu_user_s";
constexpr char kSystem[] = "cpu_system_s";
constexpr char kVoluntary[] = "context_switches_voluntary";
constexpr char kInvoluntary[] = "context_switches_involuntary";
constexpr char kMigrations[] = "migrations";
constexpr char kMinorFaults[] = "page_faults_minor";
constexpr char kMajorFaults[] = "page_faults_major";
constexpr char kLoopWaits[] = "loop_waits";
constexpr char kLoopPolls[] = "loop_polls";
constexpr char kReads[] = "reads";
constexpr char kWrites[] = "writes";
constexpr char kReceived[] = "bytes_received";
constexpr char kSent[] = "bytes_sent";
constexpr char kMedianLatency[] = "/latency_from_due_ns/p50";
constexpr char kLatency99[] = "/latency_from_due_ns/p99";
constexpr char kOverflows[] = "/network/listen_overflows";
constexpr char kDrops[] = "/network/listen_drops";
constexpr char kRetransmits[] = "/network/segments_retransmitted";

}  // namespace

const std::vector<Quantity>& quantities() {
  static const std::vector<Quantity> all{
      {"latency from due at p50", "", "us", 0.001, 1, microseconds<kMedianLatency>},
      {"latency from due at p99", "", "us", 0.001, 1, microseconds<kLatency99>},
      {"server CPU a request, user mode", "", "us", 0.001, 1, microseconds_a_request<kUser>},
      {"server CPU a request, kernel", "", "us", 0.001, 1, microseconds_a_request<kSystem>},
      {"machine CPU a request", "every CPU: the load generator and softirq too", "us", 0.001, 1,
       all_machine_cpu},
      {"softirq a request, every CPU", "", "us", 0.001, 1, softirq},
      {"voluntary context switches a request", "a thread waited", "", 0.001, 1,
       a_request<kVoluntary>},
      {"involuntary context switches a request", "a thread was displaced", "", 0.001, 1,
       a_request<kInvoluntary>},
      {"migrations a request", "a thread went to another CPU", "", 0.001, 1,
       a_request<kMigrations>},
      {"minor page faults a request", "", "", 0.001, 1, a_request<kMinorFaults>},
      {"major page faults a request", "", "", 0.001, 1, a_request<kMajorFaults>},
      {"loop waits a request", "{} that may have slept", "", 0.001, 1, a_request<kLoopWaits>,
       Compared::kWithinAnEngine},
      {"loop polls a request", "{} that only looked", "", 0.001, 1, a_request<kLoopPolls>,
       Compared::kWithinAnEngine},
      {"events a loop's wait or poll", "brought by one of the {}", "", 0.001, 1, events_a_return,
       Compared::kWithinAnEngine},
      {"reads a request", "", "", 0.001, 1, a_request<kReads>},
      {"writes a request", "", "", 0.001, 1, a_request<kWrites>},
      {"bytes received a request", "", "", 0.1, 1, a_request<kReceived>},
      {"bytes sent a request", "", "", 0.1, 1, a_request<kSent>},
      {"run delay, of the threads' time", "ready to run, but not running", "%", 0.1, 1,
       run_delay_share},
      {"busy share of the fullest thread", "", "%", 1, 1, fullest_thread},
      {"Jain's index of requests over threads", "1: all alike", "", 0.001, 2, evenness}};
  return all;
}

const std::vector<Quantity>& troubles() {
  static const std::vector<Quantity> all{
      {"ListenOverflows in the window", "whole machine", "", 1, 1, as_it_stands<kOverflows>},
      {"ListenDrops in the window", "whole machine", "", 1, 1, as_it_stands<kDrops>},
      {"retransmits in the window", "whole machine", "", 1, 1, as_it_stands<kRetransmits>}};
  return all;
}

double jain_index(const std::vector<double>& shares) {
  double total = 0;
  double squares = 0;
  for (const double share : shares) {
    total += share;
    squares += share * share;
  }
  assert(squares > 0);
  return total * total / (static_cast<double>(shares.size()) * squares);
}

Band jain_of_random_hash(int connections, int threads) {
  // Enough draws for two digits, few enough for a tenth of a second.
  const int draws = std::clamp(10'000'000 / std::max(1, connections), 100, 2'000);
  std::mt19937_64 engine;  // seeded alike every time, on purpose
  std::vector<double> indices;
  for (int draw = 0; draw < draws; ++draw) {
    std::vector<double> dealt(static_cast<std::size_t>(threads), 0);
    for (int i = 0; i < connections; ++i) {
      dealt[engine() % dealt.size()] += 1;
    }
    indices.push_back(jain_index(dealt));
  }
  std::sort(indices.begin(), indices.end());
  const std::size_t tail = indices.size() / 20;
  return {indices[tail], indices[indices.size() - 1 - tail]};
}

}  // namespace coresweep
