#include "harness/sweep.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "harness/failure.hpp"
#include "harness/headline.hpp"
#include "harness/machine.hpp"
#include "harness/peer_folders.hpp"
#include "harness/peer_needs.hpp"
#include "harness/plan_files.hpp"
#include "harness/progress.hpp"
#include "harness/schedule_parts.hpp"
#include "harness/strict_json.hpp"
#include "harness/sweep_hosts.hpp"
#include "harness/traced_trial.hpp"
#include "harness/trial.hpp"
#include "harness/trial_result.hpp"
#include "harness/unchanged_files.hpp"
#include "support/build_info.hpp"
#include "support/contains.hpp"
#include "support/cpu_set.hpp"

namespace coresweep {
namespace {

constexpr const char* kUntoldNote =
    "no twin tells whether the client limits this cell, or more in flight would";

CpuTopology read_machine() {
  auto topology = read_cpu_topology();
  if (!topology) {
    throw Failure("hwloc cannot read this machine's CPUs");
  }
  return std::move(*topology);
}

const Peer* peer_of(const Sweep& sweep, const Cell& cell) {
  for (const Peer& peer : sweep.plan.peers) {
    if (cell.engine == kPeer && cell.architecture == peer.name) {
      return &peer;
    }
  }
  return nullptr;
}

// Starting, connecting, draining and stopping, as `make bench-trial` measured it on two cores.
constexpr std::chrono::microseconds kTrialOverhead{120'000};
constexpr std::chrono::microseconds kOverheadAConnection{125};
// Of what is only to be told apart.
constexpr std::chrono::nanoseconds kShortWindow = std::chrono::seconds(1);
constexpr std::chrono::nanoseconds kLongestSearchWindow = std::chrono::seconds(60);
// In which the load generator finds out what a request costs it, before it adds to that.
constexpr std::chrono::nanoseconds kTwinWarmup = std::chrono::milliseconds(400);

std::chrono::nanoseconds window_of(const Plan& plan, const Cell& cell) {
  if (!has_short_window(cell)) {
    return plan.duration;
  }
  // A percentile has ten samples above it: at a low rate these take their time.
  constexpr std::int64_t kRequestsForP99 = 1'200;
  const std::chrono::nanoseconds enough =
      plan.capacity_p99 && cell.load.is_open()
          ? std::chrono::nanoseconds(std::chrono::seconds(kRequestsForP99)) / cell.load.rate_per_s
          : std::chrono::nanoseconds(0);
  return std::clamp(enough, std::min(plan.duration, kShortWindow), kLongestSearchWindow);
}

std::chrono::nanoseconds warmup_of(const Plan& plan, const Cell& cell) {
  const bool is_twin = cell.role == Role::kBase || cell.role == Role::kClientWork ||
                       cell.role == Role::kInFlight;
  return is_twin ? std::max(plan.warmup, kTwinWarmup) : plan.warmup;
}

TrialSetup setup_of(const Sweep& sweep, const Cell& cell) {
  return {cell,
          sweep.plan.listen,
          warmup_of(sweep.plan, cell),
          window_of(sweep.plan, cell),
          cpus_of_server(sweep, cell),
          load_cpus(sweep.division, cell.connections),
          peer_of(sweep, cell)};
}

// The same arrivals for all that is compared within a block, and others in the next.
std::uint64_t load_seed(std::uint64_t seed, const PlannedTrial& planned) {
  return (seed + static_cast<std::uint64_t>(planned.block) * 0x9e37'79b9) & kHighestSeed;
}

// One verdict a name: what the twins found stands behind what the trial itself shows.
void add_limits(std::vector<Verdict>& verdicts, const std::vector<Verdict>& limits) {
  for (const Verdict& limit : limits) {
    const auto same = std::find_if(verdicts.begin(), verdicts.end(), [&limit](const Verdict& own) {
      return own.name == limit.name;
    });
    if (same == verdicts.end()) {
      verdicts.push_back(limit);
    } else {
      same->detail += "; " + limit.detail;
    }
  }
}

// Of programs and peers: a build meanwhile would put others in their place. Those of hosts are not
// here, and nobody builds there.
UnchangedFiles files_run(const Sweep& sweep) {
  if (sweep.hosts) {
    return UnchangedFiles({});
  }
  std::vector<std::string> paths{sweep.programs.greeter, sweep.programs.loadgen};
  if (!sweep.programs.greeter_io_uring.empty()) {
    paths.push_back(sweep.programs.greeter_io_uring);
  }
  for (const Peer& peer : sweep.plan.peers) {
    if (peer.left_out.empty()) {
      for (const std::string& path : files_started(peer, sweep.programs.coresweep)) {
        paths.push_back(path);
      }
      for (const auto& [name, path] : files_needed(peer)) {
        paths.push_back(path);
      }
    }
  }
  return UnchangedFiles(paths);
}

}  // namespace

Sweep prepare_machine(const StopSignals& signals) {
  Sweep sweep;
  sweep.programs = find_programs();
  sweep.allowed = allowed_cpus();
  sweep.machine = read_machine();
  const CpuTopology usable = restricted_to(sweep.machine, sweep.allowed);
  if (usable.cores.empty()) {
    throw Failure("hwloc sees none of the CPUs that coresweep may run on");
  }
  sweep.division = divide_cpus(usable);
  sweep.context.server_cpus = static_cast<int>(sweep.division.server.size());
  sweep.context.server_set_sizes = server_set_sizes(usable);
  sweep.context.all_cpus = static_cast<int>(all_cpus(sweep.division).size());
  sweep.context.most_connections = most_connections(sweep.context.all_cpus);
  add_known_names(sweep.programs, signals, sweep.context);
  return sweep;
}

void settle_plan(Sweep& sweep, const std::string& text, const std::string& file,
                 const std::vector<std::string>& peers) {
  sweep.plan_file = file;
  for (const std::string& folder : peers) {
    sweep.context.peers.push_back(read_peer(find_peer_folder(folder)));
  }
  sweep.plan = read_plan(text, file, sweep.context);
  sweep.context = divided(std::move(sweep.context), sweep.plan.server_cores);
  if (sweep.hosts) {
    settle_over_hosts(sweep);
  } else {
    sweep.division = divide_cpus({sweep.division.cores}, sweep.plan.server_cores);
  }
  sweep.plan_document = Json::parse(text);
  settle_cells(sweep);
}

void settle_cells(Sweep& sweep) {
  sweep.skipped = skipped_of(sweep.plan, sweep.context);
  if (sweep.hosts && sweep.plan.trace) {
    sweep.skipped.push_back({"trace", "tracers are for a server on this machine"});
  }
  sweep.cells = cells_of(sweep.plan, sweep.context);
  if (sweep.plan.until_ci && sweep.plan.headline) {
    if (const std::string skipped = skipped_headline(sweep.plan, sweep.cells); !skipped.empty()) {
      throw WrongUsage(fmt::format("{}: until_ci waits for a headline, and {}", sweep.plan_file,
                                   skipped));
    }
  }
  if (sweep.cells.empty()) {
    std::vector<std::string> reasons;
    for (const Skipped& one : sweep.skipped) {
      reasons.push_back(fmt::format("{}: {}", one.what, one.why));
    }
    throw WrongUsage(
        fmt::format("{}: nothing is left to run: {}", sweep.plan_file, fmt::join(reasons, "; ")));
  }
}

Sweep prepare_sweep(const PlanFlags& flags, const StopSignals& signals) {
  if (flags.hosts && flags.hosts->empty()) {
    throw WrongUsage("--hosts is empty: allowed is the path of an inventory");
  }
  const std::string file = find_plan(flags.plan_file);
  const std::string text = read_plan_file(file);
  Sweep sweep = flags.hosts ? prepare_hosts(read_inventory(*flags.hosts), flags.pair, signals)
                            : prepare_machine(signals);
  if (sweep.hosts) {
    print_hosts(*sweep.hosts);
  }
  settle_plan(sweep, text, file, flags.peers);
  leave_out_lacking(sweep.plan.peers, sweep.programs.coresweep, signals);
  settle_cells(sweep);
  return sweep;
}

CpuDivision shared_division(const Sweep& sweep) {
  CpuDivision division = sweep.division;
  if (sweep.hosts) {
    division.load.clear();
  }
  return division;
}

std::vector<int> cpus_of_server(const Sweep& sweep, const Cell& cell) {
  return cell.conditions.pin == Pin::each ? server_cpus(sweep.division, cell.threads)
                                          : roamed_cpus(sweep.division, cell.threads);
}

std::string known_shared_cpus(const Sweep& sweep, const Cell& cell) {
  return sweep.hosts ? std::string()
                     : shared_cpus_detail(sweep.division.cores, cpus_of_server(sweep, cell),
                                          load_cpus(sweep.division, cell.connections));
}

std::int64_t most_connections_of(const Sweep& sweep, const Cell& cell) {
  const auto own = sweep.context.most_connections_of.find(cell.architecture);
  return own == sweep.context.most_connections_of.end()
             ? sweep.context.most_connections
             : std::min(own->second, sweep.context.most_connections);
}

Schedule schedule_of(const Sweep& sweep, std::uint64_t seed) {
  const ScheduleContext context{
      [&sweep](const Cell& cell) { return known_shared_cpus(sweep, cell).empty(); },
      [&sweep](const Cell& cell) { return most_connections_of(sweep, cell); }};
  return {sweep.plan, sweep.cells, seed, context};
}

std::chrono::nanoseconds expected_time(const Plan& plan, const TrialsLeft& trials) {
  // Of a plan with several numbers of connections the largest: rather too long than too short.
  const std::chrono::nanoseconds overhead =
      kTrialOverhead + plan.load.most_connections() * kOverheadAConnection;
  return static_cast<std::int64_t>(trials.whole) * (plan.warmup + plan.duration + overhead) +
         static_cast<std::int64_t>(trials.shortened) *
             (std::max(plan.warmup, kTwinWarmup) + std::min(plan.duration, kShortWindow) +
              overhead);
}

std::vector<std::string> skipped_lines(const Sweep& sweep) {
  std::vector<std::string> lines;
  for (const Skipped& one : sweep.skipped) {
    lines.push_back(fmt::format("skipped: {}: {}", one.what, one.why));
  }
  return lines;
}

void run_trials(const Sweep& sweep, std::uint64_t seed, int session, const RunTrial& run,
                ResultStore& store, Schedule& schedule) {
  // A fleet's block tells of its own, and not of the twins that it reads what limits from.
  const std::size_t others = sweep.pair_of_fleet.empty() ? 0 : schedule.outcomes().size();
  Progress progress(static_cast<int>(schedule.outcomes().size() - others));
  const auto trials = [&schedule, others] {
    return static_cast<int>(schedule.outcomes().size() - others + schedule.trials_left().count());
  };
  const auto left = [&] { return expected_time(sweep.plan, schedule.trials_left()); };
  const UnchangedFiles files = files_run(sweep);
  while (const auto planned = schedule.next()) {
    const Cell cell = schedule.cells()[planned->cell];
    progress.trial_starts(cell_name(cell), trials(), left());
    TrialSetup setup = setup_of(sweep, cell);
    setup.load_seed = load_seed(seed, *planned);
    TrialReadings readings = run(setup);
    files.require();
    if (!schedule.is_told_what_limits(cell)) {
      readings.notes.emplace_back(kUntoldNote);
    }
    // No CPU is one of two hosts.
    const auto cores = sweep.hosts ? std::vector<PhysicalCore>() : sweep.division.cores;
    auto verdicts = judge(cell, readings, cores, sweep.thresholds);
    add_limits(verdicts, schedule.limits_of(cell, sweep.thresholds));
    Json trial = trial_result(*planned, cell, readings, verdicts, sweep.thresholds, session);
    if (!sweep.pair_of_fleet.empty()) {
      trial["pair"] = sweep.pair_of_fleet;
    }
    store.append_trial(trial);
    schedule.add(outcome_of(trial, planned->cell));
    progress.trial_ended(schedule.outcomes().back(), trials(), left());
  }
}

std::vector<Cell> traced_cells(const Sweep& sweep, const std::vector<Cell>& cells) {
  std::vector<Cell> traced;
  for (const Cell& cell : cells) {
    const bool fits = cell.threads <= static_cast<int>(sweep.division.server.size());
    const bool has_rate = !cell.load.is_open() || cell.load.rate_per_s > 0 ||
                          cell.share_percent > 0;  // which is found out before it is traced
    if (sweep.plan.trace && !sweep.hosts && cell.role == Role::kArm && fits && has_rate) {
      traced.push_back(cell);
    }
  }
  return traced;
}

void run_traces(const Sweep& sweep, const std::vector<Cell>& cells,
                const std::vector<std::string>& traced,
                const StopSignals& signals, ResultStore& store) {
  for (const Cell& cell : traced_cells(sweep, cells)) {
    const bool was_left_out = cell.load.is_open() && cell.load.rate_per_s == 0;
    if (was_left_out || contains(traced, cell_name(cell))) {
      continue;
    }
    const Json trace = trace_cell(sweep.programs, setup_of(sweep, cell), signals);
    store.append_trace(trace);
    fmt::print(stderr, "traced {}\n", trace_summary(trace));
  }
}

}  // namespace coresweep
