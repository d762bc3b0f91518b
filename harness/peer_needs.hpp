// Whether what a peer needs is on this machine.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/peer.hpp"
#include "harness/stop_signals.hpp"

namespace coresweep {

/// The first version in `text`: digits with a dot between them, such as 1.63.0. Empty: none.
[[nodiscard]] std::string version_in(std::string_view text);

/// Number by number: 1.9 is below 1.10, and 1.85 is no less than 1.85.0 is.
[[nodiscard]] bool is_below(std::string_view version, std::string_view least);

/// What it needs to start and can be read: programs and files, by their words in peer.json, where
/// they are. Of a program that is not there, nothing.
[[nodiscard]] std::map<std::string, std::string> files_needed(const Peer& peer);

/// What each of its needs that has a least version tells of its own, by whose it is. Throws
/// Interrupted.
[[nodiscard]] std::map<std::string, std::string> versions_of(const Peer& peer,
                                                             const StopSignals& signals);

/// Each that is missing, with what gets it: "cargo 1.85 or newer is needed, 1.63.0 is there: get it
/// by ...". Programs are looked for in PATH, and asked for their version. What is needed to build
/// is not needed where it is built. Throws Interrupted.
[[nodiscard]] std::vector<std::string> missing_of(const Peer& peer, const std::string& coresweep,
                                                  const StopSignals& signals);

/// Whether what it is built with is missing, in part. Throws Interrupted.
[[nodiscard]] bool lacks_tools(const Peer& peer, const StopSignals& signals);

/// Those of `peers` that lack something are left out, which says what.
void leave_out_lacking(std::vector<Peer>& peers, const std::string& coresweep,
                       const StopSignals& signals);

}  // namespace coresweep
