// Binds the calling thread to CPUs.
#pragma once

#include <system_error>
#include <vector>

namespace coresweep {

/// Restricts the calling thread to `cpu` (the kernel's number).
/// Errors: EINVAL when the process may not run there.
[[nodiscard]] std::error_code pin_thread(int cpu);

/// Restricts the calling thread, and those it starts later, to `cpus`: where a program's helper
/// threads belong, so that they take no time from the other side of a measurement.
[[nodiscard]] std::error_code confine_thread(const std::vector<int>& cpus);

}  // namespace coresweep
