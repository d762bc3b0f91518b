#include "harness/tracer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>

#include "harness/child_process.hpp"
#include "harness/failure.hpp"
#include "harness/run_to_end.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;
using Clock = ChildProcess::Clock;
namespace files = std::filesystem;

constexpr auto kAnswer = 10s;  // opening an event a thread, or stopping every thread, takes a while
constexpr std::size_t kLongestSaid = 200;

// Where the shell would find it; empty when it is not installed.
std::string program_in_path(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "/usr/bin:/bin" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string program = folder + "/" + name;
    if (!folder.empty() && ::access(program.c_str(), X_OK) == 0) {
      return program;
    }
  }
  return {};
}

std::string content(const files::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Tools complain over several lines, with hints: the beginning, on one.
std::string on_one_line(const std::string& text) {
  std::istringstream words(text);
  std::string line;
  for (std::string word; words >> word && line.size() < kLongestSaid;) {
    line += (line.empty() ? "" : " ") + word;
  }
  return line.size() < kLongestSaid ? line : line.substr(0, kLongestSaid) + "...";
}

// A folder for what a tool writes, gone with it.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = files::temp_directory_path() / "coresweep-trace-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) {
      throw Failure(fmt::format("{}: {}", name, std::strerror(errno)));
    }
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    files::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  [[nodiscard]] std::string file(const char* name) const { return path_ / name; }

 private:
  files::path path_;
};

// A tracer that is a program of its own, attached to processes and ended by SIGINT.
class ToolTracer : public Tracer {
 public:
  [[nodiscard]] std::string tool() const override { return tool_; }

  [[nodiscard]] std::string version(const StopSignals& signals) const override {
    const auto result = run_to_end({program_, version_flag_}, signals, kAnswer);
    return result.lines.empty() ? "" : result.lines.front();
  }

  [[nodiscard]] std::string attach(const std::vector<pid_t>& processes,
                                   const StopSignals& signals) override {
    program_ = program_in_path(program_name_);
    if (program_.empty()) {
      return fmt::format("{} is not installed", program_name_);
    }
    process_.emplace(command(program_, processes));
    const auto deadline = Clock::now() + kAnswer;
    while (!has_attached(*process_, processes)) {
      if (process_->has_ended()) {
        const std::string said = on_one_line(process_->errors());
        return explained(said.empty() ? process_->ending() : said);
      }
      if (Clock::now() >= deadline) {
        process_->stop(0ms);
        return fmt::format("did not attach within {} s", kAnswer.count());
      }
      wait_for_news({&*process_}, signals, deadline);
    }
    return {};
  }

  [[nodiscard]] std::string detach(const StopSignals& signals, CountTable& table) override {
    const auto deadline = Clock::now() + kAnswer;
    if (!process_->has_ended()) {
      ::kill(process_->pid(), SIGINT);
    }
    while (!process_->has_ended() && Clock::now() < deadline) {
      wait_for_news({&*process_}, signals, deadline);
    }
    if (!process_->has_ended()) {
      process_->stop(0ms);
      return fmt::format("did not end within {} s", kAnswer.count());
    }
    return read_counts(signals, table);
  }

 protected:
  ToolTracer(const char* tool, const char* program, const char* version_flag)
      : tool_(tool), program_name_(program), version_flag_(version_flag) {}

  [[nodiscard]] virtual std::vector<std::string> command(const std::string& program,
                                                         const std::vector<pid_t>& processes) = 0;
  [[nodiscard]] virtual bool has_attached(ChildProcess& process,
                                          const std::vector<pid_t>& processes) = 0;
  [[nodiscard]] virtual std::string read_counts(const StopSignals& signals, CountTable& table) = 0;
  /// `said` with what else is known of the reason.
  [[nodiscard]] virtual std::string explained(const std::string& said) const { return said; }

  [[nodiscard]] const std::string& program() const { return program_; }
  [[nodiscard]] const ChildProcess& process() const { return *process_; }
  [[nodiscard]] std::string output_file() const { return scratch_.file("output"); }

 private:
  const char* tool_;
  const char* program_name_;
  const char* version_flag_;
  ScratchFolder scratch_;
  std::string program_;
  std::optional<ChildProcess> process_;
};

