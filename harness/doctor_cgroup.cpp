// Checks of the doctor: how much CPU our control group allows, under cgroup v1 or v2.
#include <fmt/format.h>

#include <sstream>

#include "harness/doctor_checks.hpp"
#include "harness/host_files.hpp"
#include "harness/wording.hpp"
#include "support/contains.hpp"
#include "support/cpu_set.hpp"

namespace coresweep {
namespace {

struct Hierarchy {
  int version = 2;
  std::vector<std::string> folders;  ///< our group's first, then those around it
};

bool is_folder(const std::filesystem::path& root, const std::string& folder) {
  std::error_code error;
  return std::filesystem::is_directory(root / folder.substr(1), error);
}

// Our group and those around it, as far as they can be seen: a container sees its own only.
std::vector<std::string> group_folders(const std::filesystem::path& root, const std::string& mount,
                                       const std::string& group) {
  std::vector<std::string> folders;
  std::filesystem::path path = std::filesystem::path(group).relative_path();
  // From a group that lies outside of what is mounted the way leads through "..".
  if (contains(path, "..")) {
    path.clear();
  }
  for (; !path.empty(); path = path.parent_path()) {
    const std::string folder = mount + "/" + path.string();
    if (is_folder(root, folder)) {
      folders.push_back(folder);
    }
  }
  folders.push_back(mount);
  return folders;
}

bool names_controller(const std::string& list, const std::string& controller) {
  std::istringstream names(list);
  for (std::string name; std::getline(names, name, ',');) {
    if (name == controller) {
      return true;
    }
  }
  return false;
}

// Where `controller` has a hierarchy of its own that counts (v1), else the common one (v2).
std::optional<Hierarchy> find_hierarchy(const std::filesystem::path& root,
                                        const std::string& controller, const std::string& groups) {
  std::optional<Hierarchy> common;
  std::istringstream lines(groups);
  for (std::string line; std::getline(lines, line);) {
    const auto first = line.find(':');
    const auto second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) {
      continue;
    }
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string group = line.substr(second + 1);
    if (names_controller(controllers, controller)) {
      for (const std::string& name : {controller, controllers}) {
        if (is_folder(root, "/sys/fs/cgroup/" + name)) {
          return Hierarchy{1, group_folders(root, "/sys/fs/cgroup/" + name, group)};
        }
      }
    } else if (controllers.empty() &&
               std::filesystem::exists(root / "sys/fs/cgroup/cgroup.controllers")) {
      common = Hierarchy{2, group_folders(root, "/sys/fs/cgroup", group)};
    }
  }
  return common;
}

struct Quota {
  std::string file;  ///< that a word written to lifts
  std::string unlimited;
  double cpus = 0;
  std::string throttled;  ///< how often its group was held back, as the kernel has counted it
};

// One group's: nothing without a limit; `why` is set where its file cannot be understood.
std::optional<Quota> read_quota(const Host& host, int version, const std::string& folder,
                                std::string& why) {
  const std::string file = folder + (version == 2 ? "/cpu.max" : "/cpu.cfs_quota_us");
  const HostText line = read_host_line(host.root, file);
  if (!line.text) {
    // The outermost group has no such file.
    why = std::filesystem::exists(host.root / file.substr(1)) ? line.why : why;
    return std::nullopt;
  }
  const std::string period_file = folder + "/cpu.cfs_period_us";
  std::istringstream words(
      version == 2 ? *line.text
                   : *line.text + " " + read_host_line(host.root, period_file).text.value_or(""));
  std::string quota;
  std::string period;
  words >> quota >> period;
  if (quota == (version == 2 ? "max" : "-1")) {
    return std::nullopt;
  }
  const auto quota_us = parse_whole_number(quota);
  const auto period_us = parse_whole_number(period);
  if (!quota_us || !period_us || *quota_us <= 0 || *period_us <= 0) {
    why = file + ": holds no quota";
    return std::nullopt;
  }
  const HostText counts = read_host_text(host.root, folder + "/cpu.stat");
  const auto throttled = parse_whole_number(
      line_behind(counts.text.value_or(""), "nr_throttled ").value_or(""));
  return Quota{file, version == 2 ? "max" : "-1",
               static_cast<double>(*quota_us) / static_cast<double>(*period_us),
               throttled ? fmt::format("held back in {} periods so far", *throttled)
                         : "how often it was held back cannot be read"};
}

}  // namespace

