// What a trial's counters say of its server, each as one figure: what `explain` compares.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/stored_run.hpp"

namespace coresweep {

enum class Compared {
  kAlways,
  kWithinAnEngine,  ///< each engine has its own calls, which are no more of one kind
};

struct Quantity {
  const char* name;  ///< such as "reads a request"
  /// What the counter counts, where the name does not say it; else "". "{}" stands for the calls
  /// that an engine's loop waits by.
  const char* meaning;
  const char* unit;     ///< "us", "%", or "" for a count
  double least;         ///< below it a figure is as good as none: no ratio of two such is told
  int least_threads;    ///< with fewer server threads it says nothing
  std::optional<double> (*of)(const StoredTrial& trial);  ///< nothing: not measured
  Compared compared = Compared::kAlways;
};

/// Every quantity, in the order in which they are told where none is known to differ more.
[[nodiscard]] const std::vector<Quantity>& quantities();

/// A count of what must not happen; told only where it did.
[[nodiscard]] const std::vector<Quantity>& troubles();

/// Jain's index of `shares`: 1 when all are equal, 1/n when one has all.
[[nodiscard]] double jain_index(const std::vector<double>& shares);

struct Band {
  double low = 0;
  double high = 0;
};

/// Between these Jain's index lies in 90 of 100 cases when `connections` that ask equally much are
/// dealt over `threads` by chance. The same figures every time.
[[nodiscard]] Band jain_of_random_hash(int connections, int threads);

}  // namespace coresweep
