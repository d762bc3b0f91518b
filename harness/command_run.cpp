#include <fmt/format.h>

#include <memory>

#include "harness/commands.hpp"
#include "harness/failure.hpp"
#include "harness/new_run.hpp"
#include "harness/sweep_hosts.hpp"
#include "support/command_line.hpp"

namespace coresweep {
namespace {

struct RunOptions {
  NewRun run;
  std::string until_ci;  ///< instead of the plan's blocks
};

int run_plan(RunOptions options, const StopSignals& signals) {
  if (!options.until_ci.empty()) {
    const auto share = parse_until_ci(options.until_ci);
    if (!share) {
      throw WrongUsage(
          fmt::format("--until-ci is {}: allowed is from 0.1% to 50%", options.until_ci));
    }
    options.run.change = [share](Plan& plan) {
      if (!plan.headline) {
        throw WrongUsage("--until-ci: the plan has no headline whose interval could be looked at");
      }
      if (plan.capacity_p99) {
        throw WrongUsage("--until-ci: the plan has capacity_p99, whose blocks are all searched");
      }
      end_at_looks(plan, *share);
    };
    options.run.require_headline = true;
  }
  return begin_run(options.run, signals);
}

}  // namespace

CarryOut add_run_command(CLI::App& app, const std::vector<std::string>& words) {
  auto options = std::make_shared<RunOptions>();
  options->run.command = words;
  CLI::App* run = app.add_subcommand("run", "run a plan's trials, store them, draw them");
  add_plan_flags(*run, options->run.plan);
  add_run_flags(*run, options->run);
  add_keep_going_flag(*run, options->run.on_loss)->needs("--hosts");
  run->add_option("--until-ci", options->until_ci,
                  "instead of the plan's blocks: end after 8, 12, 16, 23 or 32, as soon as the "
                  "headline's interval is its median +- so much, such as 2%");
  return [options] { return run_plan(*options, StopSignals()); };
}

}  // namespace coresweep
