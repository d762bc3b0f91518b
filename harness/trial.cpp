#include "harness/trial.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "harness/cpu_frequency.hpp"
#include "harness/dialogue.hpp"
#include "harness/load_command.hpp"
#include "harness/load_steps.hpp"
#include "harness/network_counters.hpp"
#include "harness/server_under_test.hpp"
#include "harness/strays.hpp"
#include "harness/utc_time.hpp"

namespace coresweep {
namespace {

class TrialRun {
 public:
  TrialRun(const Programs& programs, const TrialSetup& setup, const StopSignals& signals,
           TrialWatch* watch)
      : programs_(programs), setup_(setup), dialogue_(signals), watch_(watch) {
    server_ = setup.peer == nullptr ? own_server(server_start(programs, setup), dialogue_)
                                    : peer_server(programs, setup, dialogue_);
    if (setup.peer != nullptr) {
      strays_.emplace();
    }
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
      finish_load(dialogue_, readings_.load, readings_.load_errors);
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
    server_.reset();
    if (strays_ && dialogue_.server.process) {
      const auto ended = strays_->end(dialogue_.server.process->pid());
      for (const auto& [names, fate] : {std::pair(ended.killed, "killed now"),
                                        std::pair(ended.living, "and they still run")}) {
        if (!names.empty()) {
          readings_.notes.push_back(fmt::format("peer {} left behind {}, {}", setup_.peer->name,
                                                processes_told(names), fate));
        }
      }
    }
    return std::move(readings_);
  }

 private:
  void start_load() {
    const LoadBegun begun =
        begin_load(dialogue_, load_command(), longest_connecting(setup_.cell.connections));
    readings_.network_connecting = begun.network_connecting;
    if (begun.said.at("event") == "cannot_connect") {
      readings_.connect_failures = begun.said.at("connections_failed");
      dialogue_.wait_for_end(dialogue_.load);
      throw dialogue_.breakdown_by(dialogue_.load);
    }
  }

  void measure() {
    auto& load = dialogue_.load;
    dialogue_.tell(load, "go");
    static_cast<void>(dialogue_.expect(load, "measuring", setup_.warmup + kEdgeSlack));
    const MachineCpu cpu_before = read_machine_cpu();
    const Json server_before = server_->read();
    const NetworkCounters network_before = read_network_counters();
    sample_frequency();
    static_cast<void>(dialogue_.expect(load, "measured", setup_.duration + kEdgeSlack));
    const MachineCpu cpu_after = read_machine_cpu();
    const Json server_after = server_->read();
    readings_.network = network_between(network_before, read_network_counters());
    readings_.machine_cpu = machine_cpu_between(cpu_before, cpu_after, ::sysconf(_SC_CLK_TCK));
    readings_.server_window = server_between(server_before, server_after);
  }

  void sample_frequency() {
    std::vector<int> cpus = setup_.server_cpus;
    cpus.insert(cpus.end(), setup_.load_cpus.begin(), setup_.load_cpus.end());
    CpuFrequency frequency(std::move(cpus));
    sample_window(dialogue_, dialogue_.load, setup_.duration, [&frequency] { frequency.sample(); });
    readings_.cpu_frequency = frequency.samples();
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
  std::optional<Strays> strays_;  ///< of a peer; they come to us when the dialogue ends it
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
