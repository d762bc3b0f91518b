// Which pair of a fleet runs the next block: one that runs no other, and that was not lost.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "harness/file_lock.hpp"
#include "harness/fleet_folder.hpp"
#include "harness/stop_signals.hpp"

namespace coresweep {

/// A line of RUN/lost.jsonl: on which pair a block was begun that did not come to its end.
struct LostPair {
  std::string pair;
  std::string job;
  std::string why;
  std::chrono::system_clock::time_point at;
};

/// In the order in which they were lost; none where nothing was. Throws WrongUsage where the file
/// is not what was written; a last line that was torn is none.
[[nodiscard]] std::vector<LostPair> lost_pairs(const std::string& run);

/// Throws Failure.
void note_lost(const std::string& run, const LostPair& lost);

/// How long a pair that was lost is left alone.
inline constexpr std::chrono::minutes kLeftAlone{5};

/// Those of `pairs` that were lost since `begun`, and not longer ago than they are left alone.
[[nodiscard]] std::vector<LostPair> still_lost(const std::vector<LostPair>& lost,
                                               std::chrono::system_clock::time_point begun,
                                               std::chrono::system_clock::time_point now);

struct TakenPair {
  std::string name;
  FileLock lock;
};

/// The first of `names` that is free, as soon as one is. Throws Failure when all are lost, and
/// Interrupted.
[[nodiscard]] TakenPair take_pair(const std::string& run, const std::vector<std::string>& names,
                                  std::chrono::system_clock::time_point begun,
                                  const StopSignals& signals);

}  // namespace coresweep
