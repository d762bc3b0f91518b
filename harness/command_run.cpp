#include <fmt/format.h>

#include <memory>
#include <optional>
#include <random>

#include "harness/commands.hpp"
#include "harness/failure.hpp"
#include "harness/peer_build.hpp"
#include "harness/run_session.hpp"
#include "harness/utc_time.hpp"
#include "support/command_line.hpp"
#include "support/open_files.hpp"

namespace coresweep {
namespace {

struct RunOptions {
  PlanFlags plan;
  std::string results = "results/local";
  std::string python = "/usr/bin/python3";
  std::optional<std::uint64_t> seed;  ///< instead of the plan's
  std::string until_ci;               ///< likewise
  std::vector<std::string> command;   ///< the whole command line, for the record
};

Sweep prepare(const RunOptions& options, const StopSignals& signals) {
  Sweep sweep = prepare_sweep(options.plan.plan_file, options.plan.peers, signals);
  if (options.until_ci.empty()) {
    return sweep;
  }
  const auto share = parse_until_ci(options.until_ci);
  if (!share) {
    throw WrongUsage(
        fmt::format("--until-ci is {}: allowed is from 0.1% to 50%", options.until_ci));
  }
  if (!sweep.plan.headline) {
    throw WrongUsage("--until-ci: the plan has no headline whose interval could be looked at");
  }
  end_at_looks(sweep.plan, *share);
  return sweep;
}

int run_plan(const RunOptions& options, const StopSignals& signals) {
  raise_open_files();  // before the machine's limits are recorded; the children inherit it
  const Sweep sweep = prepare(options, signals);
  const std::uint64_t seed = options.seed
                                 ? *options.seed
                                 : sweep.plan.seed.value_or(std::random_device{}() & kHighestSeed);
  const auto started = std::chrono::system_clock::now();
  if (options.results.empty()) {
    throw WrongUsage("--results is empty: allowed is the path of a folder");
  }
  for (const std::string& line : skipped_lines(sweep)) {
    fmt::print(stderr, "{}\n", line);
  }
  require_writable(options.results);  // a build may take an hour
  build_peers(sweep.plan.peers, sweep.programs.coresweep, signals);
  // Of what was built, too, and before there is a folder that a failure would leave empty.
  const Json record = run_record(sweep, seed, utc_time(started), options.command, signals);
  ResultStore store(options.results, options.plan.plan_file, started);
  store.write_run(record);
  Schedule schedule = schedule_of(sweep, seed);
  return run_session(sweep, {seed, 0, {}, options.python}, signals, store, schedule);
}

}  // namespace

CarryOut add_run_command(CLI::App& app, const std::vector<std::string>& words) {
  auto options = std::make_shared<RunOptions>();
  options->command = words;
  CLI::App* run = app.add_subcommand("run", "run a plan's trials, store them, draw them");
  add_plan_flags(*run, options->plan);
  run->add_option("--results", options->results, "folder that gets a folder for this run")
      ->capture_default_str();
  run->add_option("--python", options->python, "python3 that has matplotlib, to draw the chart")
      ->capture_default_str();
  run->add_option("--seed", options->seed, "order of the trials, instead of the plan's")
      ->check(whole_number_between(0, kHighestSeed));
  run->add_option("--until-ci", options->until_ci,
                  "instead of the plan's blocks: end after 8, 12, 16, 23 or 32, as soon as the "
                  "headline's interval is its median +- so much, such as 2%");
  return [options] { return run_plan(*options, StopSignals()); };
}

}  // namespace coresweep
