// Builds the peers of a sweep, once, before its first trial.
#pragma once

#include <string>
#include <vector>

#include "harness/peer.hpp"
#include "harness/stop_signals.hpp"

namespace coresweep {

/// Each command of each peer, in order; what they say goes to stderr as it comes. `coresweep` is
/// this program's own file. Throws Failure, which names the peer, the command and its last words.
void build_peers(const std::vector<Peer>& peers, const std::string& coresweep,
                 const StopSignals& signals);

}  // namespace coresweep
