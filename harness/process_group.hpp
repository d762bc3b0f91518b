// What all processes of a group have used, from /proc: all that is known of a server that counts
// nothing itself.
#pragma once

#include <sys/types.h>

#include <vector>

#include "support/json_lines.hpp"

namespace coresweep {

/// Those that live, ascending.
[[nodiscard]] std::vector<pid_t> processes_of_group(pid_t group);

/// Those that `parent` started and that it has not waited for, ascending.
[[nodiscard]] std::vector<pid_t> children_of(pid_t parent);

/// In the form of the greeter's `snapshot`, but with no thread told apart: "threads" is null, and
/// "processes" are each one's name, number of threads and CPU time, its dead children's too. What a
/// process or thread used that has ended is in it only as far as its parent asked for it.
[[nodiscard]] Json read_process_group(pid_t group);

}  // namespace coresweep
