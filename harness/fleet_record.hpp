// What run.json says of a fleet, and what of it has to stay as it is on each of its pairs.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "harness/resumption.hpp"
#include "harness/sweep.hpp"

namespace coresweep {

/// In the inventory's order: a pair's name, and the sweep that it would run, its plan settled.
using PairSweeps = std::vector<std::pair<std::string, Sweep>>;

/// Throws WrongUsage that names a pair that is not like the first, and what of it: a block on
/// either has to have the same cells, on CPUs and over a network of one kind.
void require_alike(const PairSweeps& pairs);

/// The `record` of the first pair's sweep as that of all of them: its "fleet" instead of "hosts".
[[nodiscard]] Json fleet_record(Json record, const PairSweeps& pairs);

/// The names of the pairs that a fleet's run.json has, in their order. Throws WrongUsage where it
/// is none.
[[nodiscard]] std::vector<std::string> pairs_of(const StoppedRun& fleet);

/// Throws WrongUsage where the inventory, or the programs here, are others than they were.
void require_same_here(const StoppedRun& fleet, const StopSignals& signals);

/// A sweep over that pair as the fleet's run has it: connected, and its plan settled. Throws
/// WrongUsage where pair or programs are others than they were, and Failure.
[[nodiscard]] Sweep prepare_pair(const StoppedRun& fleet, const std::string& pair,
                                 const StopSignals& signals);

}  // namespace coresweep
