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

Progress::Progress(int ended)
    : Progress(::isatty(STDERR_FILENO) == 1 ? Output::kTerminal : Output::kPlain, ended) {}

Progress::~Progress() {
  if (output_ == Output::kTerminal) {
    write_to_stderr(kRewrite);
  }
}

void Progress::rewrite() { write_to_stderr(kRewrite + terminal_line(state_, terminal_width())); }

void Progress::trial_starts(const std::string& cell, int trials, std::chrono::nanoseconds left) {
  state_.trial = ended_ + 1;
  state_.trials = trials;
  state_.cell = cell;
  state_.left = left;
  if (output_ == Output::kTerminal) {
    rewrite();
  }
}

void Progress::trial_ended(const Outcome& outcome, int trials, std::chrono::nanoseconds left) {
  ++ended_;
  state_.last = outcome;
  state_.trials = trials;
  state_.left = left;
  if (output_ == Output::kPlain) {
    write_to_stderr(plain_line(state_) + '\n');
  } else {
    rewrite();
  }
}

}  // namespace coresweep
