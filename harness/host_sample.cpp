#include "harness/host_sample.hpp"

#include <algorithm>
#include <sstream>

#include "harness/host_files.hpp"

namespace coresweep {
namespace {

constexpr unsigned long kKernelThread = 0x00200000;  // PF_KTHREAD, include/linux/sched.h

std::vector<ProcessTicks> read_processes(const std::filesystem::path& root) {
  std::vector<ProcessTicks> processes;
  std::error_code error;
  auto entry = std::filesystem::directory_iterator(root / "proc", error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename();
    if (!parse_whole_number(name)) {
      continue;
    }
    // One that has ended meanwhile has no file any more.
    const HostText stat = read_host_text(root, "/proc/" + name + "/stat");
    if (const auto process = parse_process_stat(stat.text.value_or(""))) {
      processes.push_back(*process);
    }
  }
  return processes;
}

MachineCpu read_cpus(const std::filesystem::path& root) {
  const HostText stat = read_host_text(root, "/proc/stat");
  return {std::chrono::steady_clock::now(), parse_proc_stat(stat.text.value_or(""))};
}

}  // namespace

std::optional<ProcessTicks> parse_process_stat(std::string_view text) {
  // The name, in parentheses, may hold anything: the fields are counted from behind it.
  const std::size_t name = text.find('(');
  const std::size_t end_of_name = text.rfind(')');
  if (name == std::string_view::npos || end_of_name == std::string_view::npos ||
      end_of_name < name) {
    return std::nullopt;
  }
  const auto id = parse_whole_number(without_blanks(text.substr(0, name)));
  if (!id) {
    return std::nullopt;
  }
  ProcessTicks process;
  process.id = static_cast<pid_t>(*id);
  process.name = text.substr(name + 1, end_of_name - name - 1);
  std::istringstream fields{std::string(text.substr(end_of_name + 1))};
  std::string state;
  std::string skipped;
  unsigned long flags = 0;
  long long user = 0;
  long long system = 0;
  fields >> state >> process.parent;
  for (int field = 5; field < 9; ++field) {
    fields >> skipped;
  }
  fields >> flags;
  for (int field = 10; field < 14; ++field) {
    fields >> skipped;
  }
  fields >> user >> system;
  for (int field = 16; field < 22; ++field) {
    fields >> skipped;
  }
  fields >> process.started;
  process.of_kernel = (flags & kKernelThread) != 0;
  process.ticks = user + system;
  return fields.fail() ? std::nullopt : std::optional(process);
}

HostSample read_host_sample(const std::filesystem::path& root, SampleSide side) {
  HostSample sample;
  if (side == SampleSide::kBefore) {
    sample.processes = read_processes(root);
    sample.cpus = read_cpus(root);
  } else {
    sample.cpus = read_cpus(root);
    sample.processes = read_processes(root);
  }
  return sample;
}

}  // namespace coresweep
