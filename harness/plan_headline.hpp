// Which comparison a plan is run for, as its file says it or leaves it open.
#pragma once

#include <optional>
#include <string>

#include "harness/plan.hpp"
#include "harness/strict_json.hpp"

namespace coresweep {

/// The largest of `plan`'s thread counts that leaves the load generator its CPUs, else its least.
[[nodiscard]] int largest_fitting(const std::vector<int>& threads, int server_cpus);

/// `plan` has all else already. Throws WrongUsage.
[[nodiscard]] std::optional<Headline> read_headline(const StrictObject& fields, const Plan& plan,
                                                    const PlanContext& context);

}  // namespace coresweep
