// Whether a run that was stopped may go on here, and what it had come to.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/schedule.hpp"
#include "harness/sweep.hpp"

namespace coresweep {

/// A run's run.json, as far as going on relies on it.
struct StoppedRun {
  std::string record_path;
  Json record;
  std::string plan_file;  ///< as given when it began
  std::uint64_t seed = 0;
};

/// Throws WrongUsage when the folder has none that could go on.
[[nodiscard]] StoppedRun read_stopped_run(const std::string& folder);

/// These four throw WrongUsage that names what differs, with both values: a ratio of trials of two
/// machines, programs or plans would be none of either. `sweep` need have no plan yet.
void require_same_machine(const StoppedRun& run, const Sweep& sweep);
/// `peers` are identity_record()'s: the files of each, but for those that a build makes, and those
/// of whoever was left out. Before any is built, which would put another program in the place of
/// the run's.
void require_same_sources(const StoppedRun& run, const Json& peers);
/// `identity` is identity_record() of the sweep as it would go on.
void require_same(const StoppedRun& run, const Json& identity);
/// A plan file that is there no more cannot differ: what is to be said of that, else nothing.
[[nodiscard]] std::string require_same_plan_file(const StoppedRun& run);

struct Replayed {
  int sessions = 0;                 ///< in which its trials were run
  std::vector<std::string> traced;  ///< names of the cells whose trace is there
};

/// Tells `schedule` each stored trial of the run in `folder`. Throws WrongUsage at the first that
/// is not the one that the plan's order has there.
[[nodiscard]] Replayed replay(const std::string& folder, Schedule& schedule);

}  // namespace coresweep
