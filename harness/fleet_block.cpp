// One block of a fleet on one pair, as a job of its own.
#include <fmt/format.h>

#include <algorithm>

#include "harness/failure.hpp"
#include "harness/fleet.hpp"
#include "harness/fleet_folder.hpp"
#include "harness/fleet_pairs.hpp"
#include "harness/fleet_record.hpp"
#include "harness/sweep_hosts.hpp"
#include "support/open_files.hpp"

namespace coresweep {
namespace {

using std::chrono::system_clock;

/// Thrown where the hosts of the pair were the reason, and not what is here.
struct PairTrouble {
  std::string why;
};

Sweep connect(const StoppedRun& fleet, const std::string& pair, const StopSignals& signals) {
  try {
    return prepare_pair(fleet, pair, signals);
  } catch (const Failure& failure) {
    throw PairTrouble{failure.what()};
  } catch (const WrongUsage& refusal) {  // it is another than it was
    throw PairTrouble{refusal.what()};
  }
}

// A trial over the pair, which knows that its block was begun elsewhere before.
RunTrial runner(const Sweep& sweep, const std::vector<std::string>& notes,
                const StopSignals& signals) {
  const RunTrial run = trial_runner(sweep, OnLoss::kStop, signals);
  return [run, notes](const TrialSetup& setup) {
    try {
      TrialReadings readings = run(setup);
      if (!readings.lost_host.empty()) {
        throw PairTrouble{readings.lost_host};
      }
      readings.notes.insert(readings.notes.end(), notes.begin(), notes.end());
      return readings;
    } catch (const Failure& failure) {
      throw PairTrouble{failure.what()};
    }
  };
}

std::vector<std::string> begun_before(const std::string& run, const std::string& job) {
  std::vector<std::string> notes;
  for (const LostPair& lost : lost_pairs(run)) {
    if (lost.job == job) {
      notes.push_back(fmt::format("its block was begun on {} before: {}", lost.pair, lost.why));
    }
  }
  return notes;
}

void run_on(const std::string& pair, const BlockJob& job, const OneBlock& block,
            const StoppedRun& fleet, const StopSignals& signals) {
  Sweep sweep = connect(fleet, pair, signals);
  sweep.pair_of_fleet = pair;
  Schedule schedule = schedule_of(sweep, fleet.seed);
  if (block.of == OneBlock::Of::kPlan) {
    static_cast<void>(replay(job.run, schedule));  // of the twins
  }
  schedule.run_only(block);
  const FleetFolder folder(job.run);
  {
    ResultStore store(folder.begin(block));
    run_trials(sweep, fleet.seed, 0, runner(sweep, begun_before(job.run, job.job), signals), store,
               schedule);
  }
  folder.complete(block);
}

}  // namespace

void run_block(const BlockJob& job, const StopSignals& signals) {
  raise_open_files();
  const OneBlock block = block_of_job(job.job);
  const StoppedRun fleet = read_stopped_run(job.run);
  std::vector<std::string> pairs = pairs_of(fleet);
  // Not the same first for each, so that all pairs get their share of the blocks.
  const auto first = static_cast<std::size_t>(block.block) % pairs.size();
  std::ranges::rotate(pairs, pairs.begin() + static_cast<std::ptrdiff_t>(first));
  const FleetFolder folder(job.run);
  const auto own = FileLock::try_take(folder.lock_file(job.job));
  if (!own) {
    throw Failure(fmt::format("{}: another coresweep is at work on it", job.job));
  }
  if (folder.has(block)) {
    return;
  }
  const system_clock::time_point begun{std::chrono::milliseconds(job.begun_unix_ms)};
  const TakenPair pair = take_pair(job.run, pairs, begun, signals);
  fmt::print(stderr, "on {}\n", pair.name);
  try {
    run_on(pair.name, job, block, fleet, signals);
  } catch (const PairTrouble& trouble) {
    note_lost(job.run, {pair.name, job.job, trouble.why, system_clock::now()});
    throw Failure(fmt::format("{} was lost: {}", pair.name, trouble.why));
  }
}

}  // namespace coresweep
