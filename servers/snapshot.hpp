// What the threads have done so far, as one JSON line.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "servers/server_thread.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

/// Every counter of a thread, or of several, in the order in which snapshots have them.
inline constexpr std::size_t kCounterCount = 20;
using Counts = std::array<std::uint64_t, kCounterCount>;

/// Adds what `counters` say now.
void add_counts(Counts& counts, const ThreadCounters& counters);

/// Who serves an open connection.
enum class Serving {
  by_one_thread,  ///< the one that began it, to its end
  by_any_thread,  ///< of those that run its loop: it is open on none of them more than on another
};

/// {"event":..,"monotonic_ns":..,"threads":[..],"totals":{..},"process":{..}} of this process's
/// threads.
[[nodiscard]] Json snapshot(std::string_view event, std::span<const ServerThread> threads,
                            Serving serving);

/// The same of threads that are too many to be told apart: one entry with their counts, and null
/// where the kernel would have to be asked for each.
[[nodiscard]] Json snapshot_of_all(std::string_view event, const Counts& counts);

/// The sum of snapshots of several processes, with the threads of all.
[[nodiscard]] Json sum_of_snapshots(std::string_view event, const std::vector<Json>& parts);

}  // namespace coresweep
