// What `coresweep explain` says of the arms that a stored run's headline compares.
#pragma once

#include <string>
#include <vector>

namespace coresweep {

/// Of the run in `folder`, at the headline's threads, conditions and load. A run that cannot be
/// explained, or read, is no error: then it is one line, which says why.
[[nodiscard]] std::vector<std::string> explained_headline(const std::string& folder);

}  // namespace coresweep
