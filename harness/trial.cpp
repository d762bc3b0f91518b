#include "harness/trial.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "harness/cpu_frequency.hpp"
#include "harness/dialogue.hpp"
#include "harness/load_command.hpp"
#include "harness/network_counters.hpp"
#include "harness/server_under_test.hpp"
#include "harness/utc_time.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

// How long each step may take before the trial has failed. The load generator itself gives up on
// its connections after 5 s, and 1 ms for each; it waits up to 2 s for what is in flight, and as
// long again when it was stopped meanwhile, before it reports.
constexpr nanoseconds kLoadReady = 10s;
constexpr nanoseconds kLoadReadyEach = 1ms;
constexpr nanoseconds kSlack = 5s;
constexpr nanoseconds kReport = 7s;
// Of the CPUs' frequency, within the window and at its edges.
constexpr int kFrequencySamples = 6;

class TrialRun {
 public:
  TrialRun(const Programs& programs, const TrialSetup& setup, const StopSignals& signals,
           TrialWatch* watch)
      : programs_(programs), setup_(setup), dialogue_(signals), watch_(watch) {
    server_ = setup.peer == nullptr ? own_server(server_start(programs, setup), dialogue_)
                                    : peer_server(programs, setup, dialogue_);
    readings_.started_at = utc_time(std::chrono::system_clock::now());
    readings_.server_cpus = setup.server_cpus;
    readings_.load_cpus = setup.load_cpus;
    if (setup.cell.load.is_open()) {
      readings_.load_seed = setup.load_seed;
    }
  }

  TrialReadings run() {
    try {
      server_->start();
      start_load();
      if (watch_ != nullptr) {
        watch_->load_begins(dialogue_.server.process->pid());
      }
      measure();
      finish_load();
      if (watch_ != nullptr) {
        watch_->load_ended();
      }
      server_->stop(readings_);
    } catch (const Breakdown& breakdown) {
      readings_.breakdown = breakdown.reason;
    } catch (const Json::exception& error) {
      readings_.breakdown = fmt::format("a program's line is not as agreed: {}", error.what());
    }
    Dialogue::end(dialogue_.load, readings_.load_errors);
    Dialogue::end(dialogue_.server, readings_.server_errors);
    return std::move(readings_);
  }

 private:
  void start_load() {
    auto& load = dialogue_.load;
    const NetworkCounters network_before = read_network_counters();
    load.process.emplace(load_command());
    const Json begun = dialogue_.expect_any(load, {"ready", "cannot_connect"},
                                            kLoadReady + setup_.cell.connections * kLoadReadyEach);
    readings_.network_connecting = network_between(network_before, read_network_counters());
    if (begun.at("event") == "cannot_connect") {
      readings_.connect_failures = begun.at("connections_failed");
      dialogue_.wait_for_end(load);
      throw Breakdown{Dialogue::ending_of(load)};
    }
  }

  void measure() {
    auto& load = dialogue_.load;
    dialogue_.tell(load, "go");
    static_cast<void>(dialogue_.expect(load, "measuring", setup_.warmup + kSlack));
    const MachineCpu cpu_before = read_machine_cpu();
    const Json server_before = server_->read();
    const NetworkCounters network_before = read_network_counters();
    sample_frequency();
    static_cast<void>(dialogue_.expect(load, "measured", setup_.duration + kSlack));
    const MachineCpu cpu_after = read_machine_cpu();
    const Json server_after = server_->read();
    readings_.network = network_between(network_before, read_network_counters());
    readings_.machine_cpu = machine_cpu_between(cpu_before, cpu_after, ::sysconf(_SC_CLK_TCK));
    readings_.server_window = server_between(server_before, server_after);
  }

  // The last sample is a moment before the window's end: at the end itself other readings are due.
  void sample_frequency() {
    std::vector<int> cpus = setup_.server_cpus;
    cpus.insert(cpus.end(), setup_.load_cpus.begin(), setup_.load_cpus.end());
    CpuFrequency frequency(std::move(cpus));
    frequency.sample();
    const auto begin = ChildProcess::Clock::now();
    for (int i = 1; i < kFrequencySamples; ++i) {
      if (!dialogue_.stays_quiet(dialogue_.load, begin + i * setup_.duration / kFrequencySamples)) {
        break;
      }
      frequency.sample();
    }
    readings_.cpu_frequency = frequency.samples();
  }

  void finish_load() {
    auto& load = dialogue_.load;
    readings_.load = parse_load_report(dialogue_.expect(load, "report", kReport));
    dialogue_.wait_for_end(load);
    const auto& totals = readings_.load->totals;
    // With failures, or a rate beyond all bounds, it exits with 1 as agreed, and the report says
    // more than we could here.
    if (!load.process->ended_well() && totals.requests_failed == 0 &&
        totals.connections_lost == 0 && totals.requests_given_up == 0) {
      throw Breakdown{Dialogue::ending_of(load)};
    }
    readings_.load_errors = load.process->errors();
    load.process.reset();
  }

  [[nodiscard]] std::vector<std::string> load_command() const {
    std::vector<std::string> words =
        load_command_flags(setup_, {setup_.cell.connections, setup_.load_cpus});
    words.insert(words.begin(), programs_.loadgen);
    return words;
  }

  const Programs& programs_;
  const TrialSetup& setup_;
  TrialReadings readings_;
  Dialogue dialogue_;
  TrialWatch* watch_;
  std::unique_ptr<ServerUnderTest> server_;
};

}  // namespace

TrialReadings run_trial(const Programs& programs, const TrialSetup& setup,
                        const StopSignals& signals, TrialWatch* watch) {
  return TrialRun(programs, setup, signals, watch).run();
}

}  // namespace coresweep
