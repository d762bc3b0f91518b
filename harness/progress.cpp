#include "harness/progress.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "harness/wording.hpp"

namespace coresweep {
namespace {

constexpr const char* kRewrite = "\r\x1b[K";

// Nobody may be reading any more, which is no reason to end a sweep: fmt::print would throw.
void write_to_stderr(const std::string& text) { std::fputs(text.c_str(), stderr); }

std::size_t terminal_width() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string verdict_text(const Outcome& outcome) {
  const std::string names = outcome.verdicts.empty()
                                ? std::string("valid")
                                : fmt::format("{}", fmt::join(outcome.verdicts, ", "));
  return fmt::format("{}{}{}{}{}", names, outcome.failure.empty() ? "" : ": ", outcome.failure,
                     outcome.notes.empty() ? "" : "; ", fmt::join(outcome.notes, "; "));
}

std::string figure_text(const Outcome& outcome, const char* unit, const char* comma) {
  return fmt::format("{}{}{}",
                     outcome.throughput_per_s ? with_thousands(*outcome.throughput_per_s) + unit
                                              : std::string("no figure"),
                     comma, verdict_text(outcome));
}

}  // namespace

std::string terminal_line(const ProgressState& state, std::size_t width) {
  const std::string last =
      state.last ? fmt::format(", last {}", figure_text(*state.last, "/s", " ")) : "";
  std::string line = fmt::format("{}/{} {}{}, {} left", state.trial, state.trials, state.cell, last,
                                 spoken_duration(state.left));
  // The last column stays free: a terminal wraps when it is written.
  line.resize(std::min(line.size(), width > 0 ? width - 1 : 0));
  return line;
}

std::string plain_line(const ProgressState& state) {
  return fmt::format("trial {} of {}: {}: {}; {} left", state.trial, state.trials, state.cell,
                     figure_text(state.last.value(), " requests/s", ", "),
                     spoken_duration(state.left));
}

Progress::Progress(int trials, std::chrono::nanoseconds expected)
    : Progress(::isatty(STDERR_FILENO) == 1 ? Output::kTerminal : Output::kPlain, trials,
               expected) {}

Progress::Progress(Output output, int trials, std::chrono::nanoseconds expected)
    : output_(output), expected_(expected) {
  state_.trials = trials;
}

Progress::~Progress() {
  if (output_ == Output::kTerminal) {
    write_to_stderr(kRewrite);
  }
}

// From what the trials took so far, once there is one; the plan's expectation until then.
std::chrono::nanoseconds Progress::time_left() const {
  if (ended_ == 0) {
    return expected_;
  }
  const std::chrono::nanoseconds gone = std::chrono::steady_clock::now() - started_;
  return gone / ended_ * (state_.trials - ended_);
}

void Progress::rewrite() {
  state_.left = time_left();
  write_to_stderr(kRewrite + terminal_line(state_, terminal_width()));
}

void Progress::trial_starts(const std::string& cell) {
  state_.trial = ended_ + 1;
  state_.cell = cell;
  if (output_ == Output::kTerminal) {
    rewrite();
  }
}

void Progress::trial_ended(const Outcome& outcome) {
  ++ended_;
  state_.last = outcome;
  state_.left = time_left();
  if (output_ == Output::kPlain) {
    write_to_stderr(plain_line(state_) + '\n');
  } else {
    rewrite();
  }
}

}  // namespace coresweep
