#include "harness/machine.hpp"

#include <sys/resource.h>
#include <sys/utsname.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

#include "support/cpu_set.hpp"
#include "support/open_files.hpp"

namespace coresweep {
namespace {

using std::filesystem::path;

std::string trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\n\"";
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) {
    return {};
  }
  return std::string(text.substr(first, text.find_last_not_of(kBlank) + 1 - first));
}

std::optional<std::string> first_line(const path& file) {
  std::ifstream stream(file);
  std::string line;
  if (!std::getline(stream, line) || trimmed(line).empty()) {
    return std::nullopt;
  }
  return trimmed(line);
}

// The value behind the first "key<separator>" line of a file.
std::optional<std::string> value_of(const path& file, std::string_view key, char separator) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    const auto at = line.find(separator);
    if (at != std::string::npos && trimmed(line.substr(0, at)) == key) {
      return trimmed(std::string_view(line).substr(at + 1));
    }
  }
  return std::nullopt;
}

Json text_or_null(const std::optional<std::string>& text) { return text ? Json(*text) : Json(); }

Json number_or_null(const std::optional<std::string>& text) {
  long long number = 0;
  if (!text ||
      std::from_chars(text->data(), text->data() + text->size(), number).ec != std::errc{}) {
    return nullptr;
  }
  return number;
}

std::string cpu_model(const path& root) {
  const path cpuinfo = root / "proc/cpuinfo";
  if (const auto name = value_of(cpuinfo, "model name", ':')) {
    return *name;
  }
  // 64-bit Arm kernels print no name, only who designed it and which design.
  const auto implementer = value_of(cpuinfo, "CPU implementer", ':');
  const auto part = value_of(cpuinfo, "CPU part", ':');
  return implementer && part ? "implementer " + *implementer + " part " + *part : "unknown";
}

Json virtualization(const path& root) {
  if (const auto type = first_line(root / "sys/hypervisor/type")) {
    return *type;
  }
  const auto flags = value_of(root / "proc/cpuinfo", "flags", ':');
  if (!flags || (" " + *flags + " ").find(" hypervisor ") == std::string::npos) {
    return nullptr;
  }
  const path dmi = root / "sys/class/dmi/id";
  return trimmed(first_line(dmi / "sys_vendor").value_or("unknown hypervisor") + " " +
                 first_line(dmi / "product_name").value_or(""));
}

Json port_range(const path& root) {
  std::ifstream stream(root / "proc/sys/net/ipv4/ip_local_port_range");
  int first = 0;
  int last = 0;
  return stream >> first >> last ? Json::array({first, last}) : Json();
}

Json open_files() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY
             ? Json(limit.rlim_cur)
             : Json();
}

Json node_lists(const CpuTopology& whole) {
  Json lists = Json::array();
  for (const std::vector<int>& cpus : whole.numa_nodes) {
    lists.push_back(format_cpu_list(cpus));
  }
  return lists;
}

}  // namespace

Json machine_record(const CpuTopology& whole, const std::vector<int>& allowed, const path& root) {
  std::size_t online = 0;
  std::size_t threads_per_core = 1;
  for (const PhysicalCore& core : whole.cores) {
    online += core.cpus.size();
    threads_per_core = std::max(threads_per_core, core.cpus.size());
  }
  utsname kernel{};
  ::uname(&kernel);
  const path cpu = root / "sys/devices/system/cpu" / ("cpu" + std::to_string(allowed.front()));
  const path clock = root / "sys/devices/system/clocksource/clocksource0/current_clocksource";
  const Json memory = number_or_null(value_of(root / "proc/meminfo", "MemTotal", ':'));
  return {{"cpu_model", cpu_model(root)},
          {"cpus_allowed", format_cpu_list(allowed)},
          {"cpus_online", online},
          {"physical_cores", whole.cores.size()},
          {"threads_per_core", threads_per_core},
          {"numa_nodes", std::max<std::size_t>(1, whole.numa_nodes.size())},
          {"numa_cpus", node_lists(whole)},
          {"memory_kb", memory.is_null() ? Json(0) : memory},
          {"kernel", kernel.release},
          {"os", value_of(root / "etc/os-release", "PRETTY_NAME", '=').value_or("unknown")},
          {"virtualization", virtualization(root)},
          {"governor", text_or_null(first_line(cpu / "cpufreq/scaling_governor"))},
          {"clocksource", text_or_null(first_line(clock))},
          {"limits",
           {{"open_files", open_files()},
            {"somaxconn", number_or_null(first_line(root / "proc/sys/net/core/somaxconn"))},
            {"port_range", port_range(root)}}}};
}

std::int64_t other_descriptors(int cpus) { return 64 + std::int64_t{4} * cpus; }

std::int64_t most_connections(int cpus, const path& root) {
  constexpr std::int64_t kMost = 100'000;
  const Json backlog = number_or_null(first_line(root / "proc/sys/net/core/somaxconn"));
  const bool holds_those =
      backlog.is_null() || backlog.get<std::int64_t>() >= kOpenedAtOnce * cpus;
  const std::int64_t queue = holds_those ? kMost : backlog.get<std::int64_t>();
  const Json ports = port_range(root);
  const std::int64_t sources =
      ports.is_null() ? kMost : ports[1].get<std::int64_t>() - ports[0].get<std::int64_t>() + 1;
  const std::int64_t descriptors = raise_open_files() - other_descriptors(cpus);
  return std::max<std::int64_t>(1, std::min({kMost, queue, sources, descriptors}));
}

}  // namespace coresweep
