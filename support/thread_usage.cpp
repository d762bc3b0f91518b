#include "support/thread_usage.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <sstream>
#include <string>

namespace coresweep {
namespace {

// The number behind `key` in /proc/self/task/ID/status, or null.
Json status_number(pid_t id, const std::string& key) {
  std::ifstream status(fmt::format("/proc/self/task/{}/status", id));
  std::string word;
  while (status >> word) {
    if (word == key) {
      std::uint64_t value = 0;
      if (status >> value) {
        return value;
      }
    }
  }
  return nullptr;
}

// How often the thread was moved to another CPU, or null.
Json migrations(pid_t id) {
  std::ifstream sched(fmt::format("/proc/self/task/{}/sched", id));
  std::string line;
  while (std::getline(sched, line)) {
    if (line.starts_with("se.nr_migrations")) {
      return std::stoull(line.substr(line.find(':') + 1));
    }
  }
  return nullptr;  // a kernel without CONFIG_SCHED_DEBUG has no such file
}

}  // namespace

double to_seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

std::int64_t monotonic_ns() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

double run_delay_s(pid_t id) {
  std::ifstream file(fmt::format("/proc/self/task/{}/schedstat", id));
  std::uint64_t running_ns = 0;
  std::uint64_t waiting_ns = 0;
  if (!(file >> running_ns >> waiting_ns)) {
    return -1;
  }
  return static_cast<double>(waiting_ns) / 1e9;
}

void add_usage(Json& json, const rusage& usage) {
  json["cpu_user_s"] = to_seconds(usage.ru_utime);
  json["cpu_system_s"] = to_seconds(usage.ru_stime);
  json["context_switches_voluntary"] = usage.ru_nvcsw;
  json["context_switches_involuntary"] = usage.ru_nivcsw;
}

void add_thread_usage(Json& json, pid_t id) {
  std::ifstream file(fmt::format("/proc/self/task/{}/stat", id));
  std::string line;
  std::getline(file, line);
  // The name, in parentheses, may hold anything: the fields are counted from behind it.
  const std::size_t end_of_name = line.rfind(')');
  json["cpu_user_s"] = nullptr;
  json["cpu_system_s"] = nullptr;
  if (end_of_name != std::string::npos) {
    std::istringstream fields(line.substr(end_of_name + 2));
    std::string skipped;
    for (int field = 3; field < 14; ++field) {
      fields >> skipped;
    }
    double user = 0;
    double system = 0;
    if (fields >> user >> system) {
      const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
      json["cpu_user_s"] = user / ticks;
      json["cpu_system_s"] = system / ticks;
    }
  }
  json["context_switches_voluntary"] = status_number(id, "voluntary_ctxt_switches:");
  json["context_switches_involuntary"] = status_number(id, "nonvoluntary_ctxt_switches:");
  const double delay = run_delay_s(id);
  json["run_delay_s"] = delay < 0 ? Json(nullptr) : Json(delay);
  json["migrations"] = migrations(id);
}

}  // namespace coresweep
