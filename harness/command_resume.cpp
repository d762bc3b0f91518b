#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

#include "harness/commands.hpp"
#include "harness/failure.hpp"
#include "harness/fleet.hpp"
#include "harness/peer_build.hpp"
#include "harness/resumption.hpp"
#include "harness/run_session.hpp"
#include "harness/sweep_hosts.hpp"
#include "support/command_line.hpp"
#include "support/open_files.hpp"

namespace coresweep {
namespace {

struct ResumeOptions {
  std::string run;
  RunDrawing drawing;
  OnLoss on_loss = OnLoss::kStop;  // of a host
  PairsAtOnce at_once;
};

// Whoever ran no trial before runs none now, even if it could be built meanwhile.
void leave_out_as_before(Sweep& sweep, const StoppedRun& stopped) {
  for (const Json& record : stopped.record.value("peers", Json::array())) {
    for (Peer& peer : sweep.plan.peers) {
      const Json left_out = record.value("left_out", Json());
      if (record.value("name", Json()) == peer.name && left_out.is_string()) {
        peer.left_out = left_out.get<std::string>();
      }
    }
  }
  settle_cells(sweep);
}

int resume_run(const ResumeOptions& options, const StopSignals& signals) {
  raise_open_files();  // the machine's limits are compared with what was recorded after it
  const StoppedRun stopped = read_stopped_run(options.run);
  if (options.on_loss == OnLoss::kKeepGoing && !stopped.record.contains("hosts")) {
    throw WrongUsage(fmt::format("--keep-going: {} is no run over one pair of hosts", options.run));
  }
  if (stopped.record.contains("fleet")) {
    return resume_fleet(options.run, stopped, options.drawing, options.at_once, signals);
  }
  if (options.at_once) {
    throw WrongUsage(fmt::format("--at-once: {} is no fleet's run", options.run));
  }
  const auto hosts = stopped.record.find("hosts");
  Sweep sweep = hosts == stopped.record.end()
                    ? prepare_machine(signals)
                    : prepare_hosts(same_inventory(*hosts, stopped.record_path),
                                    hosts->at("pair").get<std::string>(), signals);
  if (sweep.hosts) {
    print_hosts(*sweep.hosts);
  }
  require_same_machine(stopped, sweep);
  settle_plan(sweep, stopped.record.at("plan").dump(), stopped.record_path, {});
  sweep.plan_file = stopped.plan_file;
  leave_out_as_before(sweep, stopped);
  const Json peers = identity_record(sweep, signals).at("peers");
  require_same_sources(stopped, peers);
  // What ran before may be there as it was: built anew it could come out otherwise.
  if (peers != stopped.record.value("peers", Json()) &&
      build_peers(sweep.plan.peers, sweep.programs.coresweep, signals)) {
    settle_cells(sweep);  // for the complaint: what is skipped is not what it was
  }
  require_same(stopped, identity_record(sweep, signals));
  if (const std::string gone = require_same_plan_file(stopped); !gone.empty()) {
    fmt::print(stderr, "{}\n", gone);
  }
  ResultStore store(options.run);
  for (const std::string& path : store.dropped()) {
    fmt::print(stderr, "{}: torn last line dropped\n", path);
  }
  Schedule schedule = schedule_of(sweep, stopped.seed);
  const Replayed replayed = replay(options.run, schedule);
  fmt::print(stderr, "{} of {} trials are there\n", schedule.outcomes().size(),
             schedule.outcomes().size() + schedule.trials_left().count());
  return run_session(sweep,
                     {stopped.seed, replayed.sessions, replayed.traced, options.drawing,
                      trial_runner(sweep, options.on_loss, signals)},
                     signals, store, schedule);
}

}  // namespace

CarryOut add_resume_command(CLI::App& app, const std::vector<std::string>& /*words*/) {
  auto options = std::make_shared<ResumeOptions>();
  CLI::App* resume =
      app.add_subcommand("resume", "go on with a run that was stopped, exactly where it was");
  resume->add_option("RUN", options->run, "the run's folder, such as results/local/NAME")
      ->required();
  add_drawing_flags(*resume, options->drawing);
  add_keep_going_flag(*resume, options->on_loss);
  add_at_once_flag(*resume, options->at_once);
  return [options] { return resume_run(*options, StopSignals()); };
}

}  // namespace coresweep
