// Somebody else's greeter: what its peer.json says of it.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "support/json_lines.hpp"

namespace coresweep {

enum class PeerStop { kTerminate, kInterrupt, kEndOfStdin };

/// How a peer is built, started and stopped. Commands are as its file has them: with placeholders.
struct Peer {
  std::string folder;  ///< as it was named
  std::string name;
  std::string summary;
  std::vector<std::vector<std::string>> build;
  std::vector<std::string> start;
  std::string ready_line;  ///< a line with this text says that it is ready; empty: its port does
  PeerStop stop = PeerStop::kTerminate;
  bool varies_threads = false;  ///< beside its CPUs, of which it always gets one a thread
  bool varies_reply_bytes = false;
};

/// `folder`/peer.json. Throws WrongUsage, its text beginning with that file's path.
[[nodiscard]] Peer read_peer(const std::string& folder);

using Placeholders = std::map<std::string, std::string>;

/// `command` with every placeholder replaced: each must be there.
[[nodiscard]] std::vector<std::string> filled_in(const std::vector<std::string>& command,
                                                 const Placeholders& values);

/// Where a peer's own build goes: a folder beside the one that holds coresweep.
[[nodiscard]] std::string build_folder(const Peer& peer, const std::string& coresweep);

/// What the peer is told in either place: {folder}, and the {out} that build_folder() is.
[[nodiscard]] Placeholders folders_of(const Peer& peer, const std::string& coresweep);

/// What it is made of, as far as its peer.json tells: that file, and each that its start command
/// names by a path, its program or a script; by that name, where they are. Once it is built.
[[nodiscard]] std::map<std::string, std::string> files_of(const Peer& peer,
                                                          const std::string& coresweep);

}  // namespace coresweep
