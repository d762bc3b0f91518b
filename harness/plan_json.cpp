// The plan's file form: what may stand in it, and the defaults.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "harness/failure.hpp"
#include "harness/inventory.hpp"
#include "harness/peer_folders.hpp"
#include "harness/plan.hpp"
#include "harness/plan_headline.hpp"
#include "harness/strict_json.hpp"
#include "support/contains.hpp"
#include "support/endpoint.hpp"

namespace coresweep {
namespace {

constexpr std::int64_t kMostBlocks = 1'000;
constexpr std::size_t kMostThreadCounts = 64;
constexpr std::size_t kMostPeers = 64;
constexpr int kConnectionsPerThread = 32;
constexpr int kLeastInFlight = 256;  // a thread: docs/decisions/0018
constexpr std::int64_t kDefaultTwinBlocks = 6;  // the fewest that give an interval
constexpr std::int64_t kMostTwinBlocks = kMostPairsOfHosts;  // one on each
constexpr std::int64_t kMostReruns = 5;
constexpr const char* kLeastBound = "10us";
constexpr const char* kMostBound = "10s";
constexpr const char* kUntilCiAllowed =
    "a share from \"0.1%\" to \"50%\" of the headline's ratio, or null";

// The list at `key`, not empty, of different names out of `known`.
std::vector<std::string> read_names(const StrictObject& fields, const char* key, const Json& value,
                                    const std::vector<std::string>& known,
                                    const std::string& allowed) {
  if (!value.is_array() || value.empty()) {
    fields.refuse(key, value, allowed);
  }
  std::vector<std::string> names;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const Json& entry = value[i];
    const auto same = [&entry](const std::string& name) { return entry == name; };
    if (std::none_of(known.begin(), known.end(), same) ||
        std::any_of(names.begin(), names.end(), same)) {
      fields.refuse(fmt::format("{}[{}]", key, i), entry, allowed);
    }
    names.push_back(entry.get<std::string>());
  }
  return names;
}

std::vector<std::string> read_architectures(const StrictObject& fields, const Plan& plan,
                                            const PlanContext& context) {
  const std::string allowed =
      "\"all\" or a list of different names out of " + listed(context.architectures);
  const Json* value = fields.find("architectures");
  if (value == nullptr || (value->is_array() && value->empty())) {
    if (!plan.peers.empty()) {
      return {};
    }
    if (value == nullptr) {
      fields.refuse_missing("architectures", allowed);
    }
  } else if (*value == "all") {
    return context.architectures;
  }
  return read_names(fields, "architectures", *value, context.architectures, allowed);
}

// A name, or a list of several.
std::vector<std::string> read_name_or_names(const StrictObject& fields, const char* key,
                                            const std::string& otherwise,
                                            const std::vector<std::string>& known) {
  const Json* value = fields.find(key);
  if (value == nullptr) {
    return {otherwise};
  }
  const std::string allowed = "a name or a list of different names out of " + listed(known);
  const auto same = [value](const std::string& name) { return *value == name; };
  if (std::any_of(known.begin(), known.end(), same)) {
    return {value->get<std::string>()};
  }
  return read_names(fields, key, *value, known, allowed);
}

void add_peer(std::vector<Peer>& peers, Peer peer, const PlanContext& context) {
  require_known_architecture(peer, context.architectures);
  for (const Peer& other : peers) {
    if (other.name == peer.name) {
      throw WrongUsage(fmt::format("{}/peer.json: name is \"{}\": that is {}'s too", peer.folder,
                                   peer.name, other.folder));
    }
  }
  peers.push_back(std::move(peer));
}

bool are_one_folder(const Peer& one, const Peer& other) {
  std::error_code none;
  return std::filesystem::equivalent(one.folder, other.folder, none);
}

// The plan's, then those of the command line.
std::vector<Peer> read_peers(const StrictObject& fields, const PlanContext& context) {
  const char* allowed = "\"all\" or a list of folders, each with a peer.json";
  std::vector<Peer> peers;
  if (const Json* value = fields.find("peers"); value != nullptr && *value == "all") {
    try {
      for (const std::string& folder : peer_folders()) {
        add_peer(peers, read_peer(folder), context);
      }
    } catch (const WrongUsage& error) {
      fields.complain("peers", fmt::format(": {}", error.what()));
    }
  } else if (value != nullptr) {
    if (!value->is_array() || value->size() > kMostPeers) {
      fields.refuse("peers", *value, allowed);
    }
    for (std::size_t i = 0; i < value->size(); ++i) {
      const std::string place = fmt::format("peers[{}]", i);
      const Json& folder = (*value)[i];
      if (!folder.is_string() || folder.get_ref<const std::string&>().empty() ||
          folder.get_ref<const std::string&>().find('\0') != std::string::npos) {
        fields.refuse(place, folder, "a folder with a peer.json");
      }
      try {
        add_peer(peers, read_peer(find_peer_folder(folder.get<std::string>())), context);
      } catch (const WrongUsage& error) {
        fields.complain(place, fmt::format(": {}", error.what()));
      }
    }
  }
  for (const Peer& peer : context.peers) {
    const auto is_it = [&peer](const Peer& other) { return are_one_folder(peer, other); };
    if (std::none_of(peers.begin(), peers.end(), is_it)) {  // a plan's own, named once more
      add_peer(peers, peer, context);
    }
  }
  return peers;
}

std::optional<int> read_server_cores(const StrictObject& fields, const PlanContext& context) {
  const Json* value = fields.find("server_cores");
  if (value == nullptr || *value == "half") {
    return std::nullopt;
  }
  const auto most = static_cast<std::int64_t>(context.server_set_sizes.size());
  if (!is_whole_number(*value, 1, most)) {
    fields.refuse("server_cores", *value,
                  most == 0 ? std::string("\"half\": there is one CPU")
                            : fmt::format("\"half\" or a whole number from 1 to {}, which leaves "
                                          "the load a physical core",
                                          most));
  }
  return value->get<int>();
}

std::vector<int> automatic_threads(const PlanContext& context) {
  std::vector<int> counts{context.server_cpus, context.all_cpus};
  for (int count = 1; count <= context.all_cpus; count *= 2) {
    counts.push_back(count);
  }
  std::sort(counts.begin(), counts.end());
  counts.erase(std::unique(counts.begin(), counts.end()), counts.end());
  return counts;
}

std::vector<int> read_threads(const StrictObject& fields, const PlanContext& context) {
  const Json* value = fields.find("threads");
  if (value == nullptr || *value == "auto") {
    return automatic_threads(context);
  }
  const std::string allowed = fmt::format(
      "\"auto\" or a list of 1 to {} different whole numbers from 1 to {}, the CPUs that coresweep "
      "may run on, and \"largest\", which is the server's",
      kMostThreadCounts, context.all_cpus);
  if (!value->is_array() || value->empty() || value->size() > kMostThreadCounts) {
    fields.refuse("threads", *value, allowed);
  }
  std::vector<int> counts;
  bool has_largest = false;
  for (std::size_t i = 0; i < value->size(); ++i) {
    const Json& entry = (*value)[i];
    if (entry == "largest") {  // where that is one of the others, it adds nothing
      has_largest = true;
      continue;
    }
    if (!is_whole_number(entry, 1, context.all_cpus) ||
        std::find(counts.begin(), counts.end(), entry.get<int>()) != counts.end()) {
      fields.refuse(fmt::format("threads[{}]", i), entry, allowed);
    }
    counts.push_back(entry.get<int>());
  }
  if (has_largest && std::find(counts.begin(), counts.end(), context.server_cpus) == counts.end()) {
    counts.push_back(context.server_cpus);
  }
  std::sort(counts.begin(), counts.end());
  return counts;
}

// What "auto" connections come to.
AutomaticConnections automatic_connections(const std::vector<int>& threads,
                                           const PlanContext& context) {
  const std::int64_t counted = largest_fitting(threads, context.server_cpus);
  return [counted, most = context.most_connections](int streams) {
    const int a_thread =
        std::max(kConnectionsPerThread, (kLeastInFlight + streams - 1) / streams);
    return static_cast<int>(std::min(most, a_thread * counted));
  };
}

std::optional<std::uint64_t> read_seed(const StrictObject& fields) {
  const Json* value = fields.find("seed");
  if (value == nullptr || *value == "random") {
    return std::nullopt;
  }
  if (!is_whole_number(*value, 0, kHighestSeed)) {
    fields.refuse("seed", *value,
                  fmt::format("\"random\" or a whole number from 0 to {}", kHighestSeed));
  }
  return value->get<std::uint64_t>();
}

std::string read_listen(const StrictObject& fields) {
  const Json* value = fields.find("listen");
  if (value == nullptr) {
    return "127.0.0.1:10051";
  }
  if (!value->is_string() ||
      !parse_endpoint(value->get_ref<const std::string&>(), PortZero::refused)) {
    fields.refuse("listen", *value, "a numeric address and a port, such as \"127.0.0.1:10051\"");
  }
  return value->get<std::string>();
}

// Whoever opens its connections before the window starves no queue in it.
void require_churn_of_divided_backlogs(const StrictObject& fields, const Plan& plan) {
  const auto& backlogs = plan.conditions.backlog;
  if (plan.load.mode != Mode::churn && backlogs != std::vector<Backlog>{Backlog::whole}) {
    fields.refuse("backlog", *fields.find("backlog"), "\"whole\", unless mode is churn");
  }
}

// Of a plan that names its blocks too, nobody knows which of the two is meant.
void read_until_ci(const StrictObject& fields, const Json& value, Plan& plan) {
  const auto share =
      value.is_string() ? parse_until_ci(value.get_ref<const std::string&>()) : std::nullopt;
  if (!share) {
    fields.refuse("until_ci", value, kUntilCiAllowed);
  }
  if (plan.capacity_p99) {
    fields.refuse("until_ci", value, "null beside capacity_p99, whose blocks are all searched");
  }
  if (!plan.headline) {
    fields.refuse("until_ci", value,
                  "null, unless there is a headline whose ratio it is a share of");
  }
  const int given = plan.blocks;
  end_at_looks(plan, *share);
  if (fields.find("blocks") != nullptr && given != plan.blocks) {
    fields.refuse("blocks", *fields.find("blocks"),
                  fmt::format("none, or {}, beside until_ci", plan.blocks));
  }
}

}  // namespace

