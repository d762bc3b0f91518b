#include "harness/run_to_end.hpp"

#include <fmt/format.h>

#include "harness/child_process.hpp"

namespace coresweep {
namespace {

using Clock = ChildProcess::Clock;

constexpr std::size_t kMostLines = 10'000;
// The end of stdin, which it has had from the start, is no request to stop.
constexpr std::chrono::milliseconds kNoGrace{0};

}  // namespace

CommandResult run_to_end(const std::vector<std::string>& command, const StopSignals& signals,
                         std::chrono::seconds most, const CommandOptions& options) {
  ChildProcess child(command, {options.folder, {}});
  child.close_stdin();
  CommandResult result;
  const auto deadline = Clock::now() + most;
  const auto take_lines = [&child, &result, &options] {
    while (auto line = child.take_line()) {
      if (options.on_line) {
        options.on_line(*line);
      } else {
        result.lines.push_back(std::move(*line));
      }
    }
  };
  const auto said_too_much = [&child, &result] {
    return child.line_is_too_long() || result.lines.size() > kMostLines;
  };
  try {
    while (!child.has_ended() && !said_too_much() && Clock::now() < deadline) {
      wait_for_news({&child}, signals, deadline);
      take_lines();
    }
  } catch (const Interrupted&) {
    child.stop(kNoGrace);
    throw;
  }
  if (!child.has_ended()) {
    child.stop(kNoGrace);
    result.ending =
        said_too_much() ? "wrote too much" : fmt::format("took longer than {} s", most.count());
  } else if (!child.ended_well()) {
    result.ending = child.ending();
  }
  result.last_error_line = child.last_error_line();
  return result;
}

}  // namespace coresweep
