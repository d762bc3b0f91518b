#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <random>

#include "harness/commands.hpp"
#include "harness/failure.hpp"
#include "harness/headline.hpp"
#include "harness/peer_build.hpp"
#include "harness/run_to_end.hpp"
#include "harness/summary.hpp"
#include "harness/sweep.hpp"
#include "harness/utc_time.hpp"
#include "harness/wording.hpp"
#include "support/build_info.hpp"
#include "support/command_line.hpp"
#include "support/open_files.hpp"

namespace coresweep {
namespace {

struct RunOptions {
  PlanFlags plan;
  std::string results = "results/local";
  std::string python = "/usr/bin/python3";
  std::optional<std::uint64_t> seed;  ///< instead of the plan's
  std::vector<std::string> command;   ///< the whole command line, for the record
};

constexpr std::chrono::seconds kMostForTheChart{120};

std::string kept(const Sweep& sweep, const std::vector<Outcome>& outcomes,
                 const ResultStore& store) {
  return fmt::format("{} of {} trials kept in {}", outcomes.size(), trial_count(sweep),
                     store.folder());
}

struct Chart {
  std::string path;
  std::string complaint;  ///< why there is none
};

Chart draw_chart(const RunOptions& options, const std::string& folder, const StopSignals& signals) {
  const std::string script = std::string(build_info().source_dir) + "/plots/throughput_by_cores.py";
  try {
    const CommandResult result =
        run_to_end({options.python, script, folder}, signals, kMostForTheChart);
    if (result.ending.empty()) {
      const std::string path = result.lines.empty() ? "" : result.lines.back();
      return std::filesystem::is_regular_file(path)
                 ? Chart{path, ""}
                 : Chart{"", fmt::format("{} ended well and drew none (--python)", options.python)};
    }
    return {"", result.last_error_line.empty() ? fmt::format("{} {}", script, result.ending)
                                               : result.last_error_line};
  } catch (const Failure& failure) {
    return {"", failure.what()};
  }
}

void print_answer(const Sweep& sweep, const std::vector<Outcome>& outcomes) {
  for (const std::string& line : summary_table(sweep.cells, outcomes)) {
    fmt::print("{}\n", line);
  }
  fmt::print("\n");
  for (const std::string& line :
       headline_lines(sweep.plan, sweep.cells, outcomes, sweep.division)) {
    fmt::print("{}\n", line);
  }
}

std::map<std::string, int> notes_of(const std::vector<Outcome>& outcomes) {
  std::map<std::string, int> counts;
  for (const Outcome& outcome : outcomes) {
    for (const std::string& note : outcome.notes) {
      ++counts[note];
    }
  }
  return counts;
}

int finish(const RunOptions& options, const Sweep& sweep, const std::vector<Outcome>& outcomes,
           const ResultStore& store, const StopSignals& signals) {
  print_answer(sweep, outcomes);
  for (const auto& [note, trials] : notes_of(outcomes)) {
    fmt::print("note: {} ({})\n", note, counted(trials, "trial"));
  }
  fmt::print("run: {}\n", store.folder());
  std::fflush(stdout);  // what follows may take seconds, or fail
  const Chart chart = draw_chart(options, store.folder(), signals);
  if (chart.complaint.empty()) {
    fmt::print("chart: {}\n", chart.path);
  } else {
    print_error("coresweep", "no chart: " + chart.complaint);
  }
  const auto has_failed = [](const Outcome& outcome) {
    return std::count(outcome.verdicts.begin(), outcome.verdicts.end(), kFailed) > 0;
  };
  const auto failed = std::count_if(outcomes.begin(), outcomes.end(), has_failed);
  if (failed > 0) {
    print_error("coresweep",
                fmt::format("{} of {} trials failed: why is in {}/trials.jsonl, in verdict_details",
                            failed, outcomes.size(), store.folder()));
  }
  return failed > 0 || !chart.complaint.empty() ? kExitFailed : kExitDone;
}

struct Tracing {
  std::string complaint;  ///< what ended it; empty when all cells are traced
  int exit_code = kExitDone;
};

// Whatever ends it, what the timed trials answered is whole and is still to be told.
Tracing trace_cells(const Sweep& sweep, const StopSignals& signals, ResultStore& store) {
  try {
    run_traces(sweep, signals, store);
    return {};
  } catch (const Failure& failure) {
    return {failure.what(), kExitFailed};
  } catch (const Interrupted& interrupted) {
    return {"interrupted", 128 + interrupted.signal};
  }
}

int run_plan(const RunOptions& options, const StopSignals& signals) {
  raise_open_files();  // before the machine's limits are recorded; the children inherit it
  const Sweep sweep = prepare_sweep(options.plan.plan_file, options.plan.peers, signals);
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
  std::vector<Outcome> outcomes;
  try {
    run_trials(sweep, seed, signals, store, outcomes);
    const Tracing tracing = trace_cells(sweep, signals, store);
    const int exit_code = finish(options, sweep, outcomes, store, signals);
    if (!tracing.complaint.empty()) {
      print_error("coresweep", fmt::format("{} while tracing; {}", tracing.complaint,
                                           kept(sweep, outcomes, store)));
    }
    return tracing.exit_code == kExitDone ? exit_code : tracing.exit_code;
  } catch (const Failure& failure) {
    throw Failure(fmt::format("{}; {}", failure.what(), kept(sweep, outcomes, store)));
  } catch (const Interrupted& interrupted) {
    const std::string draw =
        outcomes.empty() ? "" : fmt::format("; draw them: make plots RUN={}", store.folder());
    print_error("coresweep",
                fmt::format("interrupted: {}{}", kept(sweep, outcomes, store), draw));
    return 128 + interrupted.signal;
  }
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
  return [options] { return run_plan(*options, StopSignals()); };
}

}  // namespace coresweep
