// Whom a program that ended has left behind.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace coresweep {

/// While this lives, what our programs' processes leave behind comes to us when they end, and not
/// to init: a worker that left their process group, such as a daemon, does not go unseen. Not where
/// we have children that we did not start (whoever exec'd us did): what these leave is theirs.
class Strays {
 public:
  Strays();
  /// Ends them.
  ~Strays();
  Strays(const Strays&) = delete;
  Strays& operator=(const Strays&) = delete;

  /// Of those that lived and were not of a group, the names.
  struct Ended {
    std::vector<std::string> killed;
    std::vector<std::string> living;  ///< we may not kill them, or they multiply faster
  };

  /// Kills them, and whom they leave behind in turn, for a second.
  Ended end(pid_t group);

 private:
  bool is_reaper_ = false;
};

/// "sleep", or "3 processes (sleep, nginx)".
[[nodiscard]] std::string processes_told(std::vector<std::string> names);

}  // namespace coresweep
