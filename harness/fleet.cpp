#include "harness/fleet.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>

#include "harness/failure.hpp"
#include "harness/fleet_folder.hpp"
#include "harness/fleet_pairs.hpp"
#include "harness/fleet_record.hpp"
#include "harness/gnu_parallel.hpp"
#include "harness/plan_files.hpp"
#include "harness/schedule_parts.hpp"
#include "harness/sweep_hosts.hpp"
#include "harness/utc_time.hpp"
#include "harness/wording.hpp"
#include "support/command_line.hpp"
#include "support/exit.hpp"
#include "support/open_files.hpp"

namespace coresweep {
namespace {

using std::chrono::system_clock;

constexpr int kMostAtOnce = 1'000;

// All that is wrong with any pair is told.
PairSweeps connect_all(const Inventory& inventory, const std::string& file,
                       const std::string& text, const StopSignals& signals) {
  PairSweeps pairs;
  for (const PairOfHosts& pair : inventory.pairs) {
    try {
      Sweep sweep = prepare_hosts(inventory, pair.name, signals);
      fmt::print(stderr, "{}:\n", pair.name);
      print_hosts(*sweep.hosts);
      settle_plan(sweep, text, file, {});
      if (sweep.plan.twin_blocks > 0) {  // a block on each, for what limits one may limit no other
        const auto each = static_cast<int>(inventory.pairs.size());
        sweep.plan.twin_blocks = std::max(sweep.plan.twin_blocks, each);
      }
      sweep.hosts->close();  // its agents serve the blocks' jobs from here on
      pairs.emplace_back(pair.name, std::move(sweep));
    } catch (const Failure& failure) {
      const std::string why = failure.what();
      print_error("coresweep", why.starts_with(pair.name + ": ")
                                   ? why
                                   : fmt::format("{}: {}", pair.name, why));
    } catch (const WrongUsage& refusal) {
      if (pairs.empty()) {
        throw;
      }
      throw WrongUsage(fmt::format("{}: {}", pair.name, refusal.what()));
    }
  }
  if (pairs.size() < inventory.pairs.size()) {
    throw Failure(fmt::format("{}: {} of {} cannot be used as they are", inventory.file,
                              inventory.pairs.size() - pairs.size(),
                              counted(inventory.pairs.size(), "pair")));
  }
  return pairs;
}

// Nobody else goes on with the run meanwhile.
FileLock lock_run(const std::string& run) {
  auto lock = FileLock::try_take(run + "/run.json");
  if (!lock) {
    throw Failure(fmt::format("{}: another coresweep is at work on it", run));
  }
  return std::move(*lock);
}

class FleetRun {
 public:
  FleetRun(const Sweep& sweep, std::string run, std::uint64_t seed, std::size_t pairs,
           PairsAtOnce at_once, const RunDrawing& drawing, const StopSignals& signals)
      : sweep_(sweep),
        run_(std::move(run)),
        folder_(run_),
        seed_(seed),
        at_once_(std::min(at_once.value_or(pairs), pairs)),
        drawing_(drawing),
        signals_(signals),
        twins_(blocks_of(OneBlock::Of::kTwins, schedule_of(sweep, seed).twin_blocks())),
        plan_(blocks_of(OneBlock::Of::kPlan, sweep.plan.blocks)),
        all_(twins_) {
    all_.insert(all_.end(), plan_.begin(), plan_.end());
  }

  // The exit code.
  int run() {
    const bool is_merged = ResultStore(run_).has_end();
    if (!is_merged) {
      folder_.prepare();
      if (const auto code = run_blocks()) {
        return *code;
      }
    }
    ResultStore store(run_);
    Schedule schedule = schedule_of(sweep_, seed_);
    const Replayed replayed = replayed_by(schedule);
    const auto nothing_left = [](const TrialSetup&) -> TrialReadings {
      throw Failure("a fleet's blocks are all there and its plan has a trial more");
    };
    const int code = run_session(sweep_, {seed_, replayed.sessions, replayed.traced, drawing_,
                                          nothing_left, lost_lines()},
                                 signals_, store, schedule);
    if (store.has_end()) {
      folder_.forget_blocks();
    }
    return code;
  }

