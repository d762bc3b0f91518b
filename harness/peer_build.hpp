// Builds peers: of a sweep once, before its first trial.
#pragma once

#include <string>
#include <vector>

#include "harness/peer.hpp"
#include "harness/stop_signals.hpp"

namespace coresweep {

/// Each command in order; what they say goes to stderr as it comes. `coresweep` is this program's
/// own file. Nobody else builds in that folder meanwhile. Returns why it cannot be started, which
/// names the command and its last words; empty when it can. Throws Interrupted.
[[nodiscard]] std::string build_peer(const Peer& peer, const std::string& coresweep,
                                     const StopSignals& signals);

/// Whether it was built of what its sources are now; without the sources of others that its
/// commands may read.
[[nodiscard]] bool is_built(const Peer& peer, const std::string& coresweep,
                            const StopSignals& signals);

/// Builds those that are not left out. One that cannot be built is left out then, which says why.
/// True when there is any of these.
[[nodiscard]] bool build_peers(std::vector<Peer>& peers, const std::string& coresweep,
                               const StopSignals& signals);

}  // namespace coresweep
