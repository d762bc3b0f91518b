#include "harness/gnu_parallel.hpp"

#include <fmt/format.h>

#include "harness/failure.hpp"
#include "harness/run_to_end.hpp"

namespace coresweep {
namespace {

constexpr const char* kShell = "PARALLEL_SHELL=/bin/sh";
constexpr const char* kHowToGetIt = "sudo apt-get install parallel";
constexpr std::chrono::seconds kToAnswer{10};
constexpr std::chrono::hours kAsLongAsItTakes{24 * 365};
constexpr const char* kRuns = "2";

}  // namespace

void require_gnu_parallel(const StopSignals& signals) {
  const CommandResult version = run_to_end(
      {"/usr/bin/env", kShell, "parallel", "--plain", "--version"}, signals, kToAnswer);
  constexpr const char* kNotThere = "exited with 127";
  if (version.ending == kNotThere) {
    throw Failure(fmt::format("there is no parallel: a fleet's blocks are shared out by GNU "
                              "parallel: {}",
                              kHowToGetIt));
  }
  if (version.lines.empty() || !version.lines.front().starts_with("GNU parallel ")) {
    throw Failure(fmt::format("the parallel in PATH is not GNU's, which shares out a fleet's "
                              "blocks: {}",
                              kHowToGetIt));
  }
}

// --plain: as told here and not as a file in the user's home has it. --quote: its shell reads no
// word of the command; it is one that runs commands, which a service account's need not be. It ends
// with us however we end, and its jobs with it.
void run_parallel(const ParallelJobs& jobs, const StopSignals& signals) {
  const std::string& program = jobs.command.front();
  if (program.find_first_of("{}") != std::string::npos) {
    throw Failure(fmt::format("{}: GNU parallel would read its braces as its own", program));
  }
  std::vector<std::string> command{
      "/usr/bin/env", kShell, "setpriv", "--pdeathsig", "TERM", "parallel", "--plain",
      "--will-cite", "--quote", "--jobs", std::to_string(jobs.at_once), "--joblog", jobs.joblog,
      "--retries", kRuns, "--halt", "never", "--line-buffer", "--tagstring", "{}"};
  command.insert(command.end(), jobs.command.begin(), jobs.command.end());
  command.emplace_back(":::");
  command.insert(command.end(), jobs.names.begin(), jobs.names.end());
  CommandOptions options;
  options.folder = jobs.folder;
  options.on_line = [](const std::string& line) { fmt::print(stderr, "{}\n", line); };
  options.on_error_line = options.on_line;
  const CommandResult result = run_to_end(
      command, signals, std::chrono::duration_cast<std::chrono::seconds>(kAsLongAsItTakes),
      options);
  // Up to 101 it counts the jobs that failed.
  constexpr const char* kOwnTrouble = "exited with 255";
  if (!result.has_exited || result.ending == kOwnTrouble) {
    throw Failure(fmt::format("GNU parallel {}: {}", result.ending, result.last_error_line));
  }
}

}  // namespace coresweep
