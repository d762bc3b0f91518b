// How two arms of a stored run differ, in words, only from what was counted.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/stored_run.hpp"

namespace coresweep {

struct ExplainOptions {
  std::string run;
  std::string arm;  ///< an architecture or a peer
  std::string against;
  std::optional<int> threads;  ///< else the largest count at which both have valid trials
  std::optional<std::string> http2;
  std::optional<std::string> engine;
};

/// Two arms at one thread count.
struct ComparedArms {
  Arm arm;
  Arm against;
  int threads = 0;
};

/// Throws WrongUsage where the run has no such arms.
[[nodiscard]] ComparedArms arms_to_compare(const StoredRun& run, const ExplainOptions& options);

/// The answer, a line an element: throughput, then every quantity, the larger differences first,
/// then what is alike and what was not measured.
[[nodiscard]] std::vector<std::string> explain_lines(const StoredRun& run,
                                                     const ComparedArms& arms);

/// Of the traced trials: system calls and waits for the kernel's locks, or why there are none.
[[nodiscard]] std::vector<std::string> explain_traces(const StoredRun& run,
                                                      const ComparedArms& arms);

}  // namespace coresweep
