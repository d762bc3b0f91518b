// The highest rate that an arm holds, by trials at one rate after another. Knows no clock and no
// server: asks for a rate, is told whether it was held, and ends after a bounded number of trials.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/statistics.hpp"

namespace coresweep {

/// What a trial at a rate said of it.
enum class RateHeld {
  kYes,
  kNo,
  kNoisy,   ///< nothing: the host spoilt it, and the rate is asked for again
  kUntold,  ///< nothing, likewise: the load generator, its ports or its window was the limit
};

struct CapacitySearchOptions {
  /// Where to begin: the closed-loop throughput, which is seldom far above what is held.
  std::int64_t first_per_s = 1;
  /// The search ends when a rate held and one so much above it did not: 0.02 is 2 %.
  double step = 0.02;
  int most_trials = 12;                      ///< that said yes or no
  int most_noisy = 6;                        ///< that said nothing, in all
  std::int64_t highest_per_s = 100'000'000;  ///< above which nothing can be asked for
};

enum class SearchEnd {
  kRunning,
  kConfirmed,    ///< a rate held twice, and one within the step above it did not
  kHighestHeld,  ///< highest_per_s held twice: the arm's own limit is above it
  kNothingHeld,  ///< not even 1 a second
  kOutOfTrials,  ///< before any of these: what held once may have been lucky
  kTooNoisy,     ///< the host spoilt too many trials: of the arm this says nothing
  /// Too many said nothing, and not for the host alone: the arm holds what held, or more.
  kUntold,
};

/// Whether the search that ended so came to an answer.
[[nodiscard]] constexpr bool is_answer(SearchEnd end) {
  return end != SearchEnd::kTooNoisy && end != SearchEnd::kUntold;
}

struct FoundCapacity {
  SearchEnd end = SearchEnd::kRunning;
  /// The highest rate that held, below all that did not; 0 when there is none.
  std::int64_t held_per_s = 0;
  /// The lowest rate that was not held: the capacity is between the two. None when none failed.
  std::optional<std::int64_t> bracket_high_per_s;
  bool is_confirmed = false;  ///< held twice
  int trials = 0;             ///< that said yes or no
  int noisy_trials = 0;       ///< that said nothing
};

/// From the first rate up or down in growing strides until one held and a higher one did not; then
/// the middle between them (as logarithms) until they are within the step; then the held one again,
/// since near the capacity a trial may be lucky. When it is not held again, all that was known
/// below it may have been luck too: down from it in strides that grow from the step.
class CapacitySearch {
 public:
  /// `options.first_per_s` is at least 1, and taken as highest_per_s when above it; the step is
  /// above 0 and at most 1.
  explicit CapacitySearch(const CapacitySearchOptions& options);

  /// The rate that a trial is to be run at next; none when the search has ended.
  [[nodiscard]] std::optional<std::int64_t> next_rate() const;

  /// What the trial at next_rate() said; the search has not ended.
  void add(std::int64_t rate_per_s, RateHeld held);

  [[nodiscard]] FoundCapacity result() const;

 private:
  void add_held();
  void add_failed();
  // Sets the rate to ask for next, or how it ended.
  void go_on();
  [[nodiscard]] bool is_narrow() const;

  CapacitySearchOptions options_;
  std::int64_t rate_;
  std::int64_t low_ = 0;              // held, and lies below high_; 0: none that is trusted
  std::int64_t high_ = 0;             // the lowest that was not held; 0: none
  double stride_;                     // of the next step away from low_ or high_, a logarithm
  std::map<std::int64_t, int> held_;  // how often each was
  int trials_ = 0;
  int noisy_trials_ = 0;
  bool has_untold_ = false;
  SearchEnd end_ = SearchEnd::kRunning;
};

/// "holds 41,200/s (held twice), not 41,900/s; 9 trials"
[[nodiscard]] std::string capacity_text(const FoundCapacity& found);

/// Over blocks: the median of what each block's search found, and its interval. Left out are only
/// searches that the host spoilt: one that ran out of trials, or found that nothing is held (0), is
/// an answer, and one that was kept from it counts with what it held at least. None when all were
/// spoilt.
[[nodiscard]] std::optional<MedianInterval> capacity_of_blocks(
    const std::vector<FoundCapacity>& blocks, double coverage = kUsualCoverage);

}  // namespace coresweep
