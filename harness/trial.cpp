#include "harness/trial.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <optional>

#include "harness/child_process.hpp"
#include "harness/failure.hpp"
#include "harness/utc_time.hpp"
#include "support/cpu_set.hpp"
#include "support/exit.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;
using Clock = ChildProcess::Clock;
using std::chrono::nanoseconds;

// How long each step may take before the trial has failed. The load generator waits up to 2 s for
// what is in flight before it reports.
constexpr nanoseconds kServerReady = 5s;
constexpr nanoseconds kLoadReady = 10s;
constexpr nanoseconds kSlack = 5s;
constexpr nanoseconds kReport = 7s;
constexpr nanoseconds kSnapshot = 2s;
constexpr nanoseconds kEnd = 3s;
constexpr nanoseconds kListenRetried = 1s;
constexpr nanoseconds kListenPause = 50ms;

/// Why this trial cannot go on.
struct Breakdown {
  std::string reason;
};

struct Program {
  const char* name;
  std::optional<ChildProcess> process;
};

class TrialRun {
 public:
  TrialRun(const Programs& programs, const TrialSetup& setup, const StopSignals& signals,
           TrialWatch* watch)
      : programs_(programs), setup_(setup), signals_(signals), watch_(watch) {
    readings_.started_at = utc_time(std::chrono::system_clock::now());
    readings_.server_cpus = setup.server_cpus;
    readings_.load_cpus = setup.load_cpus;
  }

  TrialReadings run() {
    try {
      start_server();
      start_load();
      if (watch_ != nullptr) {
        watch_->load_begins(server_.process->pid());
      }
      measure();
      finish_load();
      if (watch_ != nullptr) {
        watch_->load_ended();
      }
      finish_server();
    } catch (const Breakdown& breakdown) {
      readings_.breakdown = breakdown.reason;
    } catch (const Json::exception& error) {
      readings_.breakdown = fmt::format("a program's line is not as agreed: {}", error.what());
    }
    end(load_, readings_.load_errors);
    end(server_, readings_.server_errors);
    return std::move(readings_);
  }

 private:
  void start_server() {
    const auto retried_until = Clock::now() + kListenRetried;
    while (true) {
      server_.process.emplace(server_command());
      try {
        static_cast<void>(expect(server_, "ready", kServerReady));
        return;
      } catch (const Breakdown&) {
        if (server_.process->exit_code() != kExitCannotListen) {
          throw;
        }
        // The previous trial's listeners may still be closing. Anybody else's will stay, and so
        // will an address that is not this machine's: no trial of this sweep could listen.
        if (Clock::now() >= retried_until) {
          throw Failure(server_.process->last_error_line());
        }
      }
      wait_for_news({}, signals_, Clock::now() + kListenPause);
    }
  }

  void start_load() {
    load_.process.emplace(load_command());
    static_cast<void>(expect(load_, "ready", kLoadReady));
  }

  void measure() {
    tell(load_, "go");
    static_cast<void>(expect(load_, "measuring", setup_.warmup + kSlack));
    const MachineCpu cpu_before = read_machine_cpu();
    const Json server_before = server_snapshot();
    static_cast<void>(expect(load_, "measured", setup_.duration + kSlack));
    const MachineCpu cpu_after = read_machine_cpu();
    const Json server_after = server_snapshot();
    readings_.machine_cpu = machine_cpu_between(cpu_before, cpu_after, ::sysconf(_SC_CLK_TCK));
    readings_.server_window = server_between(server_before, server_after);
  }

  void finish_load() {
    readings_.load = parse_load_report(expect(load_, "report", kReport));
    wait_for_end(load_);
    const auto& totals = readings_.load->totals;
    // With failures it exits with 1 as agreed, and the report says more than we could here.
    if (!load_.process->ended_well() && totals.requests_failed == 0 &&
        totals.connections_lost == 0) {
      throw Breakdown{ending_of(load_)};
    }
    readings_.load_errors = load_.process->errors();
    load_.process.reset();
  }

  void finish_server() {
    tell(server_, "stop");
    readings_.server_totals = parse_server_totals(expect(server_, "stopped", kSlack));
    wait_for_end(server_);
    if (!server_.process->ended_well()) {
      throw Breakdown{ending_of(server_)};
    }
  }

