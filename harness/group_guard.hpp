// Who kills a process group when we can no longer.
#pragma once

#include <sys/types.h>

#include "harness/child_process.hpp"

namespace coresweep {

/// While this lives, `group` and its first process are killed when this program ends, however it
/// ends. Whoever else left the group is not. For programs that need not look at their stdin, and
/// whose children may be who works: PR_SET_PDEATHSIG would reach one process of them.
class GroupGuard {
 public:
  /// Throws Failure.
  explicit GroupGuard(pid_t group);
  /// The group may be a stranger's from now on.
  ~GroupGuard() { guard_.kill_now(); }
  GroupGuard(const GroupGuard&) = delete;
  GroupGuard& operator=(const GroupGuard&) = delete;

 private:
  ChildProcess guard_;
};

}  // namespace coresweep