Plan read_plan(const std::string& text, const std::string& file, const PlanContext& machine) {
  const StrictDocument document = parse_strict_json(text, file);
  const StrictObject fields(
      document,
      {"question", "architectures", "engine", "http2", "threads", "mode", "connections", "streams",
       "rate", "requests_per_connection", "handler_cpu", "handler_wait", "reply_bytes",
       "stall_thread", "pin", "backlog", "server_cores", "warmup", "duration", "blocks", "until_ci",
       "capacity_p99", "twin_blocks", "controls", "reruns", "seed", "listen", "ceiling", "trace",
       "peers", "headline"});
  Plan plan;
  plan.server_cores = read_server_cores(fields, machine);
  const PlanContext context = divided(machine, plan.server_cores);
  plan.question = fields.line_of_text("question", 500);
  plan.peers = read_peers(fields, context);
  plan.architectures = read_architectures(fields, plan, context);
  plan.engines = read_name_or_names(fields, "engine", kEpoll, {kEpoll, kIoUring});
  plan.http2 = read_name_or_names(fields, "http2", "lean", context.http2);  // as in the greeter
  plan.threads = read_threads(fields, context);
  plan.load = read_loads(fields, automatic_connections(plan.threads, context),
                         context.most_connections);
  plan.conditions = read_conditions(fields, plan.threads.front());
  require_churn_of_divided_backlogs(fields, plan);
  plan.warmup = fields.duration("warmup", "500ms", "0s", "60s");
  plan.duration = fields.duration("duration", "2500ms", "100ms", "10m");
  plan.blocks = static_cast<int>(fields.whole_number("blocks", 9, 1, kMostBlocks));
  // An open loop is limited by its rate, which no twin makes larger.
  plan.twin_blocks = static_cast<int>(
      fields.whole_number("twin_blocks", plan.load.is_open() ? 0 : kDefaultTwinBlocks, 0,
                          plan.load.is_open() ? 0 : kMostTwinBlocks));
  plan.controls = fields.truth("controls", true);
  plan.reruns = static_cast<int>(fields.whole_number("reruns", 1, 0, kMostReruns));
  plan.seed = read_seed(fields);
  plan.listen = read_listen(fields);
  plan.ceiling = fields.truth("ceiling", true);
  plan.trace = fields.truth("trace", false);
  plan.headline = read_headline(fields, plan, context);
  if (const Json* value = fields.find("capacity_p99"); value != nullptr && !value->is_null()) {
    if (plan.load.mode == Mode::churn) {
      fields.refuse("capacity_p99", *value, "null in mode churn, which has no rate");
    }
    search_capacity(plan, fields.duration("capacity_p99", "", kLeastBound, kMostBound));
  }
  if (const Json* value = fields.find("until_ci"); value != nullptr && !value->is_null()) {
    read_until_ci(fields, *value, plan);
  }
  return plan;
}

}  // namespace coresweep
