#include "harness/fleet_record.hpp"

#include <fmt/format.h>

#include "harness/binaries_record.hpp"
#include "harness/failure.hpp"
#include "harness/host_verdicts.hpp"
#include "harness/machine.hpp"
#include "harness/stored_lines.hpp"
#include "harness/sweep_hosts.hpp"
#include "harness/wording.hpp"

namespace coresweep {
namespace {

// Each pair's server listens on its own address, for which loopback stands.
std::string listen_anywhere(const std::string& listen) {
  return "127.0.0.1" + listen.substr(listen.rfind(':'));
}

// The hosts in the inventory's order, whatever their names.
Json hosts_alike(const PairHosts& hosts) {
  Json alike = Json::array();
  for (const PairHost& host : hosts.all()) {
    alike.push_back({{"cpus", host.cpus},
                     {"arch", host.listed.arch},
                     {"instance_type", host.listed.instance_type},
                     {"cpu_model", host.hello.at("machine").value("cpu_model", Json())},
                     {"most_connections", host.hello.at("most_connections")},
                     {"link_bits_per_s",
                      link_bits_per_s(host.hello.at("network"), host.listed.network_gbps)}});
  }
  return alike;
}

// What of a pair's sweep decides which trials there are, and what they can come to.
Json alike_record(const Sweep& sweep) {
  Json plan = to_json(sweep.plan);
  plan.erase("listen");
  Json cells = Json::array();
  for (const Cell& cell : sweep.cells) {
    cells.push_back({{"name", cell_name(cell)}, {"server_cpus", cpus_of_server(sweep, cell)}});
  }
  return {{"hosts", hosts_alike(*sweep.hosts)},
          {"plan", plan},
          {"skipped", to_json(sweep.skipped)},
          {"cells", cells}};
}

const Json& recorded_pair(const StoppedRun& fleet, const std::string& pair) {
  return fleet.record.at("fleet").at("pairs").at(pair);
}

// As if that pair alone had been run over.
StoppedRun as_of_pair(const StoppedRun& fleet, const std::string& pair) {
  StoppedRun run = fleet;
  const Json& hosts = recorded_pair(fleet, pair);
  run.record["hosts"] = hosts;
  run.record["machine"] =
      hosts.at("machines").at(hosts.at("server").get<std::string>()).at("machine");
  return run;
}

}  // namespace

void require_alike(const PairSweeps& pairs) {
  const auto& [first, sweep] = pairs.front();
  for (const auto& [name, other] : pairs) {
    if (other.hosts->all().size() != sweep.hosts->all().size()) {
      throw WrongUsage(fmt::format("{}: has {} and {} has {}: allowed in one fleet are pairs that "
                                   "are alike",
                                   name, counted(other.hosts->all().size() - 1, "client"), first,
                                   counted(sweep.hosts->all().size() - 1, "client")));
    }
  }
  const Json wanted = alike_record(sweep).flatten();
  for (const auto& [name, other] : pairs) {
    const Json found = alike_record(other).flatten();
    for (const Json* keys : {&wanted, &found}) {
      for (const auto& [key, value] : keys->items()) {
        const Json was = wanted.value(key, Json());
        const Json is = found.value(key, Json());
        if (was != is) {
          throw WrongUsage(fmt::format("{}: its {} is {} and {}'s is {}: allowed in one fleet are "
                                       "pairs that are alike",
                                       name, key.substr(1), is.dump(), first, was.dump()));
        }
      }
    }
  }
}

Json fleet_record(Json record, const PairSweeps& pairs) {
  record["plan"]["listen"] = listen_anywhere(record.at("plan").at("listen").get<std::string>());
  record.erase("hosts");
  Json& of_pairs = record["fleet"]["pairs"];
  for (const auto& [name, sweep] : pairs) {
    of_pairs[name] = hosts_record(*sweep.hosts);
  }
  return record;
}

std::vector<std::string> pairs_of(const StoppedRun& fleet) {
  std::vector<std::string> names;
  const Json* found = find_stored(fleet.record, "/fleet/pairs");
  const Json pairs = found != nullptr && found->is_object() ? *found : Json::object();
  for (const auto& [name, hosts] : pairs.items()) {
    const std::string machine = "/machines/" + stored_text(hosts, "/server") + "/machine";
    if (find_stored(hosts, machine) == nullptr) {
      throw WrongUsage(fmt::format("{}: fleet.pairs.{} has no server with its machine",
                                   fleet.record_path, name));
    }
    names.push_back(name);
  }
  if (names.empty()) {
    throw WrongUsage(fmt::format("{}: fleet has no pairs", fleet.record_path));
  }
  return names;
}

void require_same_here(const StoppedRun& fleet, const StopSignals& signals) {
  static_cast<void>(
      same_inventory(recorded_pair(fleet, pairs_of(fleet).front()), fleet.record_path));
  require_same(fleet, {{"build", build_record()},
                       {"binaries", binaries_record(find_programs(), signals)}});
}

Sweep prepare_pair(const StoppedRun& fleet, const std::string& pair, const StopSignals& signals) {
  const StoppedRun run = as_of_pair(fleet, pair);
  Sweep sweep = prepare_hosts(same_inventory(recorded_pair(fleet, pair), fleet.record_path), pair,
                              signals);
  settle_plan(sweep, fleet.record.at("plan").dump(), fleet.record_path, {});
  sweep.plan_file = fleet.plan_file;
  Json identity = identity_record(sweep, signals);
  identity["plan"]["listen"] = fleet.record.at("plan").at("listen");
  require_same(run, identity);
  return sweep;
}

}  // namespace coresweep
