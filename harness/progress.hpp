// How far a sweep is: one line rewritten on a terminal, one line a trial into a pipe.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "harness/outcome.hpp"

namespace coresweep {

/// All that a progress line tells.
struct ProgressState {
  int trial = 0;  ///< 1 is the first
  int trials = 0;
  std::string cell;
  std::optional<Outcome> last;  ///< of the last trial that ended
  std::chrono::nanoseconds left{};
};

/// Less than `width` columns, so that rewriting it never scrolls. Of 80 it needs them all.
[[nodiscard]] std::string terminal_line(const ProgressState& state, std::size_t width);
/// Once a trial has ended.
[[nodiscard]] std::string plain_line(const ProgressState& state);

class Progress {
 public:
  enum class Output { kTerminal, kPlain };

  /// Terminal when stderr is one. `ended` is how many trials have ended before.
  explicit Progress(int ended = 0);
  explicit Progress(Output output, int ended = 0) : output_(output), ended_(ended) {}
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `trials` is how many there will be in all, `left` how long those take that have not ended.
  void trial_starts(const std::string& cell, int trials, std::chrono::nanoseconds left);
  void trial_ended(const Outcome& outcome, int trials, std::chrono::nanoseconds left);

 private:
  void rewrite();

  Output output_;
  ProgressState state_;
  int ended_;
};

}  // namespace coresweep