 private:
  [[nodiscard]] Replayed replayed_by(Schedule& schedule) const {
    try {
      return replay(run_, schedule);
    } catch (const WrongUsage& refusal) {
      throw WrongUsage(fmt::format("{}; it is made of {}/blocks: what is removed there runs again",
                                   refusal.what(), run_));
    }
  }

  // Of each pair that was lost, so that nobody has to look for it.
  [[nodiscard]] std::vector<std::string> lost_lines() const {
    std::map<std::string, std::vector<LostPair>> by_pair;
    for (const LostPair& lost : lost_pairs(run_)) {
      by_pair[lost.pair].push_back(lost);
    }
    std::vector<std::string> lines;
    for (const auto& [pair, lost] : by_pair) {
      lines.push_back(fmt::format("{} was lost {}, at last for {}: {}", pair,
                                  counted(lost.size(), "time"), lost.back().job,
                                  printable_line(lost.back().why)));
    }
    return lines;
  }

  // Nothing when all of them are there, and merged.
  std::optional<int> run_blocks() {
    try {
      folder_.merge(all_);  // whoever was at it before may have been killed
      share_out("twins", twins_);
      folder_.merge_twins(twins_);
      share_out("blocks", plan_);
      folder_.merge(all_);
      return std::nullopt;
    } catch (const Failure& failure) {
      const bool is_merged = merge_what_is_there();
      throw Failure(fmt::format("{}; {}", failure.what(), kept(is_merged)));
    } catch (const Interrupted& interrupted) {
      const bool is_merged = merge_what_is_there();
      print_error("coresweep", fmt::format("interrupted: {}", kept(is_merged)));
      return 128 + interrupted.signal;
    }
  }

  // What ended the sweep is told in any case.
  bool merge_what_is_there() const {
    try {
      folder_.merge(all_);
      return true;
    } catch (const std::exception& error) {
      print_error("coresweep", error.what());
      return false;
    }
  }

  [[nodiscard]] std::string joblog(const std::string& stage, int session) const {
    return fmt::format("parallel-{}-{}.joblog", stage, session);
  }

  // How often the sweep was taken up again before.
  [[nodiscard]] int session() const {
    int session = 0;
    std::error_code none;
    const auto had = [&](const char* stage) {
      return std::filesystem::exists(fmt::format("{}/{}", run_, joblog(stage, session)), none);
    };
    while (had("twins") || had("blocks")) {
      ++session;
    }
    return session;
  }

  // To begin anew with what is missing, and not with what a joblog says: only a block that is there
  // counts.
  void share_out(const std::string& stage, const std::vector<OneBlock>& blocks) {
    const std::vector<OneBlock> left = folder_.missing_of(blocks);
    if (left.empty()) {
      return;
    }
    const auto begun = std::chrono::duration_cast<std::chrono::milliseconds>(
        system_clock::now().time_since_epoch());
    // The run's path is no word of parallel's, which would read braces in it as its own.
    run_parallel({{sweep_.programs.coresweep, "block", ".", "{}", "--session",
                   std::to_string(session_), "--begun", std::to_string(begun.count())},
                  names_of(left),
                  at_once_,
                  run_,
                  joblog(stage, session_)},
                 signals_);
    const std::vector<OneBlock> missing = folder_.missing_of(blocks);
    if (!missing.empty()) {
      throw Failure(fmt::format("{} could not be run", named(names_of(missing))));
    }
  }

  static std::vector<std::string> names_of(const std::vector<OneBlock>& blocks) {
    std::vector<std::string> names;
    std::ranges::transform(blocks, std::back_inserter(names), job_name);
    return names;
  }

  [[nodiscard]] std::string kept(bool is_merged) const {
    const std::size_t kept = all_.size() - folder_.missing_of(all_).size();
    const bool has_arms = is_merged && folder_.missing_of(plan_).size() < plan_.size();
    return fmt::format("{} of {} kept in {}{}; go on: coresweep resume {}", kept,
                       counted(all_.size(), "block"), run_,
                       has_arms ? fmt::format("; draw them: coresweep report {}", run_) : "", run_);
  }

