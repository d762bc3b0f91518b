// Lists of CPUs as the kernel and people write them: "0-3,8".
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coresweep {

/// CPUs in the order they are written, which is the order threads are pinned in: "0,2,1,3" is not
/// "0-3". Nothing when the text is no such list, names a CPU twice, or one above 4095.
[[nodiscard]] std::optional<std::vector<int>> parse_cpu_list(std::string_view text);

/// The inverse: runs of neighbours become ranges, the order is kept.
[[nodiscard]] std::string format_cpu_list(const std::vector<int>& cpus);

/// CPUs that `thread`, or who calls, may run on (sched_getaffinity), ascending; none when it has
/// ended.
[[nodiscard]] std::vector<int> allowed_cpus(pid_t thread = 0);

/// The value of a --pin flag for `threads` threads: "none" leaves `cpus` empty. Returns an empty
/// string, or the line for the operator.
[[nodiscard]] std::string read_pin(const std::string& text, int threads, std::vector<int>& cpus);

}  // namespace coresweep
