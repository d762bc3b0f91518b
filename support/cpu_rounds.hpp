// CPU time spent on purpose, in rounds of a few instructions, so that a thread which is interrupted
// makes up for it: a loop that looked at the clock would take the interruption for work.
#pragma once

#include <cstdint>

namespace coresweep {

/// What a round takes here, in nanoseconds. Takes some milliseconds itself.
[[nodiscard]] double ns_a_round();

void spend_rounds(std::uint64_t rounds);

}  // namespace coresweep
