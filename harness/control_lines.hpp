// What a sweep's controls say, in lines beside its headline.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/controls.hpp"
#include "harness/outcome.hpp"
#include "harness/plan.hpp"

namespace coresweep {

/// How much more service time the slowed control has.
inline constexpr int kSlowerPercent = 10;

/// Of the arm that the controls repeat, where it ran beside itself and nothing but the host spoilt
/// it.
[[nodiscard]] std::optional<NoiseFloor> noise_of(const Plan& plan, const std::vector<Cell>& cells,
                                                 const std::vector<Outcome>& outcomes);

/// The A/A arm, the positive control, and the smallest difference that the blocks could show; each
/// as it came out, or why it says nothing. Empty for a plan without controls.
[[nodiscard]] std::vector<std::string> control_lines(const Plan& plan,
                                                     const std::vector<Cell>& cells,
                                                     const std::vector<Outcome>& outcomes);

}  // namespace coresweep
