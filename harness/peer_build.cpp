#include "harness/peer_build.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <filesystem>

#include "harness/failure.hpp"
#include "harness/run_to_end.hpp"

namespace coresweep {
namespace {

constexpr std::chrono::seconds kMostForABuild{3600};

// Nobody may be reading any more, which is no reason to end a build: fmt::print would throw.
void say(const std::string& line) { std::fputs((line + '\n').c_str(), stderr); }

void run_command(const Peer& peer, const std::vector<std::string>& command,
                 const StopSignals& signals) {
  const std::string shown = fmt::format("{}", fmt::join(command, " "));
  say(fmt::format("peer {}: {}", peer.name, shown));
  std::string last_line = "said nothing";
  CommandOptions options;
  options.folder = peer.folder;
  options.on_line = [&](const std::string& line) {
    say(fmt::format("peer {}: {}", peer.name, line));
    last_line = line.empty() ? last_line : line;
  };
  options.on_error_line = [&](const std::string& line) {
    say(fmt::format("peer {}: {}", peer.name, line));
  };
  CommandResult result;
  try {
    result = run_to_end(command, signals, kMostForABuild, options);
  } catch (const Failure& failure) {
    throw Failure(fmt::format("peer {}: {}", peer.name, failure.what()));
  }
  if (!result.ending.empty()) {
    throw Failure(fmt::format("peer {}: {}: {}: {}", peer.name, shown, result.ending,
                              result.last_error_line.empty() ? last_line : result.last_error_line));
  }
}

}  // namespace

void build_peers(const std::vector<Peer>& peers, const std::string& coresweep,
                 const StopSignals& signals) {
  for (const Peer& peer : peers) {
    const std::string out = build_folder(peer, coresweep);
    std::error_code error;
    std::filesystem::create_directories(out, error);
    if (error) {
      throw Failure(fmt::format("peer {}: {}: {}", peer.name, out, error.message()));
    }
    for (const auto& command : peer.build) {
      run_command(peer, filled_in(command, folders_of(peer, coresweep)), signals);
    }
  }
}

}  // namespace coresweep
