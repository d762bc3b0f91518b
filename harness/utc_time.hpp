// The time of day as results name it: UTC, whatever the machine's zone.
#pragma once

#include <chrono>
#include <string>

namespace coresweep {

/// "2026-01-31T12:00:00Z"
[[nodiscard]] std::string utc_time(std::chrono::system_clock::time_point time);

/// "20260131T120000Z": the same without what is awkward in a file's name.
[[nodiscard]] std::string utc_time_for_file(std::chrono::system_clock::time_point time);

}  // namespace coresweep
