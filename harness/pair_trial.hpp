// One trial over the hosts of a pair: a server on one, its load from the others.
#pragma once

#include <string>
#include <vector>

#include "harness/load_command.hpp"
#include "harness/pair_hosts.hpp"
#include "harness/programs.hpp"
#include "harness/trial.hpp"

namespace coresweep {

/// `connections` over clients with those CPUs: as many each, the first of them one more where that
/// does not come out even, and as many threads as CPUs but never more than connections. A client
/// that would get none has none in its part, and is no phase.
[[nodiscard]] std::vector<LoadPart> divide_load(int connections,
                                                const std::vector<std::vector<int>>& cpus);

/// Of each client, in the inventory's order.
[[nodiscard]] std::vector<std::vector<int>> client_cpus(const PairHosts& hosts);

/// What a sweep does when a host is lost.
enum class OnLoss { kStop, kKeepGoing };

/// As run_trial(), but over `hosts`. Where one was lost before, this throws Failure, or with
/// kKeepGoing waits for it first, and throws Failure when it does not come back.
[[nodiscard]] TrialReadings run_pair_trial(const Programs& programs, PairHosts& hosts,
                                           OnLoss on_loss, const TrialSetup& setup,
                                           const StopSignals& signals);

}  // namespace coresweep
