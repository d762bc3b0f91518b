#include "harness/new_run.hpp"

#include <fmt/format.h>

#include <random>

#include "harness/failure.hpp"
#include "harness/headline.hpp"
#include "harness/peer_build.hpp"
#include "harness/sweep_hosts.hpp"
#include "harness/utc_time.hpp"
#include "support/command_line.hpp"
#include "support/contains.hpp"
#include "support/open_files.hpp"

namespace coresweep {
namespace {

// Says what is skipped beside what is `told`. That a build failed is no fault of the plan.
void settle_without_unbuilt(Sweep& sweep, const std::vector<std::string>& told) {
  try {
    settle_cells(sweep);
  } catch (const WrongUsage& error) {
    throw Failure(error.what());
  }
  for (const std::string& line : skipped_lines(sweep)) {
    if (!contains(told, line)) {
      fmt::print(stderr, "{}\n", line);
    }
  }
}

}  // namespace

void add_run_flags(CLI::App& command, NewRun& run) {
  command.add_option("--results", run.results, "folder that gets a folder for this run")
      ->capture_default_str();
  add_drawing_flags(command, run.drawing);
  command.add_option("--seed", run.seed, "order of the trials, instead of the plan's")
      ->check(whole_number_between(0, kHighestSeed));
}

std::uint64_t seed_of(const NewRun& run, const Plan& plan) {
  return run.seed ? *run.seed : plan.seed.value_or(std::random_device{}() & kHighestSeed);
}

int begin_run(const NewRun& run, const StopSignals& signals) {
  raise_open_files();  // before the machine's limits are recorded; the children inherit it
  Sweep sweep = prepare_sweep(run.plan, signals);
  if (run.change) {
    run.change(sweep.plan);
    settle_cells(sweep);
  }
  if (run.require_headline) {
    if (const std::string why = skipped_headline(sweep.plan, sweep.cells); !why.empty()) {
      throw WrongUsage(fmt::format("--until-ci: {}: there is no interval to look at", why));
    }
  }
  const std::uint64_t seed = seed_of(run, sweep.plan);
  const auto started = std::chrono::system_clock::now();
  const std::vector<std::string> skipped = skipped_lines(sweep);
  for (const std::string& line : skipped) {
    fmt::print(stderr, "{}\n", line);
  }
  require_writable(run.results);  // a build may take an hour
  if (build_peers(sweep.plan.peers, sweep.programs.coresweep, signals)) {
    settle_without_unbuilt(sweep, skipped);
  }
  // Of what was built, too, and before there is a folder that a failure would leave empty.
  const Json record = run_record(sweep, seed, utc_time(started), run.command, signals);
  ResultStore store(run.results, run.plan.plan_file, started);
  store.write_run(record);
  Schedule schedule = schedule_of(sweep, seed);
  return run_session(sweep,
                     {seed, 0, {}, run.drawing, trial_runner(sweep, run.on_loss, signals)},
                     signals, store, schedule);
}

}  // namespace coresweep
