// Somebody else's greeter: what its peer.json says of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "support/json_lines.hpp"

namespace coresweep {

enum class PeerStop { kTerminate, kInterrupt, kEndOfStdin };

/// What has to be there before it can be built and started: a program, a file, or memory that a
/// process may lock. One of the three.
struct PeerNeed {
  /// By a path, or as PATH finds it. A path may begin with "$NAME": an environment variable's
  /// value, else nothing, or where `make` unpacks packages if only there it is.
  std::string program = {};
  std::vector<std::string> version = {};  ///< arguments with which it prints its version
  std::string least = {};                 ///< of that version, such as "1.85"; empty: any does
  std::string what = {};                  ///< whose version that is: the program's, if not told
  std::string file = {};  ///< likewise
  std::uint64_t locked_memory = 0;  ///< bytes that a process may lock
  bool is_to_build = false;         ///< and not needed any more once it is built
  std::string get;                  ///< for people: the command that gets it
};

/// What is not as its project has it when nothing is set.
struct PeerDeviation {
  std::string what;
  std::string otherwise;  ///< the project's own default
  std::string why;
};

/// How a peer is built, started and stopped. Commands are as its file has them: with placeholders.
struct Peer {
  std::string folder;  ///< as it was named
  std::string name;
  std::string summary;
  std::string implementation = {};  ///< whose code it is: its name, if not told
  std::string architecture = {};    ///< the one of ours that it is arranged like; empty: none
  std::string version = {};
  /// What it is built of: folders and files, relative to its folder.
  std::vector<std::string> sources = {"."};
  std::vector<PeerNeed> needs = {};
  std::vector<PeerDeviation> deviations = {};
  std::vector<std::vector<std::string>> build;
  std::vector<std::string> start;
  std::string ready_line;  ///< a line with this text says that it is ready; empty: its port does
  PeerStop stop = PeerStop::kTerminate;
  bool varies_threads = false;  ///< beside its CPUs, of which it always gets one a thread
  bool varies_reply_bytes = false;
  std::string left_out = {};  ///< of a sweep: why it runs no trial; empty: it does
};

/// `folder`/peer.json. Throws WrongUsage, its text beginning with that file's path.
[[nodiscard]] Peer read_peer(const std::string& folder);

/// What `peer` is arranged like must be one of `architectures`, and its name none. Throws
/// WrongUsage, likewise.
void require_known_architecture(const Peer& peer, const std::vector<std::string>& architectures);

using Placeholders = std::map<std::string, std::string>;

/// The names of those that a build's, and a start's, commands may have.
[[nodiscard]] const std::vector<std::string>& build_placeholders();
[[nodiscard]] const std::vector<std::string>& start_placeholders();

/// The first name in `text` that is a placeholder's by its form, and none of `known`; or empty.
[[nodiscard]] std::string unknown_placeholder(const std::string& text,
                                              const std::vector<std::string>& known);

/// `command` with every placeholder replaced: each must be there.
[[nodiscard]] std::vector<std::string> filled_in(const std::vector<std::string>& command,
                                                 const Placeholders& values);

/// Where a peer's own build goes: a folder beside the one that holds coresweep, which all peers of
/// its implementation share; but of those that come with coresweep only its own do, and of others
/// only those of the same first source: a copy that was edited is another program.
[[nodiscard]] std::string build_folder(const Peer& peer, const std::string& coresweep);

/// What the peer is told in either place: {folder}, the {out} that build_folder() is, and {bin},
/// where our own programs are.
[[nodiscard]] Placeholders folders_of(const Peer& peer, const std::string& coresweep);

/// The files that are its sources, or are in them, sorted; of a folder not the hidden ones, nor
/// what is in hidden folders but .cargo. Throws Failure where they cannot be read, or are more than
/// anybody would call a peer's source.
[[nodiscard]] std::vector<std::string> source_files(const Peer& peer);

/// What it is made of, as far as its peer.json tells: that file, its source_files(), and each that
/// its start command names by a path, its program or a script; by that name, where they are. Once
/// it is built. Throws Failure, as source_files() does.
[[nodiscard]] std::map<std::string, std::string> files_of(const Peer& peer,
                                                          const std::string& coresweep);

/// Those of files_of() that a start reads: without the sources that were built into another.
[[nodiscard]] std::vector<std::string> files_started(const Peer& peer,
                                                     const std::string& coresweep);

/// "cannot start PROGRAM: REASON", of the program that its start command names; empty when it is
/// there. Once it is built.
[[nodiscard]] std::string cannot_start(const Peer& peer, const std::string& coresweep);

/// "PATH: REASON" of the first of files_of() that cannot be read, or what that throws; empty when
/// all can.
[[nodiscard]] std::string cannot_read(const Peer& peer, const std::string& coresweep);

}  // namespace coresweep
