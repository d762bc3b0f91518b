#include "harness/host_verdicts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "support/contains.hpp"

namespace coresweep {
namespace {

using Reasons = std::vector<std::string>;

// What is recorded at `key`; null where nothing is, as of a host that was lost.
Json recorded(const Json& object, const char* key) {
  return object.is_object() ? object.value(key, Json()) : Json();
}

Json recorded(const Json& object, const char* part, const char* key) {
  return recorded(recorded(object, part), key);
}

const Json& hosts_of(const TrialReadings& readings) {
  static const Json kNone = Json::object();
  return readings.hosts ? *readings.hosts : kNone;
}

// Whose CPUs and readings belong together: a machine that took part.
struct UsedHost {
  std::string name;  // empty of a trial on one machine, which needs none
  std::vector<int> cpus;
  Json machine_cpu;
  Json cpu_frequency;

  [[nodiscard]] std::string prefix() const { return name.empty() ? name : name + ": "; }
};

std::vector<UsedHost> used_hosts(const TrialReadings& readings) {
  if (!readings.hosts) {
    UsedHost both{"", readings.server_cpus, readings.machine_cpu.value_or(Json()),
                  readings.cpu_frequency};
    both.cpus.insert(both.cpus.end(), readings.load_cpus.begin(), readings.load_cpus.end());
    return {both};
  }
  std::vector<UsedHost> hosts;
  for (const auto& [name, host] : hosts_of(readings).items()) {
    const Json cpus = recorded(host, "cpus");
    hosts.push_back({name, cpus.is_array() ? cpus.get<std::vector<int>>() : std::vector<int>(),
                     recorded(host, "machine_cpu"), recorded(host, "cpu_frequency")});
  }
  return hosts;
}

std::string server_name(const TrialReadings& readings) {
  for (const auto& [name, host] : hosts_of(readings).items()) {
    if (recorded(host, "role") == "server") {
      return name;
    }
  }
  return "server";
}

// Threads are numbered on each client.
std::string load_name(const TrialReadings& readings, const Json& thread) {
  const Json client = recorded(thread, "client");
  return readings.hosts && client.is_string() ? client.get<std::string>() : "load";
}

void check_steal(const UsedHost& host, double threshold, Reasons& reasons) {
  const double window_s = host.machine_cpu.at("window_s").get<double>();
  for (const Json& entry : host.machine_cpu.at("per_cpu")) {
    const int cpu = entry.at("cpu").get<int>();
    const double share = entry.at("steal_s").get<double>() / window_s;
    if (share > threshold && contains(host.cpus, cpu)) {
      reasons.push_back(fmt::format("{}{:.1f} % of CPU {} was stolen, above {:.1f} %",
                                    host.prefix(), 100 * share, cpu, 100 * threshold));
    }
  }
}

// It falls with the number of cores that are busy, and that does not change within a trial. One
// sample says little of a CPU that is idle now and then: the later half of them is held against the
// earlier.
void check_frequency(const UsedHost& host, double threshold, Reasons& reasons) {
  for (const Json& entry : host.cpu_frequency.at("per_cpu")) {
    const auto khz = entry.at("khz").get<std::vector<double>>();
    const auto half = static_cast<std::ptrdiff_t>(khz.size() / 2);
    const double before = std::accumulate(khz.begin(), khz.begin() + half, 0.0);
    const double after = std::accumulate(khz.end() - half, khz.end(), 0.0);
    if (after < (1 - threshold) * before) {
      const double khz_a_ghz = 1e6 * static_cast<double>(half);
      reasons.push_back(
          fmt::format("{}CPU {} fell from {:.3f} to {:.3f} GHz, by more than {:.1f} %",
                      host.prefix(), entry.at("cpu").get<int>(), before / khz_a_ghz,
                      after / khz_a_ghz, 100 * threshold));
    }
  }
}

// How long the kernel's thread for softirqs ran on a CPU of that machine. 0 where nobody saw it.
double softirq_thread_s(const TrialReadings& readings, const std::string& name, const Json& cpu) {
  const Json machine_cpu = readings.hosts
                               ? recorded(hosts_of(readings), name.c_str(), "machine_cpu")
                               : readings.machine_cpu.value_or(Json());
  for (const Json& entry : recorded(machine_cpu, "per_cpu")) {
    const Json ran_s = recorded(entry, "softirq_thread_s");
    if (entry.at("cpu") == cpu && ran_s.is_number()) {
      return ran_s.get<double>();
    }
  }
  return 0;
}

// What it waited for softirqs is the trial's own doing: what they work off are its packets. The
// kernel does that within whoever runs, and where there is too much of it in a thread of its own.
void check_run_delay(const std::string& side, const Json& thread, double window_s,
                     double softirq_s, double threshold, Reasons& reasons) {
  const Json& delay_s = thread.at("run_delay_s");
  const double share = delay_s.is_number() ? delay_s.get<double>() / window_s : 0;
  if (share - softirq_s / window_s > threshold) {
    const std::string own = softirq_s > 0 ? fmt::format(", at most {:.1f} % of it for softirqs",
                                                        100 * softirq_s / window_s)
                                          : std::string();
    reasons.push_back(
        fmt::format("{} thread {} waited for its CPU {:.1f} % of the window{}, above {:.1f} %",
                    side, thread.at("thread").get<int>(), 100 * share, own, 100 * threshold));
  }
}

// Each delay is divided by the time between the two readings that it is the difference of.
void check_run_delays(const TrialReadings& readings, Pin pin, double threshold,
                      Reasons& reasons) {
  // Those that roam over several CPUs wait for each other.
  if (readings.server_window && (pin == Pin::each || readings.server_cpus.size() == 1)) {
    const double window_s = readings.server_window->at("window_s").get<double>();
    const std::string name = server_name(readings);
    for (const Json& thread : readings.server_window->at("threads")) {
      const auto number = thread.at("thread").get<std::size_t>();
      const Json cpu =
          number < readings.server_cpus.size() ? Json(readings.server_cpus[number]) : Json();
      check_run_delay(name, thread, window_s, softirq_thread_s(readings, name, cpu), threshold,
                      reasons);
    }
  }
  if (readings.load && readings.load->throughput_per_s) {
    for (const Json& thread : readings.load->line.at("load_threads")) {
      const std::string name = load_name(readings, thread);
      check_run_delay(name, thread, thread.at("window_s").get<double>(),
                      softirq_thread_s(readings, name, recorded(thread, "cpu")), threshold,
                      reasons);
    }
  }
}

// A harness that is held up at an edge of the window, by its neighbours or by Ctrl-Z, reads the
// server late, and then its CPU time is not that of the requests that were counted.
void check_same_window(const LoadReport& load, const Json& server, double threshold,
                       Reasons& reasons) {
  const double window_s = load.line.at("window_s").get<double>();
  const double read_over_s = server.at("window_s").get<double>();
  if (std::abs(read_over_s - window_s) > threshold) {
    reasons.push_back(
        fmt::format("the server was read over {:.3f} s of a window of {:.3f} s, further apart than "
                    "{:.3f} s",
                    read_over_s, window_s, threshold));
  }
}

// Both edges as late give a window as long, of other requests.
void check_edges(const std::string& name, const Json& host, double threshold, Reasons& reasons) {
  for (const Json& late_ns : recorded(host, "read_late_ns")) {
    const double late_s = late_ns.is_number() ? late_ns.get<double>() / 1e9 : 0;
    if (std::abs(late_s) > threshold) {
      reasons.push_back(fmt::format(
          "{} was read {:.3f} s after an edge of the window, further apart than {:.3f} s", name,
          late_s, threshold));
    }
  }
}

void check_allowances(const std::string& name, const Json& host, double threshold,
                      Reasons& reasons) {
  const Json driver = recorded(host, "device", "driver");
  for (const auto& [counter, rise] : driver.items()) {
    if (counter.ends_with("_allowance_exceeded") && rise.is_number() && rise > threshold) {
      reasons.push_back(fmt::format("{}: {} rose by {}", name, counter, rise.dump()));
    }
  }
}

// The device is read at the edges at which the CPUs are.
void check_link(const std::string& name, const Json& host, double threshold, Reasons& reasons) {
  const Json link = recorded(host, "link_bits_per_s");
  const Json window_s = recorded(host, "machine_cpu", "window_s");
  if (!link.is_number() || !window_s.is_number() || link <= 0 || window_s <= 0) {
    return;
  }
  for (const auto& [counter, did] : {std::pair("rx_bytes", "received"), {"tx_bytes", "sent"}}) {
    const Json bytes = recorded(recorded(host, "device", "counters"), counter);
    const double bits_per_s =
        bytes.is_number() ? 8 * bytes.get<double>() / window_s.get<double>() : 0;
    const double share = bits_per_s / link.get<double>();
    if (share > threshold) {
      reasons.push_back(
          fmt::format("{} {} {:.3g} Gbit/s, {:.1f} % of its link's {:.3g} Gbit/s, above {:.0f} %",
                      name, did, bits_per_s / 1e9, 100 * share, link.get<double>() / 1e9,
                      100 * threshold));
    }
  }
}

}  // namespace

std::string client_bound_detail(const TrialReadings& readings, const Thresholds& thresholds) {
  Reasons busy;
  const std::vector<std::optional<double>>& shares = readings.load->busy_shares;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    if (shares[i].value_or(0) <= thresholds.client_bound_busy_share) {
      continue;
    }
    const Json thread = readings.hosts ? readings.load->line.at("load_threads").at(i)
                                       : Json{{"thread", i}};
    busy.push_back(fmt::format("{} thread {} busy {:.3f}", load_name(readings, thread),
                               thread.at("thread").get<int>(), *shares[i]));
  }
  return busy.empty() ? std::string()
                      : fmt::format("{}, above {:.2f}", fmt::join(busy, ", "),
                                    thresholds.client_bound_busy_share);
}

