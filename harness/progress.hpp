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

  /// Terminal when stderr is one. `expected` is how long the whole sweep should take.
  Progress(int trials, std::chrono::nanoseconds expected);
  Progress(Output output, int trials, std::chrono::nanoseconds expected);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void trial_starts(const std::string& cell);
  void trial_ended(const Outcome& outcome);

 private:
  [[nodiscard]] std::chrono::nanoseconds time_left() const;
  void rewrite();

  Output output_;
  ProgressState state_;
  std::chrono::nanoseconds expected_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  int ended_ = 0;
};

}  // namespace coresweep
