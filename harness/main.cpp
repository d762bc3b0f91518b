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

constexpr int kMostThreads = 65'536;  // results/schema.json

int carry_out(const CLI::App& app, const RunOptions& options, const ExplainOptions& explained) {
  try {
    if (app.got_subcommand("explain")) {
      return exit_after_output("coresweep", print_explanation(explained));
    }
    const StopSignals signals;
    const int code = app.got_subcommand("run")
                         ? run_plan(options, signals)
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

  ExplainOptions explained;
  CLI::App* explain =
      app.add_subcommand("explain", "say how two arms of a stored run differ, and run nothing");
  explain->add_option("RUN", explained.run, "the run's folder, such as results/local/NAME")
      ->required();
  explain->add_option("A", explained.arm, "an architecture or peer of that run")->required();
  explain->add_option("B", explained.against, "the one that it is held against")->required();
  explain
      ->add_option("--threads", explained.threads,
                   "server threads, instead of the most at which both have valid trials")
      ->check(whole_number_between(1, kMostThreads));
  explain->add_option("--http2", explained.http2, "where the run has several: which one");
  explain->add_option("--engine", explained.engine, "where the run has several: which one");
  explain->add_option("--handler", explained.handler,
                      "where the run has several: which one, as its cells end (cpu5us), or none");

  const std::string_view first = argc > 1 ? argv[1] : "";
  if (!first.starts_with('-') && first != "run" && first != "plan" && first != "explain") {
    print_error("coresweep",
                first.empty()
                    ? std::string("a command is needed: run, plan or explain")
                    : fmt::format("'{}' is no command: allowed are run, plan and explain", first));
    return kExitWrongUsage;
  }
  if (const auto exit_code = parse_command_line(app, argc, argv)) {
    return *exit_code;
  }
  if (app.get_subcommands().empty()) {
    print_error("coresweep", "a command is needed: run, plan or explain");
    return kExitWrongUsage;
  }
  return carry_out(app, options, explained);
}

}  // namespace
}  // namespace coresweep

int main(int argc, char** argv) { return coresweep::coresweep_main(argc, argv); }
