#include "harness/peer_build.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <utility>

#include "harness/child_process.hpp"
#include "harness/failure.hpp"
#include "harness/file_lock.hpp"
#include "harness/peer_needs.hpp"
#include "harness/programs.hpp"
#include "harness/run_to_end.hpp"
#include "harness/wording.hpp"

namespace coresweep {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kMostForABuild{3600};
constexpr std::size_t kLongestWhy = 500;  // of a last line that may be megabytes

// Nobody may be reading any more, which is no reason to end a build: fmt::print would throw.
void say(const std::string& line) { std::fputs((printable_line(line) + '\n').c_str(), stderr); }

// Why it failed; empty when it did not.
std::string run_command(const Peer& peer, const std::vector<std::string>& command,
                        const StopSignals& signals) {
  const std::string shown = fmt::format("{}", fmt::join(command, " "));
  say(fmt::format("peer {}: {}", peer.name, shown));
  std::string last_line = "said nothing";
  CommandOptions options;
  options.folder = peer.folder;
  options.on_line = [&](const std::string& line) {
    say(fmt::format("peer {}: {}", peer.name, line));
    last_line = line.empty() ? last_line
                             : line.substr(line.size() - std::min(line.size(), kLongestWhy));
  };
  options.on_error_line = [&](const std::string& line) {
    say(fmt::format("peer {}: {}", peer.name, line));
  };
  CommandResult result;
  try {
    result = run_to_end(command, signals, kMostForABuild, options);
  } catch (const Failure& failure) {
    return failure.what();
  }
  return result.ending.empty()
             ? std::string()
             : fmt::format("{}: {}: {}", shown, result.ending,
                           result.last_error_line.empty() ? last_line : result.last_error_line);
}

std::string stamp_path(const Peer& peer, const std::string& coresweep) {
  return fs::path(build_folder(peer, coresweep)) / (peer.name + ".built");
}

// What it is built of: its commands, and a checksum of each file of its sources, but of those that
// say how to start it. Throws Failure.
std::string stamp_of(const Peer& peer, const StopSignals& signals) {
  std::string stamp;
  for (const std::string& path : source_files(peer)) {
    if (fs::path(path).filename() == "peer.json") {
      continue;
    }
    stamp += fmt::format("{}  {}\n", sha256_of_file(path, signals), path);
  }
  for (const auto& command : peer.build) {
    stamp += fmt::format("{}\n", fmt::join(command, " "));
  }
  return stamp;
}

// One at a time builds there, whoever else does: a second sweep, or another peer of the same code.
FileLock take_build_folder(const Peer& peer, const std::string& folder,
                           const StopSignals& signals) {
  bool is_told = false;
  while (true) {
    if (auto lock = FileLock::try_take(folder + "/.building")) {
      return std::move(*lock);
    }
    if (!is_told) {
      say(fmt::format("peer {}: waits for another build in {}", peer.name, folder));
      is_told = true;
    }
    wait_for_news({}, signals, ChildProcess::Clock::now() + std::chrono::milliseconds(100));
  }
}

// A folder that is not there yet will be made.
bool may_write(const std::string& folder) {
  return ::access(folder.c_str(), W_OK) == 0 || errno == ENOENT;
}

using Checksums = std::map<std::string, std::string>;

// Of what was built and is started, by path.
Checksums checksums_started(const Peer& peer, const std::string& coresweep,
                            const StopSignals& signals) {
  Checksums checksums;
  for (const std::string& path : files_started(peer, coresweep)) {
    checksums[path] = sha256_of_file(path, signals);
  }
  return checksums;
}

// By another peer's build, with something else: go touches what it finds as it would write it.
std::string written_again(const Checksums& checksums, const StopSignals& signals) {
  for (const auto& [path, checksum] : checksums) {
    bool is_it = false;
    try {
      is_it = sha256_of_file(path, signals) == checksum;
    } catch (const Failure&) {  // it is gone
    }
    if (!is_it) {
      return fmt::format("{} was written again by the build of another peer", path);
    }
  }
  return {};
}

std::string run_build(const Peer& peer, const std::string& coresweep, const StopSignals& signals) {
  const std::string out = build_folder(peer, coresweep);
  std::error_code error;
  fs::create_directories(out, error);
  if (error) {
    return fmt::format("{}: {}", out, error.message());
  }
  const FileLock lock = take_build_folder(peer, out, signals);
  const std::string stamp = stamp_of(peer, signals);  // before a compiler reads what is edited next
  // A build that fails leaves what nobody knows.
  if (fs::remove(stamp_path(peer, coresweep), error); error) {
    return fmt::format("{}: {}", stamp_path(peer, coresweep), error.message());
  }
  const Placeholders folders = folders_of(peer, coresweep);
  for (const auto& command : peer.build) {
    if (std::string why = run_command(peer, filled_in(command, folders), signals); !why.empty()) {
      return why;
    }
  }
  const std::string path = stamp_path(peer, coresweep);
  std::ofstream mark(path);
  mark << stamp;
  mark.close();
  return mark ? std::string() : fmt::format("{}: {}", path, std::strerror(errno));
}

std::string why_not_built(const Peer& peer, const std::string& coresweep,
                          const StopSignals& signals) {
  try {
    // Whether or not anything is built of them: all are checksummed.
    if (std::string why = cannot_read(peer, coresweep); !why.empty()) {
      return why;
    }
    // What is built may outlive what built it, and be another user's.
    const bool can_build = !lacks_tools(peer, signals) && may_write(build_folder(peer, coresweep));
    if (!peer.build.empty() && (can_build || !is_built(peer, coresweep, signals))) {
      if (std::string why = run_build(peer, coresweep, signals); !why.empty()) {
        return why;
      }
    }
  } catch (const Failure& failure) {
    return failure.what();
  }
  const std::string why = cannot_start(peer, coresweep);
  return why.empty() ? cannot_read(peer, coresweep) : why;
}

}  // namespace

bool is_built(const Peer& peer, const std::string& coresweep, const StopSignals& signals) {
  if (!cannot_start(peer, coresweep).empty() || !cannot_read(peer, coresweep).empty()) {
    return false;
  }
  std::ostringstream stamp;
  stamp << std::ifstream(stamp_path(peer, coresweep)).rdbuf();
  try {
    const std::string wanted = stamp_of(peer, signals);
    return peer.build.empty() || stamp.str() == wanted;
  } catch (const Failure&) {
    return false;
  }
}

bool build_peers(std::vector<Peer>& peers, const std::string& coresweep,
                 const StopSignals& signals) {
  std::vector<std::pair<Peer*, Checksums>> built;
  std::vector<const Peer*> asked;
  const auto leave_out = [](Peer& peer, const std::string& why) {
    peer.left_out = printable_line(why);
  };
  for (Peer& peer : peers) {
    if (!peer.left_out.empty()) {
      continue;
    }
    asked.push_back(&peer);
    leave_out(peer, why_not_built(peer, coresweep, signals));
    if (peer.left_out.empty() && !peer.build.empty()) {
      try {
        built.emplace_back(&peer, checksums_started(peer, coresweep, signals));
      } catch (const Failure& failure) {
        leave_out(peer, failure.what());
      }
    }
  }
  for (const auto& [peer, checksums] : built) {
    leave_out(*peer, written_again(checksums, signals));
    if (!peer->left_out.empty()) {
      std::error_code none;
      fs::remove(stamp_path(*peer, coresweep), none);
    }
  }
  return std::ranges::any_of(asked, [](const Peer* peer) { return !peer->left_out.empty(); });
}

}  // namespace coresweep