std::string noisy_host_detail(const TrialReadings& readings, Pin pin, Sharing sharing,
                              const Thresholds& thresholds) {
  Reasons reasons;
  for (const UsedHost& host : used_hosts(readings)) {
    if (host.machine_cpu.is_object()) {
      check_steal(host, thresholds.noisy_host_steal_share, reasons);
    }
    if (host.cpu_frequency.is_object()) {
      check_frequency(host, thresholds.noisy_host_frequency_fall_share, reasons);
    }
  }
  for (const auto& [name, host] : hosts_of(readings).items()) {
    check_edges(name, host, thresholds.noisy_host_window_gap_s, reasons);
  }
  if (sharing == Sharing::kNone) {
    check_run_delays(readings, pin, thresholds.noisy_host_run_delay_share, reasons);
  }
  if (readings.load && readings.server_window && readings.load->throughput_per_s) {
    check_same_window(*readings.load, *readings.server_window, thresholds.noisy_host_window_gap_s,
                      reasons);
  }
  return fmt::format("{}", fmt::join(reasons, "; "));
}

std::string of_any_client(const TrialReadings& readings,
                          const std::function<std::string(const Json&)>& detail) {
  Reasons reasons;
  for (const auto& [name, report] : readings.client_reports) {
    if (const std::string found = detail(report); !found.empty()) {
      reasons.push_back(fmt::format("{}: {}", name, found));
    }
  }
  return reasons.empty() ? detail(readings.load->line)
                         : fmt::format("{}", fmt::join(reasons, "; "));
}

