#include "harness/machine_cpu.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <map>
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

// The schedstat of each CPU's, whose first number is how long it has run.
std::map<int, std::filesystem::path> find_softirq_threads(const std::filesystem::path& root) {
  constexpr std::string_view kName = "ksoftirqd/";
  std::map<int, std::filesystem::path> threads;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(root / "proc", error)) {
    const std::string id = entry.path().filename();
    std::string name;
    if (id.find_first_not_of("0123456789") != std::string::npos ||
        !std::getline(std::ifstream(entry.path() / "comm"), name) || !name.starts_with(kName)) {
      continue;
    }
    int cpu = 0;
    const auto [stop, fault] =
        std::from_chars(name.data() + kName.size(), name.data() + name.size(), cpu);
    if (fault == std::errc{} && stop == name.data() + name.size()) {
      threads[cpu] = entry.path() / "schedstat";
    }
  }
  return threads;
}

// Nothing where it was not seen both times.
Json softirq_thread_s(const CpuTicks& before, const CpuTicks& after) {
  return before.softirq_thread_ns && after.softirq_thread_ns
             ? Json(static_cast<double>(*after.softirq_thread_ns - *before.softirq_thread_ns) / 1e9)
             : Json();
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

MachineCpu read_machine_cpu(const std::filesystem::path& root) {
  static const auto threads_here = find_softirq_threads("/");  // they live as long as the kernel
  std::ifstream file(root / "proc/stat");
  std::ostringstream text;
  text << file.rdbuf();
  MachineCpu machine{std::chrono::steady_clock::now(), parse_proc_stat(text.str())};
  const auto threads = root == "/" ? threads_here : find_softirq_threads(root);
  for (CpuTicks& cpu : machine.cpus) {
    if (const auto thread = threads.find(cpu.cpu); thread != threads.end()) {
      long long ran_ns = 0;
      if (std::ifstream(thread->second) >> ran_ns) {
        cpu.softirq_thread_ns = ran_ns;
      }
    }
  }
  return machine;
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
                       {"steal_s", seconds(start->steal, end.steal)},
                       {"softirq_thread_s", softirq_thread_s(*start, end)}});
  }
  return {{"window_s", to_seconds(after.read_at - before.read_at)}, {"per_cpu", per_cpu}};
}

}  // namespace coresweep