Finding check_cpu_quota(const Host& host) {
  const Check check("cpu_quota",
                    "a group that has used up its quota stands still for the rest of the period, "
                    "mostly 100 ms: throughput is then the quota's, and latency the pause's");
  const HostText groups = read_host_text(host.root, "/proc/self/cgroup");
  if (!groups.text) {
    return check.unknown(groups.why);
  }
  const auto hierarchy = find_hierarchy(host.root, "cpu", *groups.text);
  if (!hierarchy) {
    return check.unknown("no hierarchy of control groups is mounted at /sys/fs/cgroup");
  }
  std::optional<Quota> tightest;
  std::string why;
  for (const std::string& folder : hierarchy->folders) {
    const auto quota = read_quota(host, hierarchy->version, folder, why);
    if (quota && (!tightest || quota->cpus < tightest->cpus)) {
      tightest = quota;
    }
  }
  if (!tightest) {
    return why.empty() ? check.ok(fmt::format("none (cgroup v{})", hierarchy->version))
                       : check.unknown(why);
  }
  const std::string reading =
      fmt::format("{} CPUs of {} that coresweep may run on, {}", significant(tightest->cpus),
                  host.allowed.size(), tightest->throttled);
  if (tightest->cpus >= static_cast<double>(host.allowed.size())) {
    return why.empty() ? check.ok(reading) : check.unknown(why);
  }
  return check.warning(reading, fmt::format("echo {} | sudo tee {}", tightest->unlimited,
                                            shell_word(tightest->file)));
}

Finding check_cpuset(const Host& host) {
  const Check check("cpuset",
                    "thread counts end at the CPUs that the set has, and what runs on the others "
                    "shares caches, memory and clock with it");
  const std::string online_file = "/sys/devices/system/cpu/online";
  const HostText online_text = read_host_line(host.root, online_file);
  const auto online = online_text.text ? parse_cpu_list(*online_text.text) : std::nullopt;
  const HostText groups = read_host_text(host.root, "/proc/self/cgroup");
  if (!online || !groups.text) {
    return check.unknown(!online_text.text ? online_text.why
                         : !online         ? online_file + ": holds no list of CPUs"
                                           : groups.why);
  }
  const auto hierarchy = find_hierarchy(host.root, "cpuset", *groups.text);
  if (!hierarchy) {
    return check.unknown("no hierarchy of control groups is mounted at /sys/fs/cgroup");
  }
  const bool second = hierarchy->version == 2;
  const std::string effective = second ? "cpuset.cpus.effective" : "cpuset.effective_cpus";
  for (const std::string& folder : hierarchy->folders) {
    const HostText line = read_host_line(host.root, folder + "/" + effective);
    if (!line.text) {
      continue;  // a group without the controller has its parent's
    }
    const auto cpus = parse_cpu_list(*line.text);
    if (!cpus) {
      return check.unknown(fmt::format("{}/{}: holds no list of CPUs", folder, effective));
    }
    std::string reading = fmt::format("CPUs {} of {} online", format_cpu_list(*cpus),
                                      format_cpu_list(*online));
    if (host.allowed != *cpus) {
      reading += fmt::format("; coresweep was started on {} alone", format_cpu_list(host.allowed));
    }
    return cpus->size() < online->size()
               ? check.warning(reading, fmt::format("echo {} | sudo tee {}",
                                                    format_cpu_list(*online),
                                                    shell_word(folder + "/cpuset.cpus")))
               : check.ok(reading);
  }
  return check.unknown(fmt::format("no {} in {} or around it", effective,
                                   hierarchy->folders.front()));
}

}  // namespace coresweep
