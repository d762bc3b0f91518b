// Which pair of a fleet runs the next block: one that runs no other, and that was not lost.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "harness/file_lock.hpp"
#include "harness/fleet_folder.hpp"
#include "harness/stop_signals.hpp"

namespace coresweep {

/// A line of RUN/lost.jsonl: on which pair a block did not come to its end.
struct LostPair {
  std::string pair;
  std::string job;
  bool is_begun = false;  ///< it had a trial there
  std::string why;
  std::chrono::system_clock::time_point at;
};

/// In the order in which they were lost; none where nothing was. A line that was torn is none.
/// Throws WrongUsage where another is not what was written.
[[nodiscard]] std::vector<LostPair> lost_pairs(const std::string& run);

/// Throws Failure.
void note_lost(const std::string& run, const LostPair& lost);

/// How long a pair that was lost is left alone: as long as one that is back within it, and no
/// longer than a sweep over one pair waits for it.
inline constexpr std::chrono::seconds kLeftAlone{60};

/// Those of `pairs` that were lost since `begun`, and not longer ago than they are left alone.
[[nodiscard]] std::vector<LostPair> still_lost(const std::vector<LostPair>& lost,
                                               std::chrono::system_clock::time_point begun,
                                               std::chrono::system_clock::time_point now);

struct TakenPair {
  std::string name;
  FileLock lock;
};

/// The first of `names` that is free, as soon as one is. Throws Interrupted.
[[nodiscard]] TakenPair take_pair(const std::string& run, const std::vector<std::string>& names,
                                  std::chrono::system_clock::time_point begun,
                                  const StopSignals& signals);

}  // namespace coresweep
