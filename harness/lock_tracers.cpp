// Who counts waits for the kernel's locks.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/tool_tracer.hpp"

namespace coresweep {
namespace {

using Clock = ChildProcess::Clock;

std::string complaint_of_names(const CountTable& table) {
  return table.by_name.contains("[unknown]")
             ? "the kernel does not tell its functions' names (kernel.kptr_restrict)"
             : "";
}

class PerfRecordLocks : public PerfTracer {
 public:
  PerfRecordLocks() : PerfTracer("perf record -e lock:contention_begin") {}

 protected:
  [[nodiscard]] std::vector<std::string> command(const std::string& program,
                                                 const std::vector<pid_t>& processes) override {
    auto words = perf_command(program, "record", processes);
    words.insert(words.end(), {"-g", "-e", "lock:contention_begin"});
    return words;
  }

  [[nodiscard]] std::string read_counts(const StopSignals& signals, CountTable& table) override {
    ChildProcess script({program(), "script", "-i", output_file(), "-F", "comm,tid,event,ip,sym"});
    script.close_stdin();
    LockWaits waits;
    const auto deadline = Clock::now() + 6 * kTracerAnswer;
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
      script.stop(std::chrono::milliseconds(0));
      return "perf script: " + on_one_line(script.errors());
    }
    if (script.errors().find("lost") != std::string::npos) {
      return "more waits than perf could write down: " + on_one_line(script.errors());
    }
    table = waits.table();
    return complaint_of_names(table);
  }
};

class BpftraceLocks : public AnsweringTracer {
 public:
  BpftraceLocks() : AnsweringTracer("bpftrace lock:contention_begin", "bpftrace", "enable") {}

 protected:
  [[nodiscard]] std::vector<std::string> command(const std::string& program,
                                                 const std::vector<pid_t>& processes) override {
    std::vector<std::string> conditions;
    for (const pid_t process : processes) {
      conditions.push_back(fmt::format("pid == {}", process));
    }
    // It starts the command when all its probes are attached: cat then gives our word back.
    return {program,
            "-o",
            output_file(),
            "-c",
            "/bin/cat",
            "-e",
            fmt::format("tracepoint:lock:contention_begin /{}/ {{ @[kstack(6)] = count(); }}",
                        fmt::join(conditions, " || "))};
  }

  // It ends with its command. A SIGINT it may not hear: version 0.17 did not, once in four.
  void ask_to_end(ChildProcess& process) override { process.close_stdin(); }

  [[nodiscard]] std::string read_counts(const StopSignals& /*signals*/,
                                        CountTable& table) override {
    const std::string text = file_content(output_file());
    if (!process().ended_well()) {
      return process().ending() + ": " + on_one_line(process().errors());
    }
    table = parse_bpftrace_stacks(text);
    return complaint_of_names(table);
  }
};

}  // namespace

Ladder lock_tracers() {
  Ladder ladder;
  ladder.push_back(std::make_unique<BpftraceLocks>());
  ladder.push_back(std::make_unique<PerfRecordLocks>());
  return ladder;
}

}  // namespace coresweep
