#include "harness/group_guard.hpp"

#include <string>

namespace coresweep {

// Its stdin ends when we do: then it kills. Killed itself it does not.
GroupGuard::GroupGuard(pid_t group)
    : guard_({"/bin/sh", "-c", "read -r line; kill -s KILL -- \"-$1\" \"$1\"", "sh",
              std::to_string(group)}) {}

}  // namespace coresweep