std::vector<std::string> unanswered_clients(const TrialReadings& readings) {
  Reasons unanswered;
  for (const auto& [name, report] : readings.client_reports) {
    if (report.at("requests_answered") == 0) {
      unanswered.push_back(fmt::format("{} was answered nothing in the window", name));
    }
  }
  return unanswered;
}

std::string network_limited_detail(const TrialReadings& readings, const Thresholds& thresholds) {
  Reasons reasons;
  for (const auto& [name, host] : hosts_of(readings).items()) {
    check_allowances(name, host, thresholds.network_limited_allowance_events, reasons);
    check_link(name, host, thresholds.network_limited_link_share, reasons);
  }
  return fmt::format("{}", fmt::join(reasons, "; "));
}

Json link_bits_per_s(const Json& network, std::optional<double> network_gbps) {
  const Json speed_mbps = recorded(network, "speed_mbps");
  const double by_device = speed_mbps.is_number() ? 1e6 * speed_mbps.get<double>() : 0;
  const double by_inventory = 1e9 * network_gbps.value_or(0);
  const double least = std::min(by_device, by_inventory);
  const double known = least > 0 ? least : std::max(by_device, by_inventory);
  return known > 0 ? Json(known) : Json();
}

std::string sent_again_note(const TrialReadings& readings, const Thresholds& thresholds) {
  Reasons names;
  for (const auto& [name, host] : hosts_of(readings).items()) {
    const Json again = recorded(host, "network", "segments_retransmitted");
    const Json sent = recorded(recorded(host, "device", "counters"), "tx_packets");
    if (again.is_number() && sent.is_number() &&
        again.get<double>() > thresholds.port_trouble_retransmit_share * sent.get<double>()) {
      names.push_back(name);
    }
  }
  // Without the figures, which are in the record: many trials' notes are one line.
  return names.empty()
             ? std::string()
             : fmt::format("{} sent more than {:.2f} % of the window's packets again",
                           fmt::join(names, ", "), 100 * thresholds.port_trouble_retransmit_share);
}

}  // namespace coresweep
