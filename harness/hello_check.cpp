#include "harness/hello_check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "harness/agent_protocol.hpp"
#include "harness/failure.hpp"
#include "harness/link_ending.hpp"
#include "harness/program_architecture.hpp"
#include "harness/wording.hpp"

namespace coresweep {
namespace {

constexpr std::size_t kToldDigits = 8;

std::vector<std::pair<std::string, std::string>> files_by_name(const Programs& programs) {
  std::vector<std::pair<std::string, std::string>> files{{"coresweep", programs.coresweep},
                                                         {"greeter", programs.greeter},
                                                         {"loadgen", programs.loadgen}};
  if (!programs.greeter_io_uring.empty()) {
    files.emplace_back("greeter-io_uring", programs.greeter_io_uring);
  }
  return files;
}

// An architecture's address and port may be written in several ways, a host's own kernel writes it
// in one.
std::vector<std::string> complaints_of(const InventoryHost& host, const Json& hello,
                                       const std::map<std::string, std::string>& checksums) {
  std::vector<std::string> complaints;
  for (const auto& [name, here] : checksums) {
    const std::string there =
        hello.at("binaries").value(name, Json::object()).value("sha256", std::string());
    if (there.empty()) {
      complaints.push_back(
          fmt::format("has no ~/coresweep/bin/{}: deploy: {}", name, kDeployCommand));
    } else if (there != here) {
      complaints.push_back(fmt::format(
          "{} is another build (sha256 {:.{}} there, {:.{}} here): deploy again: {}", name, there,
          kToldDigits, here, kToldDigits, kDeployCommand));
    }
  }
  if (const auto arch = hello.at("arch").get<std::string>(); arch != host.arch) {
    complaints.push_back(fmt::format("is {}, the inventory says {}", arch, host.arch));
  }
  std::size_t cpus = 0;
  for (const PhysicalCore& core : topology_of(hello).cores) {
    cpus += core.cpus.size();
  }
  if (cpus < static_cast<std::size_t>(host.cpus)) {
    complaints.push_back(
        fmt::format("may use {}, the inventory says {}", counted(cpus, "CPU"), host.cpus));
  }
  const auto addresses = hello.at("addresses").get<std::vector<std::string>>();
  if (std::ranges::find(addresses, host.private_address) == addresses.end()) {
    complaints.push_back(fmt::format("{} is none of its addresses ({})", host.private_address,
                                     fmt::join(addresses, ", ")));
  }
  for (const Json& state : hello.value("state", Json::array())) {
    complaints.push_back(fmt::format("{}: tune again: {}", state.get<std::string>(), kTuneCommand));
  }
  static_cast<void>(hello.at("machine").items());
  static_cast<void>(hello.at("most_connections").get<std::int64_t>());
  static_cast<void>(hello.at("greeter").items());
  static_cast<void>(hello.at("chrony").get_ref<const Json::object_t&>());
  for (const char* key : {"build", "doctor", "network"}) {
    static_cast<void>(hello.at(key));
  }
  return complaints;
}

}  // namespace

std::map<std::string, std::string> checksums_of(const Programs& programs,
                                                const StopSignals& signals) {
  std::map<std::string, std::string> checksums;
  for (const auto& [name, path] : files_by_name(programs)) {
    checksums[name] = sha256_of_file(path, signals);
  }
  return checksums;
}

std::vector<std::string> hello_complaints(const InventoryHost& host, const Json& hello,
                                          const std::map<std::string, std::string>& checksums) {
  std::vector<std::string> complaints;
  try {
    const Json protocol = hello.value("protocol", Json(0));
    if (protocol != kAgentProtocol) {
      complaints.push_back(
          fmt::format("its coresweep speaks protocol {}, this one {}: deploy again: {}",
                      shortened_line(protocol.dump(), kToldDigits), kAgentProtocol,
                      kDeployCommand));
    } else {
      complaints = complaints_of(host, hello, checksums);
    }
  } catch (const Json::exception& error) {
    complaints = {fmt::format("its hello is not as agreed: {}", error.what())};
  }
  for (std::string& complaint : complaints) {
    complaint = fmt::format("{}: {}", host.name, complaint);
  }
  return complaints;
}

CpuTopology topology_of(const Json& hello) {
  CpuTopology topology;
  for (const Json& core : hello.at("cores")) {
    topology.cores.push_back({core.get<std::vector<int>>()});
  }
  return topology;
}

void require_same_architecture(const Inventory& inventory, const PairOfHosts& pair,
                               const Programs& programs) {
  std::vector<InventoryHost> hosts{pair.server};
  hosts.insert(hosts.end(), pair.clients.begin(), pair.clients.end());
  for (const InventoryHost& host : hosts) {
    for (const auto& [name, path] : files_by_name(programs)) {
      const std::string built_for = program_architecture(path);
      if (built_for != host.arch) {
        throw WrongUsage(fmt::format("{}: {} is {} and {} is for {}: build there", inventory.file,
                                     host.name, host.arch, path,
                                     built_for.empty() ? "no machine that is known" : built_for));
      }
    }
  }
}

}  // namespace coresweep
