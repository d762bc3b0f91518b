// Who counts system calls.
#include <fmt/format.h>

#include <array>
#include <set>

#include "harness/tool_tracer.hpp"

namespace coresweep {
namespace {

class PerfStat : public PerfTracer {
 public:
  PerfStat() : PerfTracer("perf stat") {}

 protected:
  [[nodiscard]] std::vector<std::string> command(const std::string& program,
                                                 const std::vector<pid_t>& processes) override {
    auto words = perf_command(program, "stat", processes);
    words.insert(words.end(), {"-x", ";", "-e", events()});
    return words;
  }

  [[nodiscard]] std::string read_counts(const StopSignals& /*signals*/,
                                        CountTable& table) override {
    table = parse_perf_stat(file_content(output_file()));
    return table.total > 0 ? std::string() : "counted nothing: " + on_one_line(process().errors());
  }

 private:
  // The total, and by name what servers do all day; an event that this kernel does not have would
  // spoil them all.
  static std::string events() {
    constexpr std::array<const char*, 26> kNames{
        "futex",       "epoll_wait",      "epoll_pwait", "epoll_pwait2",
        "epoll_ctl",   "io_uring_enter",  "poll",        "ppoll",
        "read",        "readv",           "recvfrom",    "recvmsg",
        "write",       "writev",          "sendto",      "sendmsg",
        "accept",      "accept4",         "close",       "timerfd_settime",
        "sched_yield", "clock_nanosleep", "madvise",     "mmap",
        "munmap",      "rt_sigprocmask"};
    std::string list = "raw_syscalls:sys_enter";
    for (const char* name : kNames) {
      for (const char* mounted : {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"}) {
        std::error_code ignored;
        if (std::filesystem::exists(fmt::format("{}/events/syscalls/sys_enter_{}", mounted, name),
                                    ignored)) {
          list += fmt::format(",syscalls:sys_enter_{}", name);
          break;
        }
      }
    }
    return list;
  }
};

class Strace : public ToolTracer {
 public:
  Strace() : ToolTracer("strace -f -c", "strace", "-V") {}

 protected:
  [[nodiscard]] std::vector<std::string> command(const std::string& program,
                                                 const std::vector<pid_t>& processes) override {
    std::vector<std::string> words{program, "-f", "-c", "-o", output_file()};
    for (const pid_t process : processes) {
      words.insert(words.end(), {"-p", std::to_string(process)});
    }
    return words;
  }

  [[nodiscard]] bool has_attached(ChildProcess& process,
                                  const std::vector<pid_t>& processes) override {
    for (const pid_t one : processes) {
      if (process.errors().find(fmt::format("Process {} attached", one)) != std::string::npos) {
        attached_.insert(one);  // of its stderr only the end is kept
      }
    }
    return attached_.size() == processes.size();
  }

  [[nodiscard]] std::string read_counts(const StopSignals& /*signals*/,
                                        CountTable& table) override {
    table = parse_strace_summary(file_content(output_file()));
    return table.total > 0 ? std::string() : "counted nothing: " + on_one_line(process().errors());
  }

  [[nodiscard]] std::string explained(const std::string& said) const override {
    const std::string scope = on_one_line(file_content("/proc/sys/kernel/yama/ptrace_scope"));
    return said.find("Operation not permitted") == std::string::npos || scope.empty()
               ? said
               : fmt::format("{} (kernel.yama.ptrace_scope is {})", said, scope);
  }

 private:
  std::set<pid_t> attached_;
};

}  // namespace

Ladder syscall_tracers() {
  Ladder ladder;
  ladder.push_back(std::make_unique<PerfStat>());
  ladder.push_back(std::make_unique<Strace>());
  return ladder;
}

}  // namespace coresweep
