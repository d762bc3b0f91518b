#include "harness/probe.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <functional>

#include "harness/machine_cpu.hpp"
#include "harness/probe_rounds.hpp"
#include "harness/wording.hpp"

namespace coresweep {
namespace {

enum class Placement { kOneThread, kTwoOnOneCpu, kTwoCpus };

struct Probe {
  std::string name;
  Placement placement;
  std::function<ProbeRound(ProbeCpus)> time;
};

std::vector<Probe> all_probes(const LoopbackPair& pair) {
  const auto loopback = [&pair](ProbeCpus cpus) { return time_loopback(pair, cpus); };
  return {{"clock_gettime", Placement::kOneThread, time_clock},
          {"syscall", Placement::kOneThread, time_syscall},
          {"eventfd_read", Placement::kOneThread, time_eventfd_read},
          {"context_switch", Placement::kTwoOnOneCpu, time_context_switch},
          {"epoll_wake_up", Placement::kTwoCpus, time_epoll_wake_up},
          {"loopback_one_cpu", Placement::kTwoOnOneCpu, loopback},
          {"loopback_two_cpus", Placement::kTwoCpus, loopback}};
}

// Its rounds so far.
struct Timings {
  std::vector<double> ns;
  double thread_s = 0;
  double waited_s = 0;
  bool delay_is_told = true;
};

void add_round(const ProbeRound& round, Timings& timings) {
  timings.ns.push_back(round.ns);
  timings.thread_s += round.thread_s;
  timings.waited_s += round.waited_s;
  timings.delay_is_told = timings.delay_is_told && round.waited_s >= 0;
}

// Two threads on one CPU wait for each other, which is no noise.
std::optional<double> run_delay_share_of(const std::vector<Probe>& probes,
                                         const std::vector<Timings>& timings) {
  Timings alone;
  for (std::size_t i = 0; i < probes.size(); ++i) {
    if (probes[i].placement != Placement::kTwoOnOneCpu) {
      alone.thread_s += timings[i].thread_s;
      alone.waited_s += timings[i].waited_s;
      alone.delay_is_told = alone.delay_is_told && timings[i].delay_is_told;
    }
  }
  return alone.delay_is_told && alone.thread_s > 0
             ? std::optional(alone.waited_s / alone.thread_s)
             : std::nullopt;
}

std::optional<double> steal_share_of(const Json& machine_cpu, ProbeCpus cpus) {
  std::optional<double> most;
  for (const Json& entry : machine_cpu.at("per_cpu")) {
    const int cpu = entry.at("cpu").get<int>();
    if (cpu == cpus.first || cpu == cpus.second) {
      const double share =
          entry.at("steal_s").get<double>() / machine_cpu.at("window_s").get<double>();
      most = std::max(most.value_or(0), share);
    }
  }
  return most;
}

ProbeReading reading_of(const Probe& probe, const Timings& timings, ProbeCpus cpus) {
  if (timings.ns.empty()) {
    return {probe.name, {}, std::nullopt, "coresweep may run on one CPU only"};
  }
  return {probe.name,
          probe.placement == Placement::kTwoCpus ? std::vector<int>{cpus.first, cpus.second}
                                                 : std::vector<int>{cpus.first},
          median_interval(timings.ns), ""};
}

Json share_or_null(const std::optional<double>& share) { return share ? Json(*share) : Json(); }

std::string percent_text(const std::optional<double>& share) {
  return share ? fmt::format("{:.1f} %", 100 * *share) : std::string("not told by this kernel");
}

}  // namespace

ProbeReport run_probes(const CpuDivision& division, const StopSignals& signals) {
  const ProbeCpus cpus{division.server.front(), division.load.front()};
  const LoopbackPair pair = connect_over_loopback();
  const std::vector<Probe> probes = all_probes(pair);
  std::vector<Timings> timings(probes.size());
  const MachineCpu before = read_machine_cpu();
  for (int round = 0; round < kProbeRounds; ++round) {
    for (std::size_t i = 0; i < probes.size(); ++i) {
      const bool crosses = probes[i].placement == Placement::kTwoCpus;
      if (crosses && cpus.first == cpus.second) {
        continue;
      }
      signals.check();
      const ProbeCpus used{cpus.first, crosses ? cpus.second : cpus.first};
      add_round(probes[i].time(used), timings[i]);
    }
  }
  const Json machine_cpu =
      machine_cpu_between(before, read_machine_cpu(), ::sysconf(_SC_CLK_TCK));
  ProbeReport report;
  for (std::size_t i = 0; i < probes.size(); ++i) {
    report.probes.push_back(reading_of(probes[i], timings[i], cpus));
  }
  report.window_s = machine_cpu.at("window_s").get<double>();
  report.steal_share = steal_share_of(machine_cpu, cpus);
  report.run_delay_share = run_delay_share_of(probes, timings);
  return report;
}

Json probe_record(const ProbeReport& report, const Json& machine) {
  Json probes = Json::array();
  for (const ProbeReading& probe : report.probes) {
    const MedianInterval figures = probe.ns.value_or(MedianInterval());
    const auto or_null = [&probe](double value) { return probe.ns ? Json(value) : Json(); };
    probes.push_back({{"name", probe.name},
                      {"unit", "ns"},
                      {"median", or_null(figures.median)},
                      {"low", or_null(figures.low)},
                      {"high", or_null(figures.high)},
                      {"coverage", or_null(figures.coverage)},
                      {"rounds", figures.values},
                      {"cpus", probe.cpus},
                      {"why", probe.why.empty() ? Json() : Json(probe.why)}});
  }
  return {{"schema_version", 1},
          {"machine", machine},
          {"noise",
           {{"window_s", report.window_s},
            {"steal_share", share_or_null(report.steal_share)},
            {"run_delay_share", share_or_null(report.run_delay_share)}}},
          {"probes", probes}};
}

std::vector<std::string> probe_lines(const ProbeReport& report, const Json& machine) {
  std::vector<std::string> lines;
  lines.push_back(fmt::format("{}, Linux {}, CPUs {}", machine.at("cpu_model").get<std::string>(),
                              machine.at("kernel").get<std::string>(),
                              machine.at("cpus_allowed").get<std::string>()));
  lines.push_back(fmt::format("{:<17}  {:>7}  {:>9}  {}", "probe", "CPUs", "median", "interval"));
  double coverage = 0;
  for (const ProbeReading& probe : report.probes) {
    if (!probe.ns) {
      lines.push_back(
          fmt::format("{:<17}  {:>7}  {:>9}  none: {}", probe.name, "-", "-", probe.why));
      continue;
    }
    coverage = probe.ns->coverage;
    lines.push_back(fmt::format("{:<17}  {:>7}  {:>9}  {} to {}", probe.name,
                                fmt::format("{}", fmt::join(probe.cpus, ",")),
                                spoken_latency(probe.ns->median),
                                spoken_latency(probe.ns->low), spoken_latency(probe.ns->high)));
  }
  lines.push_back(fmt::format("{} rounds in turn; each interval covers the median with {:.1f} %",
                              kProbeRounds, 100 * coverage));
  lines.push_back(fmt::format("stolen: {}; waited for a CPU of their own: {}",
                              percent_text(report.steal_share),
                              percent_text(report.run_delay_share)));
  return lines;
}

}  // namespace coresweep
