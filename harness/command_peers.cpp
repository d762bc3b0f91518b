#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>

#include "harness/answer_form.hpp"
#include "harness/commands.hpp"
#include "harness/failure.hpp"
#include "harness/peer_build.hpp"
#include "harness/peer_folders.hpp"
#include "harness/peer_needs.hpp"
#include "harness/programs.hpp"
#include "harness/wording.hpp"
#include "support/exit.hpp"

namespace coresweep {
namespace {

struct PeersOptions {
  std::vector<std::string> peers;
  bool is_to_build = false;
  std::shared_ptr<AnswerForm> form;
};

/// A peer, and whether it can be started.
struct PeerState {
  Peer peer;
  std::string state;  ///< built, buildable, missing, refused or failed
  std::string why;
};

// "tonic, like shared_reactor; tonic 0.14.2": whose code, how it is arranged, and which of it.
std::string described(const Peer& peer) {
  std::string text = peer.implementation;
  text += peer.architecture.empty() ? "" : ", like " + peer.architecture;
  text += peer.version.empty() ? "" : "; " + peer.version;
  return text;
}

constexpr const char* kBuilt = "built";
constexpr const char* kBuildable = "buildable";
constexpr const char* kRefused = "refused";
constexpr const char* kFailed = "failed";

PeerState state_of(const std::string& folder, const PeersOptions& options,
                   const std::vector<std::string>& architectures, const std::string& coresweep,
                   const StopSignals& signals) {
  PeerState state{{}, kRefused, ""};
  state.peer.name = folder;
  try {
    state.peer = read_peer(folder);
    require_known_architecture(state.peer, architectures);
  } catch (const WrongUsage& error) {
    state.why = error.what();
    return state;
  }
  const auto missing = missing_of(state.peer, coresweep, signals);
  if (!missing.empty()) {
    state.state = "missing";
    state.why = fmt::format("{}", fmt::join(missing, "; "));
  } else if (state.why = cannot_read(state.peer, coresweep); !state.why.empty()) {
    state.state = kFailed;
  } else {
    // Nobody asks whether what is built next has been.
    const bool stays_built = !options.is_to_build && is_built(state.peer, coresweep, signals);
    state.state = stays_built ? kBuilt : kBuildable;
  }
  return state;
}

void build_them(std::vector<PeerState>& states, const std::string& coresweep,
                const StopSignals& signals) {
  std::vector<PeerState*> asked;
  std::vector<Peer> peers;
  for (PeerState& one : states) {
    if (one.state == kBuildable) {
      asked.push_back(&one);
      peers.push_back(one.peer);
    }
  }
  static_cast<void>(build_peers(peers, coresweep, signals));  // why one is left out stands with it
  for (std::size_t i = 0; i < peers.size(); ++i) {
    asked[i]->why = peers[i].left_out;
    asked[i]->state = peers[i].left_out.empty() ? kBuilt : kFailed;
  }
}

Json record_of(const PeerState& one) {
  const Peer& peer = one.peer;
  return {{"name", peer.name},
          {"folder", peer.folder},
          {"summary", peer.summary},
          {"implementation", peer.implementation},
          {"architecture", peer.architecture.empty() ? Json() : Json(peer.architecture)},
          {"version", peer.version},
          {"state", one.state},
          {"why", one.why.empty() ? Json() : Json(one.why)}};
}

int print_peers(const PeersOptions& options) {
  const StopSignals signals;
  const Programs programs = find_programs();
  PlanContext context;
  add_known_names(programs, signals, context);
  std::vector<std::string> folders;
  for (const std::string& word : options.peers) {
    folders.push_back(find_peer_folder(word));
  }
  if (folders.empty()) {
    folders = peer_folders();
  }
  std::vector<PeerState> states;
  std::size_t width = 0;
  for (const std::string& folder : folders) {
    states.push_back(
        state_of(folder, options, context.architectures, programs.coresweep, signals));
    width = std::max(width, states.back().peer.name.size());
  }
  if (options.is_to_build) {
    build_them(states, programs.coresweep, signals);
  }
  Json record = Json::array();
  std::vector<std::string> lines;
  bool is_well = true;
  for (const PeerState& one : states) {
    const std::string told = printable_line(one.why.empty() ? described(one.peer) : one.why);
    lines.push_back(fmt::format("{:<{}}  {:<9}  {}", one.peer.name, width, one.state, told));
    record.push_back(record_of(one));
    is_well &= one.state != kRefused && one.state != kFailed;
  }
  print_in_form(*options.form, record, lines);
  return is_well ? kExitDone : kExitFailed;
}

}  // namespace

CarryOut add_peers_command(CLI::App& app, const std::vector<std::string>& /*words*/) {
  auto options = std::make_shared<PeersOptions>();
  CLI::App* peers = app.add_subcommand(
      "peers", "say which servers of others are built, can be, or lack something, and what");
  peers->add_option("PEER", options->peers,
                    "a folder with a peer.json, or a name; none: all that come with coresweep");
  peers->add_flag("--build", options->is_to_build,
                  "build those that can be; what the others lack is said, and is no failure");
  options->form = add_json_flag(*peers);
  return [options] { return print_peers(*options); };
}

}  // namespace coresweep
