#include "harness/strays.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "harness/process_group.hpp"
#include "support/contains.hpp"

namespace coresweep {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kMostForStrays{1};
constexpr std::size_t kMostNames = 3;
constexpr pid_t kGroupOfNone = -1;

// All ours are watched by a descriptor until we have waited for them, and only they are.
bool is_watched(pid_t pid) {
  const std::string wanted = fmt::format("Pid:\t{}", pid);
  std::error_code error;
  std::filesystem::directory_iterator entry("/proc/self/fdinfo", error);
  while (!error && entry != std::filesystem::directory_iterator()) {
    std::ifstream file(entry->path());
    for (std::string line; std::getline(file, line);) {
      if (line == wanted) {
        return true;
      }
    }
    entry.increment(error);
  }
  return false;
}

bool is_reaped(pid_t pid) { return ::waitpid(pid, nullptr, WNOHANG) != 0; }

std::vector<pid_t> children_not_started() {
  std::vector<pid_t> children = children_of(::getpid());
  std::erase_if(children, is_watched);
  return children;
}

}  // namespace

Strays::Strays()
    : is_reaper_(children_not_started().empty() && ::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0) {}

Strays::~Strays() {
  end(kGroupOfNone);
  if (is_reaper_) {
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);
  }
}

Strays::Ended Strays::end(pid_t group) {
  std::map<pid_t, std::string> told;  // none of those that its group's end killed
  std::vector<pid_t> living;
  const auto until = Clock::now() + kMostForStrays;
  bool found_any = is_reaper_;
  while ((found_any || !living.empty()) && Clock::now() < until) {
    found_any = false;
    std::erase_if(living, is_reaped);
    for (const pid_t pid : children_not_started()) {
      if (contains(living, pid)) {
        continue;
      }
      found_any = true;  // whoever ends leaves others behind
      const std::string name = name_of_process(pid);
      const bool is_of_group = ::getpgid(pid) == group;
      if (!is_reaped(pid)) {
        ::kill(pid, SIGKILL);
        living.push_back(pid);
        if (!is_of_group) {
          told[pid] = name;
        }
      }
    }
    if (!found_any && !living.empty()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  Ended ended;
  for (const auto& [pid, name] : told) {
    (contains(living, pid) ? ended.living : ended.killed).push_back(name);
  }
  if (found_any && is_reaper_) {  // to the last
    for (const pid_t pid : children_not_started()) {
      ended.living.push_back(name_of_process(pid));
    }
  }
  return ended;
}

std::string processes_told(std::vector<std::string> names) {
  const std::size_t processes = names.size();
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  const bool has_more = names.size() > kMostNames;
  names.resize(std::min(names.size(), kMostNames));
  const std::string told = fmt::format("{}{}", fmt::join(names, ", "), has_more ? ", ..." : "");
  return processes == 1 ? told : fmt::format("{} processes ({})", processes, told);
}

}  // namespace coresweep
