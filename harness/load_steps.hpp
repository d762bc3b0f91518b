// The steps of a trial's load generator, wherever it runs, and how long each may take.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/dialogue.hpp"
#include "harness/trial_readings.hpp"

namespace coresweep {

/// How long its connections may take to open. It gives up on them itself after 5 s, and 1 ms for
/// each.
[[nodiscard]] std::chrono::nanoseconds longest_connecting(int connections);

/// How long after warm-up or window it may say that they are over.
inline constexpr std::chrono::seconds kEdgeSlack{5};

/// From the end of its window to its report. It waits up to 2 s for what is in flight, and as long
/// again when it was stopped meanwhile.
inline constexpr std::chrono::seconds kLongestReport{7};

struct LoadBegun {
  Json said;                ///< `ready`; or `cannot_connect`, and then it is about to end
  Json network_connecting;  ///< network_between() before it was started and what it said
};

/// Starts it and waits until it is connected. Throws Breakdown, and Failure when it cannot be
/// started.
[[nodiscard]] LoadBegun begin_load(Dialogue& dialogue, const std::vector<std::string>& command,
                                   std::chrono::nanoseconds most);

/// Calls `sample` at the begin of a window, which is now, and evenly within it, as long as `from`
/// says nothing. The last time is a moment before its end: then other readings are due.
void sample_window(Dialogue& dialogue, const Dialogue::Program& from,
                   std::chrono::nanoseconds duration, const std::function<void()>& sample);

/// Waits for its report and its end, and takes both from it. Throws Breakdown when it failed and
/// its report does not tell why; `load` is set all the same.
void finish_load(Dialogue& dialogue, std::optional<LoadReport>& load, std::string& errors);

}  // namespace coresweep
