// What a schedule is put together from: which cells run back to back, and which are controlled.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "harness/outcome.hpp"
#include "harness/plan.hpp"
#include "harness/sensitivity.hpp"
#include "harness/trial_order.hpp"

namespace coresweep {

/// The cells of `role` by thread count, and in each those that run back to back; without those
/// whose rate could not be found out.
[[nodiscard]] std::vector<Group> grouped(const std::vector<Cell>& cells, Role role);

[[nodiscard]] std::size_t trials_of(const std::vector<Group>& groups);

/// Whether its window is shortened: what is only to be told apart needs none as long.
[[nodiscard]] bool has_short_window(const Cell& cell);

/// The headline's arm that the controls repeat: its `against`, unless that is a peer and the other
/// is not. Nothing when the plan has no headline or none of it runs.
[[nodiscard]] std::optional<std::size_t> controlled_cell(const Plan& plan,
                                                         const std::vector<Cell>& cells);

/// Whether that arm can be told to take longer: a server of ours that works in its handler, under a
/// load that notices.
[[nodiscard]] bool has_slower(const Plan& plan, const Cell& controlled);

/// Why no block of the plan can run without having seen the others' trials; empty when it can.
[[nodiscard]] std::string why_no_block_alone(const Plan& plan);

/// That arm with kSlowerPercent more service time, by what a request cost it as its own base;
/// nothing when that is not known.
[[nodiscard]] std::optional<Cell> slowed(const std::vector<Cell>& cells,
                                         const std::vector<Outcome>& outcomes,
                                         const Cell& controlled);

/// The verdicts that the twins have `found` for a cell and those that control it.
[[nodiscard]] std::vector<Verdict> limits_found(const Cell& cell,
                                                const std::vector<Sensitivity>& found,
                                                const Thresholds& thresholds);

}  // namespace coresweep
