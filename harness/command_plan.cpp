#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "harness/block_ratio.hpp"
#include "harness/commands.hpp"
#include "harness/control_lines.hpp"
#include "harness/headline.hpp"
#include "harness/pair_trial.hpp"
#include "harness/past_noise.hpp"
#include "harness/schedule_parts.hpp"
#include "harness/summary.hpp"
#include "harness/sweep.hpp"
#include "harness/traced_trial.hpp"
#include "harness/wording.hpp"
#include "support/cpu_set.hpp"
#include "support/exit.hpp"

namespace coresweep {
namespace {

struct PlanOptions {
  PlanFlags plan;
  std::string results = "results/local";
};

// Why the cell's trials will be drawn hollow, as far as that is known before any is run.
std::string known_verdict(const Sweep& sweep, const Cell& cell) {
  const std::string shared = known_shared_cpus(sweep, cell);
  return shared.empty() ? std::string() : fmt::format("hollow: {}: {}", kSharedCpus, shared);
}

void print_cpus(const Sweep& sweep) {
  const std::string server = format_cpu_list(sweep.division.server);
  if (!sweep.hosts) {
    fmt::print("CPUs: {} for the server, {} for the load\n", server,
               format_cpu_list(sweep.division.load));
    return;
  }
  for (const PairHost& host : sweep.hosts->all()) {
    const bool is_server = &host == &sweep.hosts->server();
    fmt::print("{}: CPUs {} for the {}\n", host.name(),
               is_server ? server : format_cpu_list(host.cpus), is_server ? "server" : "load");
  }
}

std::size_t load_threads(const Sweep& sweep, int connections) {
  if (!sweep.hosts) {
    return load_cpus(sweep.division, connections).size();
  }
  std::size_t threads = 0;
  for (const LoadPart& part : divide_load(connections, client_cpus(*sweep.hosts))) {
    threads += part.cpus.size();
  }
  return threads;
}

void print_cells(const Sweep& sweep) {
  std::vector<std::string> names;
  std::size_t width = 0;
  for (const Cell& cell : sweep.cells) {
    names.push_back(row_name(cell));
    width = std::max(width, names.back().size());
  }
  fmt::print("{}:\n", counted(sweep.cells.size(), "cell"));
  for (std::size_t i = 0; i < sweep.cells.size(); ++i) {
    const Cell& cell = sweep.cells[i];
    const std::string hollow = known_verdict(sweep, cell);
    fmt::print("  {:<{}}  server CPUs {}{}{}\n", names[i], width,
               format_cpu_list(cpus_of_server(sweep, cell)),
               hollow.empty() ? "" : "; ", hollow);
  }
}

void print_headline(const Sweep& sweep) {
  const auto& headline = sweep.plan.headline;
  if (!headline) {
    fmt::print("headline: none\n");
    return;
  }
  if (const std::string skipped = skipped_headline(sweep.plan, sweep.cells); !skipped.empty()) {
    fmt::print("headline: none: {}\n", skipped);
    return;
  }
  const std::string figure = sweep.plan.capacity_p99 ? "capacity, "
                             : headline->load.shape.is_open()
                                 ? fmt::format("{}, ", kLatencyRatio)
                                 : std::string();
  fmt::print("headline: {}{} at {}\n", figure, comparison_text(sweep.plan, *headline),
             counted(headline->threads, "thread"));
}

// What there is beside the plan's own cells, and why.
void print_trials(const Sweep& sweep, const Schedule& schedule) {
  const Plan& plan = sweep.plan;
  const TrialsLeft trials = schedule.trials_left();
  fmt::print("trials: {}, in {} of {}; order's seed {}\n", trials.count(),
             counted(plan.blocks, "block"), counted(sweep.cells.size(), "cell"),
             plan.seed ? std::to_string(*plan.seed) : "random, a new one each run");
  if (plan.twin_blocks > 0 && trials.shortened > 0) {
    fmt::print("twins: {} of these first, in {} of their own, of windows of at most 1 s: what "
               "limits each cell\n",
               trials.shortened, counted(plan.twin_blocks, "block"));
  } else if (!plan.load.is_open()) {
    fmt::print("{}\n", kNoTwins);
  } else if (plan.load.has_shares()) {
    fmt::print("capacity: about {} of these first, to find what each arm holds\n",
               trials.shortened);
  }
  if (const auto cell = controlled_cell(plan, sweep.cells);
      plan.controls && cell && known_shared_cpus(sweep, sweep.cells[*cell]).empty()) {
    fmt::print("controls: {} once more in each block{}\n", cell_name(sweep.cells[*cell]),
               has_slower(plan, sweep.cells[*cell])
                   ? fmt::format(", and once with {} % more service time", kSlowerPercent)
                   : std::string());
  }
  for (const Cell& cell : sweep.cells) {
    if (plan.twin_blocks > 0 && cell.role == Role::kArm &&
        known_shared_cpus(sweep, cell).empty() &&
        2 * std::int64_t{cell.connections} > most_connections_of(sweep, cell)) {
      fmt::print("no twin of {} has twice the connections: this machine does not hold so many\n",
                 cell_name(cell));
    }
  }
  if (plan.reruns > 0) {
    fmt::print("reruns: neighbours that the host spoils, at most {} each\n",
               counted(plan.reruns, "time"));
  }
}

void print_smallest_difference(const Sweep& sweep, const std::string& results) {
  const Plan& plan = sweep.plan;
  if (!plan.controls || !plan.headline) {
    return;
  }
  if (const auto past = past_noise(results, sweep)) {
    fmt::print("{}; seen in {}\n",
               smallest_text(smallest_difference(past->ratios, plan.blocks,
                                                 plan.until_ci ? kLookCoverage : kUsualCoverage),
                             plan.blocks),
               past->run);
  } else {
    fmt::print("smallest difference that {} can show: not known until {} has a run of this plan on "
               "this machine\n",
               counted(plan.blocks, "block"), results);
  }
}

int print_plan(const PlanOptions& options, const StopSignals& signals) {
  const Sweep sweep = prepare_sweep(options.plan, signals);
  const Plan& plan = sweep.plan;
  const Schedule schedule = schedule_of(sweep, plan.seed.value_or(0));
  if (!plan.question.empty()) {
    fmt::print("question: {}\n", plan.question);
  }
  print_cpus(sweep);
  print_cells(sweep);
  for (const std::string& line : skipped_lines(sweep)) {
    fmt::print("{}\n", line);
  }
  for (const LoadPoint& load : loads_of(plan.load)) {
    fmt::print("load: {}, over {}\n", load_words(load),
               counted(load_threads(sweep, load.connections), "thread"));
  }
  print_trials(sweep, schedule);
  if (plan.trace) {
    fmt::print("traces: {} once more under a tracer, of system calls and of lock waits\n",
               counted(traced_cells(sweep, sweep.cells).size(), "cell"));
  }
  print_headline(sweep);
  print_smallest_difference(sweep, options.results);
  const std::string limitation = machine_limitation(plan, shared_division(sweep));
  if (!limitation.empty()) {
    fmt::print("{}\n", limitation);
  }
  const auto traces = static_cast<std::int64_t>(traced_cells(sweep, sweep.cells).size());
  fmt::print("time: about {}, {} warm-up and {} window each{}\n",
             spoken_duration(expected_time(plan, schedule.trials_left()) +
                             traces * expected_trace_time(plan.duration)),
             format_duration(plan.warmup), format_duration(plan.duration),
             traces > 0 ? "; traces included" : "");
  return kExitDone;
}

}  // namespace

void add_plan_flags(CLI::App& command, PlanFlags& flags) {
  command.add_option("PLAN", flags.plan_file, kPlanHelp)->required();
  command
      .add_option("--peer", flags.peers,
                  "folder with a peer.json: somebody else's server to compare; may be repeated")
      ->expected(1)
      ->take_all();
  CLI::Option* hosts = command.add_option(
      "--hosts", flags.hosts,
      "an inventory: the server and its load are on hosts of their own, reached by ssh");
  command.add_option("--pair", flags.pair, "the pair of the inventory, where it has several")
      ->needs(hosts);
}

CarryOut add_plan_command(CLI::App& app, const std::vector<std::string>& /*words*/) {
  auto options = std::make_shared<PlanOptions>();
  CLI::App* plan =
      app.add_subcommand("plan", "say what a plan would run and how long, and run nothing");
  add_plan_flags(*plan, options->plan);
  plan->add_option("--results", options->results,
                   "folder whose runs say how small a difference can be shown")
      ->capture_default_str();
  return [options] { return print_plan(*options, StopSignals()); };
}

}  // namespace coresweep
