// What a run's main thread waits for: times, the end of the workers, and words on stdin.
#pragma once

#include <poll.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "loadgen/load_options.hpp"

namespace coresweep {

/// Where the start is somebody's to give, the end of stdin means that whoever started us is gone:
/// then any wait here ends the program. Where it is a time, that somebody holds a pipe or a socket;
/// /dev/null and the like say nothing, and nothing is read from a terminal.
class RunWatch {
 public:
  /// `finished` becomes readable when the last worker's run has ended.
  RunWatch(Start start, int finished)
      : waits_{{{is_held(start) ? kStdin : -1, POLLIN, 0}, {finished, POLLIN, 0}}} {}

  enum class Ended { deadline, finished };
  /// Waits until `deadline` (CLOCK_MONOTONIC, ns) or until the workers have finished.
  [[nodiscard]] Ended until(std::int64_t deadline);

  /// Blocks until the line `go`, or `go EPOCH_NS`, whose time it returns. Any other line is said to
  /// be none and left; one that is longer, or has a wrong time, ends the program: whoever sent it
  /// will not send another.
  [[nodiscard]] std::optional<std::int64_t> await_go();

 private:
  static constexpr int kStdin = 0;
  static constexpr std::size_t kLongestLine = 4'096;
  [[nodiscard]] static bool is_held(Start start);
  [[nodiscard]] static std::string take_stdin();

  std::array<pollfd, 2> waits_;
};

}  // namespace coresweep
