// Checks of the doctor: what one CPU does for one second of work, and whom it shares with.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "harness/cpu_division.hpp"
#include "harness/doctor_checks.hpp"
#include "harness/host_files.hpp"
#include "harness/wording.hpp"
#include "support/contains.hpp"
#include "support/cpu_set.hpp"

namespace coresweep {
namespace {

const std::string kCpuFolder = "/sys/devices/system/cpu";
constexpr const char* kNotAffected = "not affected";

std::string write_as_root(std::string_view value, const std::string& file) {
  return fmt::format("echo {} | sudo tee {}", value, file);
}

std::size_t count_cores_of(const CpuTopology& usable, const std::vector<int>& cpus) {
  return restricted_to(usable, cpus).cores.size();
}

// What siblings do to a sweep here: which server threads get one.
std::string meaning_of_siblings(const CpuTopology& usable) {
  const CpuDivision division = divide_cpus(usable);
  const std::size_t cores = count_cores_of(usable, division.server);
  if (usable.cores.size() == 1) {
    return usable.cores.front().cpus.size() > 1
               ? "server and load share the only core, so that every trial is shared_cpus"
               : "";
  }
  return division.server.size() > cores
             ? fmt::format("server threads have a core each up to {}, siblings from {} on", cores,
                           cores + 1)
             : "";
}

// "mitigated: spectre_v1, spectre_v2; 15 not affected"
std::string vulnerability_text(const std::map<std::string, std::vector<std::string>>& by_kind) {
  std::vector<std::string> parts;
  for (const auto& [kind, names] : by_kind) {
    parts.push_back(kind == kNotAffected ? fmt::format("{} {}", names.size(), kind)
                                         : fmt::format("{}: {}", kind, fmt::join(names, ", ")));
  }
  return fmt::format("{}", fmt::join(parts, "; "));
}

std::string kind_of_vulnerability(std::string_view line) {
  for (const auto& [start, kind] :
       {std::pair("Not affected", kNotAffected), std::pair("Mitigation", "mitigated"),
        std::pair("Vulnerable", "vulnerable")}) {
    if (line.starts_with(start)) {
      return kind;
    }
  }
  return "not known";
}

}  // namespace

Finding check_governor(const Host& host) {
  const Check check("governor",
                    "any governor but performance lowers the clock between requests, and a lightly "
                    "loaded server then looks slow");
  std::map<std::string, std::vector<int>> cpus_of;
  std::string why;
  for (const int cpu : host.allowed) {
    const HostText governor = read_host_word(
        host.root, fmt::format("{}/cpu{}/cpufreq/scaling_governor", kCpuFolder, cpu));
    if (governor.text) {
      cpus_of[*governor.text].push_back(cpu);
    } else if (why.empty()) {
      why = governor.why;
    }
  }
  std::vector<std::string> readings;
  for (const auto& [name, cpus] : cpus_of) {
    readings.push_back(fmt::format("{} on CPUs {}", name, format_cpu_list(cpus)));
  }
  const std::string reading = fmt::format("{}", fmt::join(readings, ", "));
  if (cpus_of.size() > cpus_of.count("performance")) {
    return check.warning(
        reading, write_as_root("performance", kCpuFolder + "/cpu*/cpufreq/scaling_governor"));
  }
  return why.empty() ? check.ok(reading) : check.unknown(why);
}

Finding check_boost(const Host& host) {
  const Check check("boost",
                    "with boost a core's clock sinks as more cores are busy, and as they get warm: "
                    "a line over thread counts bends for that reason alone");
  const std::string intel = kCpuFolder + "/intel_pstate/no_turbo";
  const std::string others = kCpuFolder + "/cpufreq/boost";
  for (const auto& [file, on] : {std::pair(intel, 0), std::pair(others, 1)}) {
    if (!std::filesystem::exists(host.root / file.substr(1))) {
      continue;
    }
    const HostNumber switched = read_host_number(host.root, file);
    if (!switched.value || *switched.value < 0 || *switched.value > 1) {
      return check.unknown(switched.value ? file + ": neither 0 nor 1" : switched.why);
    }
    const std::string reading = fmt::format("{} is {}", file, *switched.value);
    return *switched.value == on
               ? check.warning("on: " + reading, write_as_root(on == 0 ? "1" : "0", file))
               : check.ok("off: " + reading);
  }
  return check.unknown(fmt::format("neither {} nor {} is there", intel, others));
}

Finding check_smt(const Host& host) {
  const Check check("smt",
                    "two threads of one core share its units, so that the second adds a part of a "
                    "core; coresweep gives server and load whole cores, and siblings come last");
  if (!host.topology) {
    return check.unknown("hwloc cannot read which CPUs share a core");
  }
  std::vector<std::string> siblings;
  std::vector<int> strangers;
  for (const PhysicalCore& core : host.topology->cores) {
    const auto ours = [&host](int cpu) { return contains(host.allowed, cpu); };
    if (core.cpus.size() < 2 || std::none_of(core.cpus.begin(), core.cpus.end(), ours)) {
      continue;
    }
    siblings.push_back(format_cpu_list(core.cpus));
    std::copy_if(core.cpus.begin(), core.cpus.end(), std::back_inserter(strangers),
                 [&ours](int cpu) { return !ours(cpu); });
  }
  if (siblings.empty()) {
    return check.ok("no two CPUs share a core, as far as the kernel shows");
  }
  std::string reading = fmt::format("CPUs {} share a core", siblings.front());
  if (siblings.size() > 1) {
    reading += fmt::format(", {} cores are so", siblings.size());
  }
  const std::string meaning = meaning_of_siblings(restricted_to(*host.topology, host.allowed));
  if (!meaning.empty()) {
    reading += "; " + meaning;
  }
  if (!strangers.empty()) {
    reading += fmt::format("; others may run on the siblings {}, which are not coresweep's",
                           format_cpu_list(strangers));
  }
  const std::string control = kCpuFolder + "/smt/control";
  return check.warning(reading,
                       read_host_word(host.root, control).text == "on"
                           ? write_as_root("off", control)
                           : "nothing: choose a machine or an instance with one thread a core");
}

Finding check_numa(const Host& host) {
  const Check check("numa",
                    "memory of another node is slower, and where it lands varies from run to run");
  const HostText with_memory = read_host_line(host.root, "/sys/devices/system/node/has_memory");
  const auto nodes = with_memory.text ? parse_cpu_list(*with_memory.text) : std::nullopt;
  if (!nodes) {
    return check.unknown(with_memory.text ? "/sys/devices/system/node/has_memory: holds no list"
                                          : with_memory.why);
  }
  std::vector<int> ours;
  for (const int node : *nodes) {
    const HostText list =
        read_host_text(host.root, fmt::format("/sys/devices/system/node/node{}/cpulist", node));
    if (!list.text) {
      return check.unknown(list.why);
    }
    // A node of memory alone has an empty list.
    const auto cpus = parse_cpu_list(without_blanks(*list.text)).value_or(std::vector<int>());
    if (std::any_of(cpus.begin(), cpus.end(),
                    [&host](int cpu) { return contains(host.allowed, cpu); })) {
      ours.push_back(node);
    }
  }
  if (ours.empty()) {
    return check.unknown("no node with memory has a CPU that coresweep may run on");
  }
  const std::string reading = fmt::format("{} with memory, coresweep's CPUs are on {}",
                                          counted(nodes->size(), "node"), format_cpu_list(ours));
  return ours.size() > 1
             ? check.warning(reading, fmt::format("numactl --cpunodebind={0} --membind={0} $SHELL",
                                                  ours.front()))
             : check.ok(reading);
}

Finding check_clock_source(const Host& host) {
  const Check check("clock_source",
                    "server and load read the time all along; a clock that user code cannot read "
                    "costs a system call or a slow device each time");
  const std::string folder = "/sys/devices/system/clocksource/clocksource0/";
  const HostText current = read_host_word(host.root, folder + "current_clocksource");
  if (!current.text) {
    return check.unknown(current.why);
  }
  const std::vector<std::string> fast = {"tsc", "kvm-clock", "arch_sys_counter",
                                         "hyperv_clocksource_tsc_page", "riscv_clocksource"};
  const std::vector<std::string> slow = {"hpet", "acpi_pm", "xen", "jiffies", "refined-jiffies",
                                         "pit", "hyperv_clocksource_msr"};
  if (contains(fast, *current.text)) {
    return check.ok(*current.text);
  }
  if (!contains(slow, *current.text)) {
    return check.unknown(*current.text + ": not known to be fast or slow");
  }
  const std::string available = fmt::format(
      " {} ", read_host_line(host.root, folder + "available_clocksource").text.value_or(""));
  for (const std::string& better : fast) {
    if (available.find(" " + better + " ") != std::string::npos) {
      return check.warning(*current.text, write_as_root(better, folder + "current_clocksource"));
    }
  }
  return check.warning(*current.text,
                       "nothing: the kernel offers no faster one; choose another machine or "
                       "instance");
}

// Never a warning: they cost every trial of a machine alike, and a server in use has them too. Two
// machines, or two kernels, differ by them.
Finding check_mitigations(const Host& host) {
  const Check check("mitigations",
                    "each costs something a system call or switch, in every trial alike: no reason "
                    "to warn, but two machines differ by them");
  const std::string folder = kCpuFolder + "/vulnerabilities";
  std::error_code error;
  std::map<std::string, std::vector<std::string>> by_kind;
  auto entry = std::filesystem::directory_iterator(host.root / folder.substr(1), error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename();
    const HostText line = read_host_line(host.root, folder + "/" + name);
    by_kind[kind_of_vulnerability(line.text.value_or(""))].push_back(name);
  }
  for (auto& [kind, names] : by_kind) {
    std::sort(names.begin(), names.end());
  }
  if (by_kind.empty()) {
    return check.unknown(fmt::format("{}: {}", folder, error ? error.message() : "is empty"));
  }
  return check.ok(vulnerability_text(by_kind));
}

}  // namespace coresweep
