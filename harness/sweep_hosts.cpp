#include "harness/sweep_hosts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/failure.hpp"
#include "harness/hello_check.hpp"
#include "harness/strict_json.hpp"
#include "harness/wording.hpp"

namespace coresweep {
namespace {

std::int64_t most_connections_over(const PairHosts& hosts) {
  const auto of = [](const PairHost& host) {
    return host.hello.at("most_connections").get<std::int64_t>();
  };
  std::int64_t clients = 0;
  for (const PairHost& host : hosts.all()) {
    clients += &host == &hosts.server() ? 0 : of(host);
  }
  return std::min(of(hosts.server()), clients);
}

std::vector<Json> list_lines(const Json& list) { return {list.begin(), list.end()}; }

Json machine_of_pair(const PairHosts& hosts, const PairHost& host) {
  return {{"role", host.role},
          {"private_address", host.listed.private_address},
          {"arch", host.listed.arch},
          {"instance_type",
           host.listed.instance_type.empty() ? Json() : Json(host.listed.instance_type)},
          {"machine", host.hello.at("machine")},
          {"cpus", host.cpus},
          {"build", host.hello.at("build")},
          {"binaries", host.hello.at("binaries")},
          {"doctor", host.hello.at("doctor")},
          {"network", host.hello.at("network")},
          {"clock", to_json(hosts.clock_of(host))}};
}

// Without its port.
std::string listen_address(const std::string& listen) {
  std::string address = listen.substr(0, listen.rfind(':'));
  if (address.starts_with('[')) {
    address = address.substr(1, address.size() - 2);
  }
  return address;
}

}  // namespace

void print_hosts(const PairHosts& hosts) {
  const std::string& reference = hosts.first_client().name();
  for (const PairHost& host : hosts.all()) {
    const std::string clock = host.name() == reference
                                  ? std::string()
                                  : "; " + clock_text(hosts.clock_of(host), reference);
    fmt::print(stderr, "{}: {}, {}, {}{}\n", host.name(), host.listed.private_address,
               counted(host.cpus.size(), "CPU"), host.listed.arch, clock);
  }
}

Sweep prepare_hosts(Inventory inventory, const std::optional<std::string>& pair,
                    const StopSignals& signals) {
  Sweep sweep;
  sweep.programs = find_programs();
  sweep.hosts =
      std::make_shared<PairHosts>(std::move(inventory), pair, sweep.programs, signals);
  const PairHosts& hosts = *sweep.hosts;
  const PairHost& server = hosts.server();
  const CpuTopology usable = topology_of(server.hello);
  sweep.division = {server.cpus, hosts.first_client().cpus, usable.cores};
  PlanContext& context = sweep.context;
  context.load_has_hosts = true;
  context.server_cpus = static_cast<int>(server.cpus.size());
  context.server_set_sizes = server_set_sizes(usable);
  context.server_set_sizes.push_back(context.server_cpus);
  context.all_cpus = context.server_cpus;
  context.most_connections = most_connections_over(hosts);
  add_greeter_names(list_lines(server.hello.at("greeter")), context);
  if (context.architectures.empty() || context.http2.empty()) {
    throw Failure(fmt::format("{}: its greeter names no architecture or no http2", server.name()));
  }
  if (server.hello.contains("greeter-io_uring")) {
    add_io_uring_names(list_lines(server.hello.at("greeter-io_uring")), context);
  }
  return sweep;
}

void settle_over_hosts(Sweep& sweep) {
  const Plan& plan = sweep.plan;
  for (Peer& peer : sweep.plan.peers) {
    peer.left_out = "no peer is deployed on hosts: allowed without --hosts";
  }
  const PairHost& server = sweep.hosts->server();
  sweep.plan.listen = listen_on_server(plan.listen, server.listed, sweep.plan_file);
  if (plan.server_cores) {
    sweep.division.server = divide_cpus(topology_of(server.hello), plan.server_cores).server;
  }
}

CLI::Option* add_keep_going_flag(CLI::App& command, OnLoss& on_loss) {
  return command.add_flag_callback(
      "--keep-going", [&on_loss] { on_loss = OnLoss::kKeepGoing; },
      "over hosts: when one is lost, wait a minute for it and go on; else the sweep stops");
}

RunTrial trial_runner(const Sweep& sweep, OnLoss on_loss, const StopSignals& signals) {
  if (!sweep.hosts) {
    return [&sweep, &signals](const TrialSetup& setup) {
      return run_trial(sweep.programs, setup, signals);
    };
  }
  return [&sweep, on_loss, &signals](const TrialSetup& setup) {
    return run_pair_trial(sweep.programs, *sweep.hosts, on_loss, setup, signals);
  };
}

std::string listen_on_server(const std::string& listen, const InventoryHost& server,
                             const std::string& file) {
  const std::string given = listen_address(listen);
  if (given != server.private_address && !given.starts_with("127.") && given != "::1") {
    throw WrongUsage(fmt::format("{}: listen is \"{}\": allowed is {}'s {} or loopback, which "
                                 "stands for it",
                                 file, listen, server.name, server.private_address));
  }
  const bool is_ipv6 = server.private_address.find(':') != std::string::npos;
  return fmt::format("{}{}{}{}", is_ipv6 ? "[" : "", server.private_address, is_ipv6 ? "]" : "",
                     listen.substr(listen.rfind(':')));
}

Json hosts_record(const PairHosts& hosts) {
  Json clients = Json::array();
  Json machines = Json::object();
  for (const PairHost& host : hosts.all()) {
    if (&host != &hosts.server()) {
      clients.push_back(host.name());
    }
    machines[host.name()] = machine_of_pair(hosts, host);
  }
  return {{"inventory_file", hosts.inventory().file},
          {"inventory", hosts.inventory().document},
          {"pair", hosts.pair()},
          {"server", hosts.server().name()},
          {"clients", clients},
          {"machines", machines}};
}

Json hosts_identity(const Json& record) {
  Json identity = record;
  if (identity.is_object()) {
    identity.erase("inventory");  // compared as the file that it is
    for (auto& [name, machine] : identity["machines"].items()) {
      for (const char* key : {"doctor", "network", "clock"}) {
        machine.erase(key);
      }
    }
  }
  return identity;
}

Inventory same_inventory(const Json& record, const std::string& record_path) {
  const Json file = record.value("inventory_file", Json());
  if (!file.is_string() || !record.value("pair", Json()).is_string()) {
    throw WrongUsage(fmt::format("{}: hosts has no inventory_file and pair", record_path));
  }
  Inventory inventory = read_inventory(file.get<std::string>());
  if (inventory.document != record.value("inventory", Json())) {
    throw WrongUsage(fmt::format("{}: is not the inventory that the run was begun with: {}",
                                 inventory.file, record_path));
  }
  return inventory;
}

}  // namespace coresweep