// perf opens its events switched off, switches them on when told to, and says when that is done.
class PerfTracer : public ToolTracer {
 protected:
  explicit PerfTracer(const char* tool) : ToolTracer(tool, "perf", "--version") {}

  [[nodiscard]] bool has_attached(ChildProcess& process,
                                  const std::vector<pid_t>& /*processes*/) override {
    if (!told_) {
      told_ = process.send_line("enable");
    }
    while (const auto line = process.take_line()) {
      if (line->find("ack") != std::string::npos) {
        return true;
      }
    }
    return false;
  }

  [[nodiscard]] std::vector<std::string> common(const std::string& program, const char* command,
                                                const std::vector<pid_t>& processes) const {
    return {program,  command, "-D",          "-1", "--control",
            "fd:0,1", "-o",    output_file(), "-p", fmt::format("{}", fmt::join(processes, ","))};
  }

 private:
  bool told_ = false;
};

class PerfStat : public PerfTracer {
 public:
  PerfStat() : PerfTracer("perf stat") {}

 protected:
  [[nodiscard]] std::vector<std::string> command(const std::string& program,
                                                 const std::vector<pid_t>& processes) override {
    auto words = common(program, "stat", processes);
    words.insert(words.end(), {"-x", ";", "-e", events()});
    return words;
  }

  [[nodiscard]] std::string read_counts(const StopSignals& /*signals*/,
                                        CountTable& table) override {
    table = parse_perf_stat(content(output_file()));
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
        if (files::exists(fmt::format("{}/events/syscalls/sys_enter_{}", mounted, name), ignored)) {
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
    table = parse_strace_summary(content(output_file()));
    return table.total > 0 ? std::string() : "counted nothing: " + on_one_line(process().errors());
  }

  [[nodiscard]] std::string explained(const std::string& said) const override {
    const std::string scope = on_one_line(content("/proc/sys/kernel/yama/ptrace_scope"));
    return said.find("Operation not permitted") == std::string::npos || scope.empty()
               ? said
               : fmt::format("{} (kernel.yama.ptrace_scope is {})", said, scope);
  }

 private:
  std::set<pid_t> attached_;
};

class PerfRecordLocks : public PerfTracer {
 public:
  PerfRecordLocks() : PerfTracer("perf record -e lock:contention_begin") {}

 protected:
  [[nodiscard]] std::vector<std::string> command(const std::string& program,
                                                 const std::vector<pid_t>& processes) override {
    auto words = common(program, "record", processes);
    words.insert(words.end(), {"-g", "-e", "lock:contention_begin"});
    return words;
  }

  [[nodiscard]] std::string read_counts(const StopSignals& signals, CountTable& table) override {
    ChildProcess script({program(), "script", "-i", output_file(), "-F", "comm,tid,event,ip,sym"});
    script.close_stdin();
    LockWaits waits;
    const auto deadline = Clock::now() + 6 * kAnswer;
    const auto take_lines = [&script, &waits] {
      while (const auto line = script.take_line()) {
        waits.add_line(*line);
      }
    };
    while (!script.has_ended() && Clock::now() < deadline) {
      wait_for_news({&script}, signals, deadline);
      take_lines();
    }
    if (!script.has_ended() || !script.ended_well()) {
      script.stop(0ms);
      return "perf script: " + on_one_line(script.errors());
    }
    if (script.errors().find("lost") != std::string::npos) {
      return "more waits than perf could write down: " + on_one_line(script.errors());
    }
    table = waits.table();
    return table.by_name.contains("[unknown]")
               ? "the kernel does not tell its functions' names (kernel.kptr_restrict)"
               : "";
  }
};

}  // namespace

Ladder syscall_tracers() {
  Ladder ladder;
  ladder.push_back(std::make_unique<PerfStat>());
  ladder.push_back(std::make_unique<Strace>());
  return ladder;
}

Ladder lock_tracers() {
  Ladder ladder;
  ladder.push_back(std::make_unique<PerfRecordLocks>());
  return ladder;
}

}  // namespace coresweep
