// Builds peers: of a sweep once, before its first trial.
#pragma once

#include <string>
#include <vector>

#include "harness/peer.hpp"
#include "harness/stop_signals.hpp"

namespace coresweep {

/// Whether it was built of what its sources are now; without the sources of others that its
/// commands may read.
[[nodiscard]] bool is_built(const Peer& peer, const std::string& coresweep,
                            const StopSignals& signals);

/// Builds those that are not left out: each one's commands in order, and what they say goes to
/// stderr as it comes. `coresweep` is this program's own file. Nobody else builds in that folder
/// meanwhile. One that cannot be built is left out then, which says why and names the command and
/// its last words. True when there is any of these. Throws Interrupted.
[[nodiscard]] bool build_peers(std::vector<Peer>& peers, const std::string& coresweep,
                               const StopSignals& signals);

}  // namespace coresweep
