#include "harness/sweep.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/failure.hpp"
#include "harness/machine.hpp"
#include "harness/plan_files.hpp"
#include "harness/progress.hpp"
#include "harness/strict_json.hpp"
#include "harness/traced_trial.hpp"
#include "harness/trial.hpp"
#include "harness/trial_result.hpp"
#include "support/build_info.hpp"
#include "support/cpu_set.hpp"

namespace coresweep {
namespace {

constexpr std::size_t kLargestPlan = 1 << 20;

CpuTopology read_machine() {
  auto topology = read_cpu_topology();
  if (!topology) {
    throw Failure("hwloc cannot read this machine's CPUs");
  }
  return std::move(*topology);
}

Json build_record() {
  const BuildInfo& build = build_info();
  return {{"git_revision", build.git_revision},
          {"git_dirty", build.git_dirty},
          {"compiler", build.compiler},
          {"build_type", build.build_type},
          {"flags", build.flags}};
}

Json division_record(const CpuDivision& division) {
  int server_cores = 0;
  for (const PhysicalCore& core : division.cores) {
    server_cores += shared_cpus({core}, division.server, core.cpus).empty() ? 0 : 1;
  }
  return {{"server", division.server}, {"load", division.load}, {"physical_cores", server_cores}};
}

Json file_record(const std::string& path, const StopSignals& signals) {
  return {{"sha256", sha256_of_file(path, signals)}};
}

Json binaries_record(const Programs& programs, const StopSignals& signals) {
  Json record = Json::object();
  for (const auto& [name, path] :
       {std::pair("coresweep", programs.coresweep), std::pair("greeter", programs.greeter),
        std::pair("greeter-io_uring", programs.greeter_io_uring),
        std::pair("loadgen", programs.loadgen)}) {
    if (!path.empty()) {
      record[name] = file_record(path, signals);
    }
  }
  return record;
}

Json peers_record(const Sweep& sweep, const StopSignals& signals) {
  Json record = Json::array();
  for (const Peer& peer : sweep.plan.peers) {
    Json files = Json::object();
    for (const auto& [name, path] : files_of(peer, sweep.programs.coresweep)) {
      files[name] = file_record(path, signals);
    }
    record.push_back({{"name", peer.name},
                      {"summary", peer.summary},
                      {"folder", peer.folder},
                      {"start", peer.start},
                      {"files", files}});
  }
  return record;
}

const Peer* peer_of(const Sweep& sweep, const Cell& cell) {
  for (const Peer& peer : sweep.plan.peers) {
    if (cell.engine == kPeer && cell.architecture == peer.name) {
      return &peer;
    }
  }
  return nullptr;
}

TrialSetup setup_of(const Sweep& sweep, const Cell& cell) {
  return {cell,
          sweep.plan.listen,
          sweep.plan.warmup,
          sweep.plan.duration,
          server_cpus(sweep.division, cell.threads),
          load_cpus(sweep.division, cell.connections),
          peer_of(sweep, cell)};
}

LatencyPercentiles latency_of(const LoadReport& load) {
  const Json& latency = load.line.at("latency_from_sent_ns");
  const auto percentile = [&latency](const char* name) {
    return latency.is_object() && latency.contains(name) && latency.at(name).is_number()
               ? std::optional(latency.at(name).get<double>())
               : std::nullopt;
  };
  return {percentile("p50"), percentile("p99")};
}

Outcome outcome_of(const PlannedTrial& planned, const TrialReadings& readings,
                   const std::vector<Verdict>& verdicts) {
  Outcome outcome;
  outcome.cell = planned.cell;
  outcome.block = planned.block;
  if (readings.load) {
    outcome.throughput_per_s = readings.load->throughput_per_s;
    outcome.latency = latency_of(*readings.load);
  }
  outcome.notes = readings.notes;
  for (const Verdict& verdict : verdicts) {
    outcome.verdicts.push_back(verdict.name);
    if (verdict.name == kFailed) {
      outcome.failure = verdict.detail;
    }
  }
  return outcome;
}

}  // namespace

Sweep prepare_sweep(const std::string& plan_file, const std::vector<std::string>& peers,
                    const StopSignals& signals) {
  Sweep sweep;
  sweep.plan_file = find_plan(plan_file);
  const std::string text = read_text_file(sweep.plan_file, kLargestPlan);
  sweep.programs = find_programs();
  sweep.allowed = allowed_cpus();
  sweep.machine = read_machine();
  const CpuTopology usable = restricted_to(sweep.machine, sweep.allowed);
  if (usable.cores.empty()) {
    throw Failure("hwloc sees none of the CPUs that coresweep may run on");
  }
  sweep.division = divide_cpus(usable);
  PlanContext context;
  context.server_cpus = static_cast<int>(sweep.division.server.size());
  context.all_cpus = static_cast<int>(all_cpus(sweep.division).size());
  context.most_connections = most_connections(context.all_cpus);
  add_known_names(sweep.programs, signals, context);
  for (const std::string& folder : peers) {
    context.peers.push_back(read_peer(folder));
  }
  sweep.plan = read_plan(text, sweep.plan_file, context);
  sweep.skipped = skipped_of(sweep.plan, context);
  sweep.cells = cells_of(sweep.plan, context);
  if (sweep.cells.empty()) {
    std::vector<std::string> reasons;
    for (const Skipped& one : sweep.skipped) {
      reasons.push_back(fmt::format("{}: {}", one.what, one.why));
    }
    throw WrongUsage(
        fmt::format("{}: nothing is left to run: {}", sweep.plan_file, fmt::join(reasons, "; ")));
  }
  return sweep;
}

std::vector<std::string> skipped_lines(const Sweep& sweep) {
  std::vector<std::string> lines;
  for (const Skipped& one : sweep.skipped) {
    lines.push_back(fmt::format("skipped: {}: {}", one.what, one.why));
  }
  return lines;
}

std::size_t trial_count(const Sweep& sweep) {
  return sweep.cells.size() * static_cast<std::size_t>(sweep.plan.blocks);
}

Json run_record(const Sweep& sweep, std::uint64_t seed, const std::string& started_at,
                const std::vector<std::string>& command, const StopSignals& signals) {
  return {{"schema_version", kSchemaVersion},
          {"plan", to_json(sweep.plan)},
          {"plan_file", sweep.plan_file},
          {"seed", seed},
          {"started_at", started_at},
          {"command", command},
          {"machine", machine_record(sweep.machine, sweep.allowed)},
          {"build", build_record()},
          {"binaries", binaries_record(sweep.programs, signals)},
          {"peers", peers_record(sweep, signals)},
          {"skipped", to_json(sweep.skipped)},
          {"cpu_division", division_record(sweep.division)},
          {"thresholds", to_json(sweep.thresholds)},
          {"headline", sweep.plan.headline ? to_json(*sweep.plan.headline) : Json()},
          {"trials_planned", trial_count(sweep)}};
}

void run_trials(const Sweep& sweep, std::uint64_t seed, const StopSignals& signals,
                ResultStore& store, std::vector<Outcome>& outcomes) {
  const auto order = trial_order(sweep.cells, sweep.plan.blocks, seed);
  Progress progress(static_cast<int>(order.size()), expected_time(sweep.plan, order.size()));
  for (const PlannedTrial& planned : order) {
    const Cell& cell = sweep.cells[planned.cell];
    progress.trial_starts(cell_name(cell));
    const TrialReadings readings = run_trial(sweep.programs, setup_of(sweep, cell), signals);
    const auto verdicts = judge(cell, readings, sweep.division.cores, sweep.thresholds);
    store.append_trial(trial_result(planned, cell, readings, verdicts));
    outcomes.push_back(outcome_of(planned, readings, verdicts));
    progress.trial_ended(outcomes.back());
  }
}

std::vector<Cell> traced_cells(const Sweep& sweep) {
  std::vector<Cell> cells;
  for (const Cell& cell : sweep.cells) {
    const bool fits = cell.threads <= static_cast<int>(sweep.division.server.size());
    if (sweep.plan.trace && cell.role == Role::kArm && fits) {
      cells.push_back(cell);
    }
  }
  return cells;
}

void run_traces(const Sweep& sweep, const StopSignals& signals, ResultStore& store) {
  for (const Cell& cell : traced_cells(sweep)) {
    const Json trace = trace_cell(sweep.programs, setup_of(sweep, cell), signals);
    store.append_trace(trace);
    fmt::print(stderr, "traced {}\n", trace_summary(trace));
  }
}

}  // namespace coresweep
