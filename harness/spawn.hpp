// Starts a program: its streams, its folder, its CPUs, and nothing else of ours.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace coresweep {

/// What a program does not share with us.
struct Surroundings {
  std::string folder = {};     ///< it begins there; empty: in ours
  std::vector<int> cpus = {};  ///< that it may run on; empty: all of ours
};

struct StandardStreams {
  int stdin_fd;
  int stdout_fd;
  int stderr_fd;
};

/// Starts `command`, a program's path, or its name to be looked up in PATH, and its arguments, in a
/// process group of its own; no shell sees them. Throws Failure.
[[nodiscard]] pid_t spawn(const std::vector<std::string>& command, const StandardStreams& streams,
                          const Surroundings& surroundings);

}  // namespace coresweep
