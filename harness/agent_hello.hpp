// What a host says of itself before the first trial.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/programs.hpp"
#include "harness/stop_signals.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

/// Where this host is not in the state that it was put into for a sweep (wanted_state.hpp).
[[nodiscard]] std::vector<std::string> own_state_complaints();

/// The agent's first line (harness/agent_protocol.hpp). `device` is what its trials go over, if it
/// has it. Throws Failure and Interrupted.
[[nodiscard]] Json agent_hello(const Programs& programs, const std::optional<std::string>& device,
                               const StopSignals& signals);

/// How true this host's clock is, by what `chronyc -c -n tracking` printed: {"offset_ns":N,
/// "bound_ns":N}, positive when it is ahead of true time, and by how much that may be wrong; or
/// {"why":TEXT} when that does not say.
[[nodiscard]] Json chrony_record(std::string_view tracking);

}  // namespace coresweep
