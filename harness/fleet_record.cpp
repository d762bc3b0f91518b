#include "harness/fleet_record.hpp"

#include <fmt/format.h>

#include "harness/failure.hpp"
#include "harness/sweep_hosts.hpp"

namespace coresweep {
namespace {

// Each pair's server listens on its own address, for which loopback stands.
std::string listen_anywhere(const std::string& listen) {
  return "127.0.0.1" + listen.substr(listen.rfind(':'));
}

// What of a pair's sweep decides which trials there are.
Json alike_record(const Sweep& sweep) {
  Json plan = to_json(sweep.plan);
  plan["listen"] = listen_anywhere(sweep.plan.listen);
  Json cells = Json::array();
  for (const Cell& cell : sweep.cells) {
    cells.push_back({cell_name(cell), cpus_of_server(sweep, cell), most_connections_of(sweep, cell),
                     load_cpus(sweep.division, cell.connections)});
  }
  return {{"plan", plan}, {"skipped", to_json(sweep.skipped)}, {"cells", cells}};
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
  const Json wanted = alike_record(sweep);
  for (const auto& [name, other] : pairs) {
    const Json found = alike_record(other);
    for (const auto& [key, value] : wanted.items()) {
      if (found.at(key) != value) {
        throw WrongUsage(fmt::format(
            "{}: its {} would not be {}'s: allowed are pairs whose hosts have as many CPUs and "
            "allow as many connections (coresweep plan --pair says what each would run)",
            name, key, first));
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
  const Json found = fleet.record.value(Json::json_pointer("/fleet/pairs"), Json::object());
  for (const auto& [name, hosts] : found.items()) {
    names.push_back(name);
  }
  if (names.empty()) {
    throw WrongUsage(fmt::format("{}: fleet has no pairs", fleet.record_path));
  }
  return names;
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
