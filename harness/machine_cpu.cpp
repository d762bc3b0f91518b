#include "harness/machine_cpu.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

#include "support/duration.hpp"

namespace coresweep {
namespace {

// "cpu12 10 20 ...": the CPU's number and its counters; false for every other line.
bool parse_cpu_line(const std::string& line, CpuTicks& ticks) {
  std::istringstream words(line);
  std::string name;
  words >> name;
  if (!name.starts_with("cpu")) {
    return false;
  }
  const char* end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data() + 3, end, ticks.cpu);
  if (error != std::errc{} || stop != end) {
    return false;
  }
  long long nice = 0;
  long long io_wait = 0;
  words >> ticks.user >> nice >> ticks.system >> ticks.idle >> io_wait >> ticks.irq >>
      ticks.softirq >> ticks.steal;
  ticks.user += nice;
  ticks.idle += io_wait;
  return !words.fail();
}

}  // namespace

std::vector<CpuTicks> parse_proc_stat(std::string_view text) {
  std::vector<CpuTicks> cpus;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    CpuTicks ticks;
    if (parse_cpu_line(line, ticks)) {
      cpus.push_back(ticks);
    }
  }
  return cpus;
}

MachineCpu read_machine_cpu() {
  std::ifstream file("/proc/stat");
  std::ostringstream text;
  text << file.rdbuf();
  return {std::chrono::steady_clock::now(), parse_proc_stat(text.str())};
}

Json machine_cpu_between(const MachineCpu& before, const MachineCpu& after, long ticks_per_s) {
  // The kernel's idle and io-wait counters may step back by a tick: that is no negative time.
  const auto seconds = [ticks_per_s](long long from, long long to) {
    return static_cast<double>(std::max(0LL, to - from)) / static_cast<double>(ticks_per_s);
  };
  Json per_cpu = Json::array();
  for (const CpuTicks& end : after.cpus) {
    const auto start = std::find_if(before.cpus.begin(), before.cpus.end(),
                                    [&end](const CpuTicks& ticks) { return ticks.cpu == end.cpu; });
    if (start == before.cpus.end()) {
      continue;
    }
    per_cpu.push_back({{"cpu", end.cpu},
                       {"user_s", seconds(start->user, end.user)},
                       {"system_s", seconds(start->system, end.system)},
                       {"softirq_s", seconds(start->softirq, end.softirq)},
                       {"irq_s", seconds(start->irq, end.irq)},
                       {"idle_s", seconds(start->idle, end.idle)},
                       {"steal_s", seconds(start->steal, end.steal)}});
  }
  return {{"window_s", to_seconds(after.read_at - before.read_at)}, {"per_cpu", per_cpu}};
}

}  // namespace coresweep
