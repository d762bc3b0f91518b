// One block of a fleet on one pair, as a job of its own.
#include <fmt/format.h>

#include <algorithm>

#include "harness/failure.hpp"
#include "harness/fleet.hpp"
#include "harness/fleet_folder.hpp"
#include "harness/fleet_pairs.hpp"
#include "harness/fleet_record.hpp"
#include "harness/sweep_hosts.hpp"
#include "harness/wording.hpp"
#include "support/open_files.hpp"

namespace coresweep {
namespace {

using std::chrono::system_clock;

constexpr int kTries = 5;

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

RunTrial runner(const Sweep& sweep, const std::vector<std::string>& notes,
                const StopSignals& signals) {
  const RunTrial run = trial_runner(sweep, OnLoss::kStop, signals);
  return [run, notes](const TrialSetup& setup) {
    try {
      TrialReadings readings = run(setup);
      readings.notes.insert(readings.notes.end(), notes.begin(), notes.end());
      return readings;
    } catch (const Failure& failure) {
      throw PairTrouble{failure.what()};
    }
  };
}

// What was measured of the block before it was run here, so that nobody takes it for its first try.
std::vector<std::string> notes_of(const BlockJob& job, const OneBlock& block,
                                  const PairHosts& hosts) {
  std::vector<std::string> notes;
  const int begun = FleetFolder(job.run).times_begun(block);
  int lost_so = 0;
  for (const LostPair& lost : lost_pairs(job.run)) {
    if (lost.job == job.job && lost.is_begun) {
      ++lost_so;
      notes.push_back(fmt::format("its block was begun on {} before: {}", lost.pair, lost.why));
    }
  }
  if (begun > lost_so) {
    notes.emplace_back("its block was begun before, and stopped");
  }
  for (const PairHost& host : hosts.all()) {
    if (host.listed.is_here) {
      notes.push_back(fmt::format("{} has the whole fleet's work beside its own", host.name()));
    }
  }
  return notes;
}

void require_block(const OneBlock& block, const Plan& plan, const Schedule& schedule) {
  const int blocks = block.of == OneBlock::Of::kTwins ? schedule.twin_blocks() : plan.blocks;
  if (block.block >= blocks) {
    throw WrongUsage(fmt::format("'{}': the plan has {}", job_name(block),
                                 counted(blocks, "such block")));
  }
}

// Of a job, which is one block on one pair after another until one brings it to its end.
struct Try {
  std::string pair;
  bool has_begun = false;  ///< the folder has nothing of an earlier one any more
};

void run_on(Try& own, const BlockJob& job, const OneBlock& block, const StoppedRun& fleet,
            const StopSignals& signals) {
  const std::string& pair = own.pair;
  Sweep sweep = connect(fleet, pair, signals);
  sweep.pair_of_fleet = pair;
  Schedule schedule = schedule_of(sweep, fleet.seed);
  require_block(block, sweep.plan, schedule);
  const FleetFolder folder(job.run);
  if (block.of == OneBlock::Of::kPlan) {
    static_cast<void>(replay(folder.twins_folder(), schedule));
  }
  schedule.run_only(block);
  {
    ResultStore store(folder.begin(block));
    own.has_begun = true;
    run_trials(sweep, fleet.seed, job.session,
               runner(sweep, notes_of(job, block, *sweep.hosts), signals), store, schedule);
  }
  folder.complete(block);
}

}  // namespace

void run_block(const BlockJob& job, const StopSignals& signals) {
  raise_open_files();
  const OneBlock block = block_of_job(job.job);
  const StoppedRun fleet = read_stopped_run(job.run);
  std::vector<std::string> pairs = pairs_of(fleet);
  require_same_here(fleet, signals);
  // Not the same first for each, so that all pairs get their share of the blocks.
  const auto first = static_cast<std::size_t>(block.block) % pairs.size();
  std::ranges::rotate(pairs, pairs.begin() + static_cast<std::ptrdiff_t>(first));
  const FleetFolder folder(job.run);
  const auto own = FileLock::try_take(folder.lock_of(block));
  if (!own) {
    throw Failure(fmt::format("{}: another coresweep is at work on it", job.job));
  }
  if (folder.has(block)) {
    return;
  }
  const system_clock::time_point begun{std::chrono::milliseconds(job.begun_unix_ms)};
  std::string why;
  for (int tries = 0; tries < kTries; ++tries) {
    const TakenPair pair = take_pair(job.run, pairs, begun, signals);
    fmt::print(stderr, "on {}\n", pair.name);
    Try own_try{pair.name};
    try {
      run_on(own_try, job, block, fleet, signals);
      fmt::print(stderr, "is whole: {} of its {} are\n", folder.count_of(block.of),
                 block.of == OneBlock::Of::kTwins ? "twins' blocks" : "plan's blocks");
      return;
    } catch (const PairTrouble& trouble) {
      why = fmt::format("{} is left alone for {} s: {}", pair.name, kLeftAlone.count(),
                        trouble.why);
      note_lost(job.run, {pair.name, job.job, own_try.has_begun && folder.is_begun(block),
                          trouble.why, system_clock::now()});
      fmt::print(stderr, "{}\n", why);
    }
  }
  throw Failure(fmt::format("{} pairs could not run it, at last {}", kTries, why));
}

}  // namespace coresweep
