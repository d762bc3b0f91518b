// Whether a report agrees with itself: most of it says again what other parts of it say.
#pragma once

#include <string>

#include "loadgen/load_report.hpp"

namespace coresweep {

/// `read` is what was made of `said`. Throws ReportError, which names the first key that says
/// something other than the figures that it follows from.
void require_agreement(const Json& said, const LoadReport& read);

/// What an error's line has room for.
[[nodiscard]] std::string shown(const Json& value);

}  // namespace coresweep
