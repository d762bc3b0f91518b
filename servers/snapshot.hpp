// The server's counters as one JSON object: what `snapshot` and `stopped` carry.
#pragma once

#include <cstdint>
#include <span>

#include "servers/server_thread.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

/// Counters of each thread, their sums, and the process's own usage. Taken from outside the loops
/// while they run; a thread that has left is shown as it was then.
[[nodiscard]] Json snapshot(std::string_view event, std::uint64_t sequence,
                            std::span<const ServerThread> threads);

}  // namespace coresweep
