// Whom a program that ended has left behind.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace coresweep {

/// While this lives, what our programs' processes leave behind comes to us when they end, and not
/// to init: a worker that left their process group, such as a daemon, does not go unseen.
class Strays {
 public:
  Strays();
  /// Ends them.
  ~Strays();
  Strays(const Strays&) = delete;
  Strays& operator=(const Strays&) = delete;

  /// Kills them and whom they leave behind in turn, within a second. Returns those that lived and
  /// were not of `group`, as "PROGRAM (PID)".
  std::vector<std::string> end(pid_t group);

 private:
  std::vector<pid_t> before_;  ///< children that we had already, whoever started them
};

}  // namespace coresweep
