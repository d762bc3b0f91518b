// The comparison that a stored run was made for, as its run.json names the two sides.
#pragma once

#include <optional>

#include "harness/plan.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

/// Each side as far as it is named: older runs leave out the engine and http2 they have one of,
/// which are empty here.
struct StoredHeadline {
  Arm over;
  Arm under;
};

/// Of run.json; nothing where it names no two sides.
[[nodiscard]] std::optional<StoredHeadline> stored_headline(const Json& record);

/// Whether `arm` is that side; what a side leaves open is any.
[[nodiscard]] bool is_side(const Arm& arm, const Arm& side);

}  // namespace coresweep