  const Sweep& sweep_;
  std::string run_;
  FleetFolder folder_;
  std::uint64_t seed_;
  std::size_t at_once_;
  int session_ = session();
  RunDrawing drawing_;
  const StopSignals& signals_;
  std::vector<OneBlock> twins_;
  std::vector<OneBlock> plan_;
  std::vector<OneBlock> all_;
};

// Any of its pairs tells what the plan comes to.
Sweep prepare_any(const StoppedRun& stopped, const StopSignals& signals) {
  std::vector<std::string> reasons;
  for (const std::string& pair : pairs_of(stopped)) {
    try {
      Sweep sweep = prepare_pair(stopped, pair, signals);
      sweep.hosts->close();
      return sweep;
    } catch (const Failure& failure) {
      reasons.push_back(fmt::format("{}: {}", pair, failure.what()));
    } catch (const WrongUsage& refusal) {  // it is another than it was, and others need not be
      reasons.push_back(fmt::format("{}: {}", pair, refusal.what()));
    }
  }
  throw Failure(fmt::format("no pair is there: {}", fmt::join(reasons, "; ")));
}

}  // namespace

void add_at_once_flag(CLI::App& command, PairsAtOnce& at_once) {
  command.add_option("--at-once", at_once,
                     "of a fleet: so many pairs at a time, where they share a network or a "
                     "machine; else all")
      ->check(whole_number_between(1, kMostAtOnce));
}

int begin_fleet(const NewRun& run, PairsAtOnce at_once, const StopSignals& signals) {
  raise_open_files();
  require_gnu_parallel(signals);
  const std::string file = find_plan(run.plan.plan_file);
  const std::string hosts = run.plan.hosts.value_or("");
  if (hosts.empty()) {
    throw WrongUsage("--hosts is empty: allowed is the path of an inventory");
  }
  // The blocks' jobs begin elsewhere.
  const Inventory inventory = read_inventory(std::filesystem::absolute(hosts));
  const PairSweeps pairs = connect_all(inventory, file, read_plan_file(file), signals);
  const Sweep& sweep = pairs.front().second;
  if (const std::string why = why_no_block_alone(sweep.plan); !why.empty()) {
    throw WrongUsage(fmt::format("{}: its blocks cannot be shared out: {}", file, why));
  }
  require_alike(pairs);
  const std::uint64_t seed = seed_of(run, sweep.plan);
  const auto started = system_clock::now();
  for (const std::string& line : skipped_lines(sweep)) {
    fmt::print(stderr, "{}\n", line);
  }
  require_writable(run.results);
  const Json record =
      fleet_record(run_record(sweep, seed, utc_time(started), run.command, signals), pairs);
  std::string folder;
  {
    ResultStore store(run.results, run.plan.plan_file, started);
    store.write_run(record);
    folder = store.folder();
  }
  const FileLock lock = lock_run(folder);
  fmt::print(stderr, "{}: {} over {}\n", folder, counted(sweep.plan.blocks, "block"),
             counted(pairs.size(), "pair"));
  return FleetRun(sweep, folder, seed, pairs.size(), at_once, run.drawing, signals).run();
}

int resume_fleet(const std::string& folder, const StoppedRun& stopped, const RunDrawing& drawing,
                 PairsAtOnce at_once, const StopSignals& signals) {
  require_gnu_parallel(signals);
  const FileLock lock = lock_run(folder);
  require_same_here(stopped, signals);
  const Sweep sweep = prepare_any(stopped, signals);
  if (const std::string gone = require_same_plan_file(stopped); !gone.empty()) {
    fmt::print(stderr, "{}\n", gone);
  }
  return FleetRun(sweep, folder, stopped.seed, pairs_of(stopped).size(), at_once, drawing, signals)
      .run();
}

}  // namespace coresweep
