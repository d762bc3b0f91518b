#include <memory>

#include "harness/commands.hpp"
#include "harness/fleet.hpp"

namespace coresweep {

CarryOut add_fleet_command(CLI::App& app, const std::vector<std::string>& words) {
  struct Options {
    NewRun run;
    PairsAtOnce at_once;
  };
  auto options = std::make_shared<Options>();
  NewRun* run = &options->run;
  run->command = words;
  CLI::App* fleet = app.add_subcommand(
      "fleet", "run a plan's blocks on all pairs of an inventory, each block on one of them");
  fleet->add_option("PLAN", run->plan.plan_file, kPlanHelp)->required();
  fleet->add_option("--hosts", run->plan.hosts, "the inventory that has the pairs")->required();
  add_run_flags(*fleet, *run);
  add_at_once_flag(*fleet, options->at_once);
  return [options] { return begin_fleet(options->run, options->at_once, StopSignals()); };
}

}  // namespace coresweep