  Json server_snapshot() {
    tell(server_, "snapshot");
    return expect(server_, "snapshot", kSnapshot);
  }

  void tell(Program& program, const char* word) {
    if (!program.process->send_line(word)) {
      wait_for_end(program);
      throw Breakdown{ending_of(first_to_end(program))};
    }
  }

  /// The load generator ends when it loses the server: then the server's end is the reason.
  Program& first_to_end(Program& program) {
    return server_.process->has_ended() ? server_ : program;
  }

  /// The next line of `from`, which has to be that event. A program that has ended meanwhile, with
  /// nothing left that it said before, is a breakdown.
  Json expect(Program& from, const char* event, nanoseconds most) {
    const auto deadline = Clock::now() + most;
    while (true) {
      if (const auto text = from.process->take_line()) {
        auto line = parse_json_line(*text);
        const std::string said = line ? line->value("event", "") : "";
        if (said == event) {
          return std::move(*line);
        }
        throw Breakdown{
            fmt::format("the {} said {:.200} where \"{}\" was due", from.name, *text, event)};
      }
      for (Program* program : {&server_, &load_}) {
        if (program->process && program->process->has_ended() && !program->process->has_line()) {
          throw Breakdown{ending_of(*program)};
        }
      }
      if (from.process->line_is_too_long()) {
        throw Breakdown{fmt::format("the {} wrote a line of more than {} bytes", from.name,
                                    ChildProcess::kLongestLine)};
      }
      if (Clock::now() >= deadline) {
        throw Breakdown{fmt::format("the {} did not say \"{}\" within {}", from.name, event,
                                    format_duration(most))};
      }
      wait_for_news(running(), signals_, deadline);
    }
  }

  void wait_for_end(Program& program) {
    const auto deadline = Clock::now() + kEnd;
    while (!program.process->has_ended()) {
      if (Clock::now() >= deadline) {
        throw Breakdown{
            fmt::format("the {} did not end within {}", program.name, format_duration(kEnd))};
      }
      wait_for_news(running(), signals_, deadline);
    }
  }

  std::vector<ChildProcess*> running() {
    std::vector<ChildProcess*> processes;
    for (Program* program : {&server_, &load_}) {
      if (program->process) {
        processes.push_back(&*program->process);
      }
    }
    return processes;
  }

  static std::string ending_of(const Program& program) {
    const std::string said = program.process->last_error_line();
    return fmt::format("the {} {}{}{}", program.name, program.process->ending(),
                       said.empty() ? "" : ": ", said);
  }

  static void end(Program& program, std::string& errors) {
    if (program.process) {
      program.process->stop();
      errors = program.process->errors();
    }
  }

  std::vector<std::string> server_command() const {
    return {programs_.greeter, "--architecture", setup_.cell.architecture, "--threads",
            std::to_string(setup_.cell.threads), "--listen", setup_.listen, "--pin",
            format_cpu_list(setup_.server_cpus), "--http2", setup_.cell.http2,
            // Of each listener: an equal share each would starve the small queues first.
            "--backlog", std::to_string(setup_.cell.connections)};
  }

  std::vector<std::string> load_command() const {
    return {programs_.loadgen,
            "--target",
            setup_.listen,
            "--connections",
            std::to_string(setup_.cell.connections),
            "--streams",
            std::to_string(setup_.cell.streams),
            "--threads",
            std::to_string(setup_.load_cpus.size()),
            "--pin",
            format_cpu_list(setup_.load_cpus),
            "--mode",
            "closed",
            "--warmup",
            format_duration(setup_.warmup),
            "--duration",
            format_duration(setup_.duration),
            "--start",
            "go",
            "--quiet"};
  }

  const Programs& programs_;
  const TrialSetup& setup_;
  const StopSignals& signals_;
  TrialWatch* watch_;
  TrialReadings readings_;
  // In this order, so that an interruption ends the load before the server it talks to.
  Program server_{"server", std::nullopt};
  Program load_{"load generator", std::nullopt};
};

}  // namespace

TrialReadings run_trial(const Programs& programs, const TrialSetup& setup,
                        const StopSignals& signals, TrialWatch* watch) {
  return TrialRun(programs, setup, signals, watch).run();
}

}  // namespace coresweep
