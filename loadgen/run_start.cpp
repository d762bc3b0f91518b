#include "loadgen/run_start.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <optional>
#include <string_view>

#include "loadgen/epoch_clock.hpp"
#include "support/exit.hpp"
#include "support/thread_usage.hpp"

namespace coresweep {
namespace {

// The time between the last thread's readiness to start and the start.
constexpr std::int64_t kLeadNs = 1'000'000;
// How long before a start at a time it is asked again when that is. A thread that waits for a CPU
// as long, which it may on a busy machine, is refused; meanwhile a clock that is slewed by 500 ppm
// goes 15 us astray.
constexpr std::int64_t kLookAgainNs = 30'000'000;

[[noreturn]] void give_up(std::string_view why, int exit_code = kExitFailed) {
  print_error("loadgen", why);
  ::_exit(exit_code);
}

RunStart start_at(std::int64_t epoch_ns, Start told_by, RunWatch& watch) {
  const std::string given =
      fmt::format("{}{}", told_by == Start::go ? "go " : "--start: ", epoch_ns);
  RunStart start{.begin_ns = 0, .epoch_ahead_ns = epoch_ahead_ns()};
  start.begin_ns = epoch_ns - start.epoch_ahead_ns;
  std::int64_t earliest = monotonic_ns() + kLeadNs;
  if (start.begin_ns < earliest) {
    give_up(
        fmt::format("{} passed {:.3f} s before {}", given,
                    static_cast<double>(earliest - start.begin_ns) / 1e9,
                    told_by == Start::go ? "it could be begun" : "the connections were open"));
  }
  // The clock of the epoch may be set meanwhile; what counts is what it says then.
  (void)watch.until(start.begin_ns - kLookAgainNs);
  earliest = monotonic_ns() + kLeadNs;
  start.epoch_ahead_ns = epoch_ahead_ns();
  start.begin_ns = epoch_ns - start.epoch_ahead_ns;
  if (start.begin_ns < earliest || start.begin_ns > earliest + 2 * kLookAgainNs) {
    give_up(
        fmt::format("{} is {:.3f} s off: the clock was set while it waited, or it was held up",
                    given, static_cast<double>(start.begin_ns - earliest) / 1e9));
  }
  return start;
}

}  // namespace

RunStart await_start(const LoadOptions& options, RunWatch& watch) {
  std::optional<std::int64_t> at;
  if (options.start == Start::go) {
    at = watch.await_go();
  } else if (options.start == Start::at) {
    at = options.start_epoch_ns;
  }
  if (!at) {
    return {.begin_ns = monotonic_ns() + kLeadNs, .epoch_ahead_ns = epoch_ahead_ns()};
  }
  if (!options.rate_steps.empty()) {  // with --start it is refused earlier
    give_up(
        "--rate-steps: clients that share a start do one rate at a time: not with go at a time",
        kExitWrongUsage);
  }
  return start_at(*at, options.start, watch);
}

}  // namespace coresweep
