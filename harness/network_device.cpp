// What a network device counts.
#include "harness/network_device.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <string_view>

#include "harness/device_interrupts.hpp"
#include "harness/ethtool_ioctl.hpp"
#include "harness/host_files.hpp"

namespace coresweep {
namespace {

using Counts = std::map<std::string, std::int64_t>;

// Of /proc/net/dev: it is of our network namespace, which what is mounted at /sys need not be.
Counts device_counters(const std::string& text, const std::string& device) {
  constexpr std::size_t kColumns = 16;
  constexpr std::size_t kFirstSent = 8;
  constexpr std::array kNames = {"bytes", "packets", "errors", "dropped"};
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto numbers = line_behind(without_blanks(line), device + ":");
    if (!numbers) {
      continue;
    }
    std::istringstream words(*numbers);
    std::vector<std::int64_t> columns;
    for (std::int64_t column = 0; words >> column;) {
      columns.push_back(column);
    }
    Counts counters;
    for (std::size_t i = 0; columns.size() >= kColumns && i < kNames.size(); ++i) {
      counters[fmt::format("rx_{}", kNames[i])] = columns[i];
      counters[fmt::format("tx_{}", kNames[i])] = columns[kFirstSent + i];
    }
    return counters;
  }
  return {};
}

// Columns of hexadecimal numbers, a line a CPU. Its number is the 13th; older kernels print fewer
// columns, and each line is the next CPU's.
void add_backlogs(const std::string& text, std::map<int, Counts>& per_cpu) {
  constexpr std::size_t kCpuColumn = 12;
  std::istringstream lines(text);
  int row = 0;
  for (std::string line; std::getline(lines, line); ++row) {
    std::istringstream words(line);
    words >> std::hex;
    std::vector<std::uint32_t> columns;
    for (std::uint32_t column = 0; words >> column;) {
      columns.push_back(column);
    }
    if (columns.size() < 3) {
      continue;
    }
    const int cpu = columns.size() > kCpuColumn ? static_cast<int>(columns[kCpuColumn]) : row;
    if (cpu < 0) {
      continue;
    }
    per_cpu[cpu]["dropped"] = columns[1];
    per_cpu[cpu]["squeezed"] = columns[2];
  }
}

void add_softirqs(std::string_view text, std::map<int, Counts>& per_cpu) {
  for (const InterruptRow& row : parse_interrupts(text)) {
    if (row.label != "NET_RX" && row.label != "NET_TX") {
      continue;
    }
    for (const auto& [cpu, count] : row.by_cpu) {
      per_cpu[cpu][row.label == "NET_RX" ? "net_rx" : "net_tx"] = count;
    }
  }
}

std::map<int, Counts> counts_per_cpu(const std::string& device,
                                     const std::filesystem::path& root) {
  std::map<int, Counts> per_cpu;
  for (const DeviceInterrupt& interrupt : device_interrupts(device, root)) {
    for (const auto& [cpu, count] : interrupt.by_cpu) {
      per_cpu[cpu]["interrupts"] += count;
    }
  }
  add_softirqs(read_host_text(root, "/proc/softirqs").text.value_or(""), per_cpu);
  add_backlogs(read_host_text(root, "/proc/net/softnet_stat").text.value_or(""), per_cpu);
  return per_cpu;
}

struct Change {
  Json by;  // null when it is not known: not counted both times, or begun anew
  bool is_one = false;
};

Change change_of(const Counts& before, const Counts& after, const std::string& name) {
  const auto first = before.find(name);
  const auto last = after.find(name);
  if (first == before.end() || last == after.end()) {
    return {nullptr, (first == before.end()) != (last == after.end())};
  }
  const std::int64_t by = last->second - first->second;
  return {by < 0 ? Json() : Json(by), by != 0};
}

// Of every name in either.
template <typename Key, typename Value>
std::map<Key, Value> of_either(const std::map<Key, Value>& one, const std::map<Key, Value>& other) {
  std::map<Key, Value> either = one;
  either.insert(other.begin(), other.end());
  return either;
}

Json changes_per_cpu(const std::map<int, Counts>& before, const std::map<int, Counts>& after) {
  Json changes = Json::array();
  const Counts none;
  const auto counts_in = [&none](const std::map<int, Counts>& reading, int cpu) -> const Counts& {
    const auto found = reading.find(cpu);
    return found == reading.end() ? none : found->second;
  };
  for (const auto& [cpu, _] : of_either(before, after)) {
    Json line = {{"cpu", cpu}};
    bool is_one = false;
    for (const char* name : {"interrupts", "net_rx", "net_tx", "dropped", "squeezed"}) {
      Change change = change_of(counts_in(before, cpu), counts_in(after, cpu), name);
      is_one = is_one || change.is_one;
      line[name] = std::move(change.by);
    }
    if (is_one) {
      changes.push_back(std::move(line));
    }
  }
  return changes;
}

}  // namespace

bool tells_of_loss(std::string_view statistic) {
  constexpr std::array kWords = {"drop",   "drops", "dropped", "missed",
                                 "no_buffer", "err", "error",   "errors"};
  const std::string name = fmt::format("_{}_", statistic);
  return name.ends_with("_allowance_exceeded_") ||
         std::any_of(kWords.begin(), kWords.end(), [&name](const char* word) {
           return name.find(fmt::format("_{}_", word)) != std::string::npos;
         });
}

NetworkDeviceReading read_network_device(const std::string& device,
                                         const std::filesystem::path& root) {
  NetworkDeviceReading reading{
      device_counters(read_host_text(root, "/proc/net/dev").text.value_or(""), device),
      driver_statistics(ethtool_of(device)), counts_per_cpu(device, root)};
  std::erase_if(reading.driver, [](const auto& entry) { return !tells_of_loss(entry.first); });
  return reading;
}

Json network_device_between(const NetworkDeviceReading& before,
                            const NetworkDeviceReading& after) {
  Json counters = Json::object();
  for (const auto& [name, _] : of_either(before.counters, after.counters)) {
    counters[name] = change_of(before.counters, after.counters, name).by;
  }
  Json driver = Json::object();
  for (const auto& [name, _] : of_either(before.driver, after.driver)) {
    if (Change change = change_of(before.driver, after.driver, name); change.is_one) {
      driver[name] = std::move(change.by);
    }
  }
  return {{"counters", std::move(counters)},
          {"driver", std::move(driver)},
          {"per_cpu", changes_per_cpu(before.per_cpu, after.per_cpu)}};
}

}  // namespace coresweep
