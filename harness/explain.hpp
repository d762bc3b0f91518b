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
  std::optional<std::string> http2;  ///< else the headline's, or else the plan's first; so engine
  std::optional<std::string> engine;
  std::optional<std::string> conditions;  ///< as cells are named by it, such as "cpu5us"; or "none"
};

/// Two arms at one thread count, under one set of conditions.
struct ComparedArms {
  Arm arm;
  Arm against;
  int threads = 0;
  std::string conditions = {};  ///< which, where that is to be told
};

/// `run` without what ran under any others than those that `options` asks for, or else the
/// headline's, or else the plan's first under which both arms ran. Throws WrongUsage where the run
/// has none such.
[[nodiscard]] StoredRun under_one_condition(StoredRun run, const ExplainOptions& options);

/// `run` without what ran under any other load than the headline's (or the plan's first, where it
/// has none), where the plan has several; `load_text` then says which.
[[nodiscard]] StoredRun under_one_load(StoredRun run);

/// `run` is under one set of conditions and one load. Throws WrongUsage where it has no such arms.
[[nodiscard]] ComparedArms arms_to_compare(const StoredRun& run, const ExplainOptions& options);

/// The answer, a line an element: the ratio of throughput, or first that of the latency where
/// requests came at a rate; then every quantity, the larger differences first, then what is alike
/// and what was not measured. Of too few blocks for an interval, all in one order: none is found.
[[nodiscard]] std::vector<std::string> explain_lines(const StoredRun& run,
                                                     const ComparedArms& arms);

/// Of the traced trials: system calls and waits for the kernel's locks, or why there are none.
[[nodiscard]] std::vector<std::string> explain_traces(const StoredRun& run,
                                                      const ComparedArms& arms);

}  // namespace coresweep
