// coresweep: reads the command line, and turns whatever a command throws into one line and an exit
// code.
#include <fmt/format.h>

#include <csignal>
#include <string_view>

#include "harness/commands.hpp"
#include "harness/failure.hpp"
#include "harness/plan.hpp"
#include "support/command_line.hpp"

namespace coresweep {
namespace {

int carry_out(const CLI::App& run, const RunOptions& options) {
  try {
    const StopSignals signals;
    const int code = run.parsed() ? run_plan(options, signals)
                                  : print_plan(options.plan_file, options.peers, signals);
    return exit_after_output("coresweep", code);  // while a broken pipe is no signal
  } catch (const WrongUsage& error) {
    print_error("coresweep", error.what());
    return WrongUsage::kExitCode;
  } catch (const Interrupted& interrupted) {
    print_error("coresweep", "interrupted before the first trial");
    return 128 + interrupted.signal;
  } catch (const std::exception& error) {
    print_error("coresweep", error.what());
    return Failure::kExitCode;
  }
}

int coresweep_main(int argc, const char* const* argv) {
  keep_standard_descriptors_taken();
  // A file that grows beyond a limit (ulimit -f) is then an error code, with its line.
  std::signal(SIGXFSZ, SIG_IGN);
  CLI::App app("Finds out which server architecture scales with cores, how far, and why.",
               "coresweep");
  app.require_subcommand(0, 1);
  RunOptions options;
  options.command.assign(argv, argv + argc);

  CLI::App* run = app.add_subcommand("run", "run a plan's trials, store them, draw them");
  run->add_option("PLAN", options.plan_file,
                  "the plan, a JSON file such as harness/plans/bench.json")
      ->required();
  run->add_option("--results", options.results, "folder that gets a folder for this run")
      ->capture_default_str();
  run->add_option("--python", options.python, "python3 that has matplotlib, to draw the chart")
      ->capture_default_str();
  run->add_option("--seed", options.seed, "order of the trials, instead of the plan's")
      ->check(whole_number_between(0, kHighestSeed));

  CLI::App* plan =
      app.add_subcommand("plan", "say what a plan would run and how long, and run nothing");
  plan->add_option("PLAN", options.plan_file, "the plan, a JSON file")->required();

  for (CLI::App* command : {run, plan}) {
    command
        ->add_option("--peer", options.peers,
                     "folder with a peer.json: somebody else's server to compare; may be repeated")
        ->expected(1)
        ->take_all();
  }

  const std::string_view first = argc > 1 ? argv[1] : "";
  if (!first.starts_with('-') && first != "run" && first != "plan") {
    print_error("coresweep",
                first.empty() ? std::string("a command is needed: run or plan")
                              : fmt::format("'{}' is no command: allowed are run and plan", first));
    return kExitWrongUsage;
  }
  if (const auto exit_code = parse_command_line(app, argc, argv)) {
    return *exit_code;
  }
  if (app.get_subcommands().empty()) {
    print_error("coresweep", "a command is needed: run or plan");
    return kExitWrongUsage;
  }
  return carry_out(*run, options);
}

}  // namespace
}  // namespace coresweep

int main(int argc, char** argv) { return coresweep::coresweep_main(argc, argv); }
