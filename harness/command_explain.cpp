#include <fmt/format.h>

#include <memory>

#include "harness/commands.hpp"
#include "harness/explain.hpp"
#include "support/command_line.hpp"

namespace coresweep {
namespace {

constexpr int kMostThreads = 65'536;  // results/schema.json

int print_explanation(const ExplainOptions& options) {
  const StoredRun run = under_one_load(under_one_condition(read_stored_run(options.run), options));
  for (const std::string& where : run.dropped) {
    print_error("coresweep", where + ": torn last line dropped");
  }
  const ComparedArms arms = arms_to_compare(run, options);
  for (const std::string& line : explain_lines(run, arms)) {
    fmt::print("{}\n", line);
  }
  for (const std::string& line : explain_traces(run, arms)) {
    fmt::print("{}\n", line);
  }
  return kExitDone;
}

}  // namespace

CarryOut add_explain_command(CLI::App& app, const std::vector<std::string>& /*words*/) {
  auto options = std::make_shared<ExplainOptions>();
  CLI::App* explain =
      app.add_subcommand("explain", "say how two arms of a stored run differ, and run nothing");
  explain->add_option("RUN", options->run, "the run's folder, such as results/local/NAME")
      ->required();
  explain->add_option("A", options->arm, "an architecture or peer of that run")->required();
  explain->add_option("B", options->against, "the one that it is held against")->required();
  explain
      ->add_option("--threads", options->threads,
                   "server threads, instead of the most at which both have valid trials")
      ->check(whole_number_between(1, kMostThreads));
  explain->add_option("--http2", options->http2,
                      "where the run has several: which one (else the headline's)");
  explain->add_option("--engine", options->engine,
                      "where the run has several: which one (else the headline's)");
  explain->add_option("--conditions", options->conditions,
                      "where the run has several: which one, as its cells end (cpu5us), or none");
  return [options] { return print_explanation(*options); };
}

}  // namespace coresweep
