#include "harness/run_to_end.hpp"

#include <fmt/format.h>

#include <optional>

#include "harness/child_process.hpp"
#include "harness/group_guard.hpp"

namespace coresweep {
namespace {

using Clock = ChildProcess::Clock;

constexpr std::size_t kMostLines = 10'000;
// The end of stdin, which it has had from the start, is no request to stop.
constexpr std::chrono::milliseconds kNoGrace{0};
constexpr std::size_t kLongestErrorLine = 65'536;  // is given out before its end has come

/// Cuts stderr into lines.
class ErrorLines {
 public:
  explicit ErrorLines(const std::function<void(const std::string&)>& on_line) : on_line_(on_line) {}

  void add(const std::string& text) {
    std::size_t start = 0;
    for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n', start)) {
      give(rest_ + text.substr(start, end - start));
      start = end + 1;
    }
    rest_ += text.substr(start);
    if (rest_.size() > kLongestErrorLine) {
      end();
    }
  }

  void end() {
    if (!rest_.empty()) {
      give(rest_);
    }
  }

 private:
  void give(const std::string& line) {
    on_line_(line);
    rest_.clear();
  }

  const std::function<void(const std::string&)>& on_line_;
  std::string rest_;
};

}  // namespace

CommandResult run_to_end(const std::vector<std::string>& command, const StopSignals& signals,
                         std::chrono::seconds most, const CommandOptions& options) {
  ChildProcess child(command, {options.folder, {}});
  std::optional<GroupGuard> guard(child.pid());  // it has no stdin whose end could tell it
  child.close_stdin();
  CommandResult result;
  const auto deadline = Clock::now() + most;
  const auto give = [&result, &options](std::string line) {
    if (options.on_line) {
      options.on_line(line);
    } else {
      result.lines.push_back(std::move(line));
    }
  };
  ErrorLines error_lines(options.on_error_line);
  const auto take_lines = [&child, &give, &error_lines, &options] {
    while (auto line = child.take_line()) {
      give(std::move(*line));
    }
    if (options.on_line && child.line_is_too_long()) {
      give(child.take_rest());
    }
    if (options.on_error_line) {
      error_lines.add(child.take_errors());
    }
  };
  const auto said_too_much = [&child, &result] {
    return child.line_is_too_long() || result.lines.size() > kMostLines;
  };
  try {
    while (!child.has_ended() && !said_too_much() && Clock::now() < deadline) {
      wait_for_news({&child}, signals, deadline);
      if (child.has_ended()) {
        guard.reset();
      }
      take_lines();
    }
  } catch (const Interrupted&) {
    child.stop(kNoGrace);
    throw;
  }
  const bool is_cut_off = said_too_much();
  if (!child.has_ended()) {
    child.stop(kNoGrace);  // which forgets what it said
    take_lines();
    result.ending =
        is_cut_off ? "wrote too much" : fmt::format("took longer than {} s", most.count());
  } else {
    result.has_exited = child.exit_code().has_value();
    result.ending = child.ended_well() ? std::string() : child.ending();
  }
  if (std::string rest = child.take_rest(); !rest.empty() && !is_cut_off) {
    give(std::move(rest));
  }
  error_lines.end();
  result.last_error_line = child.last_error_line();
  return result;
}

}  // namespace coresweep
