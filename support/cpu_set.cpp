#include "support/cpu_set.hpp"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <charconv>

namespace coresweep {
namespace {

constexpr int kHighestCpu = 4095;

// Reads a CPU number at the front of `text` and removes it.
std::optional<int> take_cpu(std::string_view& text) {
  int cpu = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), cpu);
  if (error != std::errc{} || cpu < 0 || cpu > kHighestCpu || text.front() == '-') {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return cpu;
}

}  // namespace

std::optional<std::vector<int>> parse_cpu_list(std::string_view text) {
  std::vector<int> cpus;
  while (true) {
    const auto first = take_cpu(text);
    if (!first) {
      return std::nullopt;
    }
    auto last = first;
    if (text.starts_with('-')) {
      text.remove_prefix(1);
      last = take_cpu(text);
      if (!last || *last < *first) {
        return std::nullopt;
      }
    }
    for (int cpu = *first; cpu <= *last; ++cpu) {
      if (std::find(cpus.begin(), cpus.end(), cpu) != cpus.end()) {
        return std::nullopt;
      }
      cpus.push_back(cpu);
    }
    if (text.empty()) {
      return cpus;
    }
    if (!text.starts_with(',')) {
      return std::nullopt;
    }
    text.remove_prefix(1);
  }
}

std::string format_cpu_list(const std::vector<int>& cpus) {
  std::string text;
  for (std::size_t i = 0; i < cpus.size();) {
    std::size_t last = i;
    while (last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1) {
      ++last;
    }
    text += fmt::format("{}{}", text.empty() ? "" : ",", cpus[i]);
    if (last > i) {
      text += fmt::format("-{}", cpus[last]);
    }
    i = last + 1;
  }
  return text;
}

std::vector<int> allowed_cpus(pid_t thread) {
  // Larger machines than CPU_SETSIZE exist: the set is allocated for as many as a list may name.
  const std::size_t size = CPU_ALLOC_SIZE(kHighestCpu + 1);
  cpu_set_t* set = CPU_ALLOC(kHighestCpu + 1);
  CPU_ZERO_S(size, set);
  std::vector<int> cpus;
  if (sched_getaffinity(thread, size, set) == 0) {
    for (int cpu = 0; cpu <= kHighestCpu; ++cpu) {
      if (CPU_ISSET_S(static_cast<std::size_t>(cpu), size, set)) {
        cpus.push_back(cpu);
      }
    }
  }
  CPU_FREE(set);
  return cpus;
}

std::string read_pin(const std::string& text, int threads, std::vector<int>& cpus) {
  cpus.clear();
  if (text == "none") {
    return {};
  }
  const auto listed = parse_cpu_list(text);
  if (!listed) {
    return fmt::format("--pin: '{}' is no list of CPUs: allowed are none or a list such as 0-3,8",
                       text);
  }
  const std::vector<int> allowed = allowed_cpus();
  for (const int cpu : *listed) {
    if (std::find(allowed.begin(), allowed.end(), cpu) == allowed.end()) {
      return fmt::format("--pin: this process may not run on CPU {}: allowed are {}", cpu,
                         format_cpu_list(allowed));
    }
  }
  if (listed->size() < static_cast<std::size_t>(threads)) {
    return fmt::format("--pin: '{}' has fewer CPUs than --threads {}", text, threads);
  }
  cpus = *listed;
  return {};
}

}  // namespace coresweep
