#include <memory>
#include <optional>

#include "harness/commands.hpp"
#include "harness/new_run.hpp"
#include "harness/sweep_hosts.hpp"
#include "support/command_line.hpp"
#include "support/duration.hpp"

namespace coresweep {
namespace {

constexpr std::int64_t kMostCapacityBlocks = 1'000;

struct CapacityOptions {
  NewRun run;
  std::string p99;
  std::optional<int> blocks;  ///< instead of the plan's
};

int find_capacity(CapacityOptions options, const StopSignals& signals) {
  options.run.change = [&options](Plan& plan) {
    search_capacity(plan, parse_duration(options.p99).value());
    plan.blocks = options.blocks.value_or(plan.blocks);
  };
  return begin_run(options.run, signals);
}

}  // namespace

CarryOut add_capacity_command(CLI::App& app, const std::vector<std::string>& words) {
  auto options = std::make_shared<CapacityOptions>();
  options->run.command = words;
  CLI::App* capacity = app.add_subcommand(
      "capacity", "search for the highest rate that each arm of a plan answers soon enough");
  add_plan_flags(*capacity, options->run.plan);
  capacity
      ->add_option("--p99", options->p99,
                   "within which 99 of 100 requests are to be answered, from when they were due")
      ->required()
      ->check(duration_between("10us", "10s"));
  capacity->add_option("--blocks", options->blocks, "searches a cell, instead of the plan's blocks")
      ->check(whole_number_between(1, kMostCapacityBlocks));
  add_run_flags(*capacity, options->run);
  add_keep_going_flag(*capacity, options->run.on_loss)->needs("--hosts");
  return [options] { return find_capacity(*options, StopSignals()); };
}

}  // namespace coresweep
