// What all processes of a group have used, from /proc: all that is known of a server that counts
// nothing itself.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "support/json_lines.hpp"

namespace coresweep {

/// Of everybody, as far as /proc shows them, ascending.
[[nodiscard]] std::vector<pid_t> all_processes();

/// Those that live, ascending.
[[nodiscard]] std::vector<pid_t> processes_of_group(pid_t group);

/// Those that `parent` started and that it has not waited for, ascending.
[[nodiscard]] std::vector<pid_t> children_of(pid_t parent);

/// Printable; "a process" of one that is gone.
[[nodiscard]] std::string name_of_process(pid_t pid);

/// "PROGRAM (PID)", printable.
[[nodiscard]] std::string named_process(pid_t pid);

/// The first thread of `group` that may run elsewhere than on `cpus`: "PROGRAM (PID) may run on
/// CPUs 0-1, outside of its 0"; empty when none may. The kernel's own workers for an io_uring are
/// not asked: no process confines them by its mask.
[[nodiscard]] std::string thread_outside(pid_t group, const std::vector<int>& cpus);

/// In the form of the greeter's `snapshot`, but with no thread told apart: "threads" is null, and
/// "processes" are each one's name, number of threads and CPU time, its dead children's too. What a
/// process or thread used that has ended is in it only as far as its parent asked for it.
[[nodiscard]] Json read_process_group(pid_t group);

}  // namespace coresweep
