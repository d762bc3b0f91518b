// What `coresweep explain` says of the arms that a stored run's headline compares.
#pragma once

#include <string>
#include <vector>

namespace coresweep {

struct ExplainedHeadline {
  std::vector<std::string> lines;    ///< or the one line why there are none
  std::vector<std::string> dropped;  ///< last lines that were torn: each file's name and its line
};

/// Of the run in `folder`, at the headline's threads, conditions and load. A run that cannot be
/// explained, or read, is no error: the line says why.
[[nodiscard]] ExplainedHeadline explained_headline(const std::string& folder);

}  // namespace coresweep
