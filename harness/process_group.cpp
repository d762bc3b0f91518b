#include "harness/process_group.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include "harness/wording.hpp"
#include "support/contains.hpp"
#include "support/cpu_set.hpp"
#include "support/thread_usage.hpp"

namespace coresweep {
namespace {

// Of /proc/PID/stat, counted from the state, which follows the name in parentheses.
struct ProcessStat {
  std::string name;
  pid_t parent = 0;
  pid_t group = 0;
  unsigned long flags = 0;
  long long faults_minor = 0;
  long long faults_major = 0;
  long long user_ticks = 0;
  long long system_ticks = 0;
  long long threads = 0;
};

std::optional<ProcessStat> read_stat(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string text;
  std::getline(file, text, '\0');
  const auto name_begin = text.find('(');
  const auto name_end = text.rfind(')');  // a name may hold one itself
  if (name_begin == std::string::npos || name_end == std::string::npos) {
    return std::nullopt;
  }
  std::istringstream words(text.substr(name_end + 1));
  std::string skipped;
  ProcessStat stat;
  stat.name = text.substr(name_begin + 1, name_end - name_begin - 1);
  long long children_minor = 0;
  long long children_major = 0;
  long long children_user = 0;
  long long children_system = 0;
  words >> skipped >> stat.parent >> stat.group >> skipped >> skipped >> skipped >> stat.flags >>
      stat.faults_minor >> children_minor >> stat.faults_major >> children_major >>
      stat.user_ticks >> stat.system_ticks >> children_user >> children_system >> skipped >>
      skipped >> stat.threads;
  stat.faults_minor += children_minor;
  stat.faults_major += children_major;
  stat.user_ticks += children_user;
  stat.system_ticks += children_system;
  return words.fail() ? std::nullopt : std::optional(stat);
}

// Empty when it cannot be read, such as of a thread that ends meanwhile.
std::string content_of(const std::string& path) {
  std::ifstream file(path);
  std::string text;
  std::getline(file, text, '\0');
  return text;
}

// The number behind `key` in `lines` of "key : number", such as of /proc/PID/status.
std::optional<long long> number_behind(std::string_view lines, std::string_view key) {
  for (auto at = lines.find(key); at != std::string_view::npos; at = lines.find(key, at + 1)) {
    if (at > 0 && lines[at - 1] != '\n') {
      continue;
    }
    std::string_view rest = lines.substr(at + key.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    if (!rest.starts_with(':')) {  // it only begins so
      continue;
    }
    rest.remove_prefix(1);
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    long long number = 0;
    const auto [stop, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    return error == std::errc{} ? std::optional(number) : std::nullopt;
  }
  return std::nullopt;
}

// Numbers that folders are named by. None of one that is gone, or goes meanwhile.
std::vector<pid_t> numbered_in(const std::string& folder) {
  std::vector<pid_t> numbers;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  while (!error && entry != std::filesystem::directory_iterator()) {
    const std::string name = entry->path().filename();
    if (name.find_first_not_of("0123456789") == std::string::npos) {
      numbers.push_back(static_cast<pid_t>(std::stol(name)));
    }
    entry.increment(error);
  }
  return numbers;
}

std::vector<pid_t> threads_of(pid_t pid) { return numbered_in(fmt::format("/proc/{}/task", pid)); }

// A sum that one of its parts is not known of is null.
class KnownSum {
 public:
  void add(std::optional<long long> number) {
    is_known_ = is_known_ && number;
    sum_ += number.value_or(0);
  }
  [[nodiscard]] Json json() const { return is_known_ ? Json(sum_) : Json(); }

 private:
  bool is_known_ = true;
  long long sum_ = 0;
};

// What the kernel counts of a thread and of no process, over all that live. What those that ended
// counted is told by nobody.
struct ThreadCounts {
  KnownSum switches_voluntary;
  KnownSum switches_involuntary;
  KnownSum migrations;
};

// One file a thread: a server may have hundreds, and while they are read the load waits for its
// CPU. `sched` has it all, but some kernels leave it out.
void add_threads_of(pid_t pid, ThreadCounts& sums) {
  for (const pid_t thread : threads_of(pid)) {
    const std::string folder = fmt::format("/proc/{}/task/{}", pid, thread);
    if (const std::string sched = content_of(folder + "/sched"); !sched.empty()) {
      sums.switches_voluntary.add(number_behind(sched, "nr_voluntary_switches"));
      sums.switches_involuntary.add(number_behind(sched, "nr_involuntary_switches"));
      sums.migrations.add(number_behind(sched, "se.nr_migrations"));
    } else if (const std::string status = content_of(folder + "/status"); !status.empty()) {
      sums.switches_voluntary.add(number_behind(status, "voluntary_ctxt_switches"));
      sums.switches_involuntary.add(number_behind(status, "nonvoluntary_ctxt_switches"));
      sums.migrations.add(std::nullopt);
    }
  }
}

// Of all processes those that are wanted, ascending.
template <typename IsWanted>
std::vector<pid_t> processes_where(IsWanted is_wanted) {
  std::vector<pid_t> pids = numbered_in("/proc");
  std::erase_if(pids, [&is_wanted](pid_t pid) { return !is_wanted(pid); });
  std::sort(pids.begin(), pids.end());
  return pids;
}

}  // namespace

std::vector<pid_t> all_processes() {
  return processes_where([](pid_t) { return true; });
}

std::vector<pid_t> processes_of_group(pid_t group) {
  // Its own call, not /proc/PID/stat: a machine may have a thousand processes of others.
  return processes_where([group](pid_t pid) { return ::getpgid(pid) == group; });
}

std::vector<pid_t> children_of(pid_t parent) {
  return processes_where([parent](pid_t pid) {
    const auto stat = read_stat(pid);
    return stat && stat->parent == parent;
  });
}

std::string name_of_process(pid_t pid) {
  const auto stat = read_stat(pid);
  return stat ? printable_line(stat->name) : "a process";
}

std::string named_process(pid_t pid) { return fmt::format("{} ({})", name_of_process(pid), pid); }

std::string thread_outside(pid_t group, const std::vector<int>& cpus) {
  constexpr unsigned long kWorkerOfIoUring = 0x10;  // PF_IO_WORKER of the kernel's sched.h
  for (const pid_t pid : processes_of_group(group)) {
    for (const pid_t thread : threads_of(pid)) {
      const auto allowed = allowed_cpus(thread);
      if (std::ranges::all_of(allowed, [&cpus](int cpu) { return contains(cpus, cpu); })) {
        continue;
      }
      const auto stat = read_stat(thread);
      if (stat && (stat->flags & kWorkerOfIoUring) == 0) {
        return fmt::format("{} may run on CPU{} {}, outside of its {}", named_process(pid),
                           allowed.size() == 1 ? "" : "s", format_cpu_list(allowed),
                           format_cpu_list(cpus));
      }
    }
  }
  return {};
}

Json read_process_group(pid_t group) {
  const auto ticks_per_s = static_cast<double>(::sysconf(_SC_CLK_TCK));
  ProcessStat sum;
  ThreadCounts threads;
  Json processes = Json::array();
  long long resident_kb = 0;
  const std::int64_t read_at = monotonic_ns();
  for (const pid_t pid : processes_of_group(group)) {
    const auto stat = read_stat(pid);
    if (!stat) {
      continue;
    }
    processes.push_back({{"pid", pid},
                         {"name", stat->name},
                         {"threads", stat->threads},
                         {"cpu_user_s", static_cast<double>(stat->user_ticks) / ticks_per_s},
                         {"cpu_system_s", static_cast<double>(stat->system_ticks) / ticks_per_s}});
    sum.user_ticks += stat->user_ticks;
    sum.system_ticks += stat->system_ticks;
    sum.faults_minor += stat->faults_minor;
    sum.faults_major += stat->faults_major;
    add_threads_of(pid, threads);
    resident_kb +=
        number_behind(content_of(fmt::format("/proc/{}/status", pid)), "VmRSS").value_or(0);
  }
  return {{"monotonic_ns", read_at},
          {"threads", nullptr},
          {"processes", processes},
          {"process",
           {{"cpu_user_s", static_cast<double>(sum.user_ticks) / ticks_per_s},
            {"cpu_system_s", static_cast<double>(sum.system_ticks) / ticks_per_s},
            {"context_switches_voluntary", threads.switches_voluntary.json()},
            {"context_switches_involuntary", threads.switches_involuntary.json()},
            {"page_faults_minor", sum.faults_minor},
            {"page_faults_major", sum.faults_major},
            {"migrations", threads.migrations.json()},
            {"resident_kb", resident_kb}}}};
}

}  // namespace coresweep
