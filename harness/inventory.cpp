#include "harness/inventory.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>

#include "harness/failure.hpp"
#include "harness/strict_json.hpp"

namespace coresweep {
namespace {

constexpr std::size_t kLargestInventory = 1 << 20;
constexpr std::int64_t kInventoryVersion = 1;
constexpr std::size_t kMostHosts = 512;
constexpr std::size_t kMostClients = 64;
constexpr std::size_t kLongestHostName = 63;
constexpr std::int64_t kMostCpus = 4096;
constexpr std::size_t kLongestInstanceType = 64;
constexpr std::size_t kLongestPath = 4096;
constexpr double kLowestGbps = 1e-6;
constexpr double kHighestGbps = 1e6;
constexpr const char* kNameForm = "1 to 63 of a to z, 0 to 9 and -, and no - at the front";
constexpr const char* kAddressAllowed =
    "a numeric private address (10/8, 172.16/12, 192.168/16, 100.64/10 or fc00::/7): trials never "
    "run over a public one";

using HostsByName = std::map<std::string, InventoryHost>;

// An address as bytes: one may be written in several ways. Nothing when it is none.
std::vector<std::uint8_t> address_bytes(const std::string& text) {
  std::vector<std::uint8_t> bytes(sizeof(in6_addr));
  // C functions would take a NUL for the text's end.
  if (text.find('\0') != std::string::npos) {
    return {};
  }
  if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) {
    bytes.resize(sizeof(in_addr));
    return bytes;
  }
  return ::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1 ? bytes
                                                                : std::vector<std::uint8_t>();
}

bool is_host_name(const std::string& name) {
  const auto is_allowed = [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-';
  };
  return !name.empty() && name.size() <= kLongestHostName && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), is_allowed);
}

Json required_value(const StrictObject& fields, const char* key, const std::string& allowed) {
  const Json* value = fields.find(key);
  if (value == nullptr) {
    fields.refuse_missing(key, allowed);
  }
  return *value;
}

std::string required_word(const StrictObject& fields, const char* key,
                          const std::vector<std::string>& allowed) {
  required_value(fields, key, "one of " + listed(allowed));
  return fields.one_of(key, "", allowed);
}

// Another version has other keys, so this is asked before they are.
void require_inventory_version(const StrictDocument& document) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : document.value.items()) {
    keys.push_back(key);
  }
  const StrictObject fields(document, keys);
  const std::string allowed =
      fmt::format("{}, the version of inventories that this coresweep reads", kInventoryVersion);
  const Json version = required_value(fields, "schema_version", allowed);
  if (!is_whole_number(version, kInventoryVersion, kInventoryVersion)) {
    fields.refuse("schema_version", version, allowed);
  }
}

// The object of named objects at `key`. What each of them holds is not looked at.
StrictObject read_named(const StrictDocument& document, const StrictObject& fields, const char* key,
                        std::size_t most, const char* what) {
  const std::string allowed = fmt::format("an object of 1 to {} {} by name", most, what);
  const Json value = required_value(fields, key, allowed);
  if (!value.is_object()) {
    fields.refuse(key, value, allowed);
  }
  if (value.empty() || value.size() > most) {
    fields.complain(key, fmt::format(" has {} of them: allowed is {}", value.size(), allowed));
  }
  std::vector<std::string> names;
  for (const auto& [name, inner] : value.items()) {
    if (!is_host_name(name)) {
      const auto line = document.line_of_key(member_place(key, name));
      throw WrongUsage(fmt::format("{}{}: the name {} in {}: allowed is {}", document.file,
                                   line ? fmt::format(":{}", *line) : "", quoted_json(Json(name)),
                                   key, kNameForm));
    }
    if (!inner.is_object()) {
      fields.refuse(member_place(key, name), inner, "an object");
    }
    names.push_back(name);
  }
  return {fields, key, names};
}

std::optional<double> read_amount(const StrictObject& fields, const char* key, double least,
                                  double most) {
  const Json* value = fields.find(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  const double amount = value->is_number() ? value->get<double>() : 0;
  if (!(amount >= least && amount <= most)) {
    fields.refuse(key, *value, fmt::format("a number from {:.6f} to {:.0f}", least, most));
  }
  return amount;
}

InventoryHost read_listed_host(const StrictObject& hosts, const std::string& name) {
  const StrictObject fields(hosts, name,
                            {"role", "private_address", "cpus", "arch", "instance_type",
                             "price_per_hour", "network_gbps", "here"});
  InventoryHost host;
  host.name = name;
  required_word(fields, "role", {"server", "client"});  // its pair holds it to that
  const Json address = required_value(fields, "private_address", kAddressAllowed);
  if (!address.is_string() || !is_private_address(address.get<std::string>())) {
    fields.refuse("private_address", address, kAddressAllowed);
  }
  host.private_address = address.get<std::string>();
  required_value(fields, "cpus", fmt::format("a whole number from 1 to {}", kMostCpus));
  host.cpus = static_cast<int>(fields.whole_number("cpus", 0, 1, kMostCpus));
  host.arch = required_word(fields, "arch", {"x86_64", "aarch64"});
  host.instance_type = fields.line_of_text("instance_type", kLongestInstanceType);
  host.price_per_hour = read_amount(fields, "price_per_hour", kLowestPrice, kHighestPrice);
  host.network_gbps = read_amount(fields, "network_gbps", kLowestGbps, kHighestGbps);
  host.is_here = fields.truth("here", false);
  return host;
}

// Two hosts with one address are one host, and "here" is one machine.
void require_different_hosts(const StrictObject& fields, const HostsByName& hosts) {
  std::map<std::vector<std::uint8_t>, std::string> seen;
  std::string here;
  for (const auto& [name, host] : hosts) {
    const std::string place = member_place("hosts", name);
    const auto [other, is_new] = seen.emplace(address_bytes(host.private_address), name);
    if (!is_new) {
      fields.complain(place + ".private_address",
                      fmt::format(" is \"{}\": that is {}'s too", host.private_address,
                                  other->second));
    }
    if (host.is_here && !here.empty()) {
      fields.complain(place + ".here",
                      fmt::format(" is true: allowed is one such host, and {} is it", here));
    }
    here = host.is_here ? name : here;
  }
}

// The host that `value`, which stands at `place` in `fields`, names, which no pair may take again.
InventoryHost take_host(const StrictObject& fields, const std::string& place, const Json& value,
               const char* role, const StrictObject& stored, HostsByName& free) {
  const Json* host =
      value.is_string() ? stored.find(value.get_ref<const std::string&>()) : nullptr;
  if (host == nullptr || host->at("role") != role) {
    fields.refuse(place, value, fmt::format("the name of a host whose role is \"{}\"", role));
  }
  const auto found = free.find(value.get<std::string>());
  if (found == free.end()) {
    fields.refuse(place, value, "a host that stands in no pair before");
  }
  return free.extract(found).mapped();
}

PairOfHosts read_pair(const StrictObject& pairs, const std::string& name,
                      const StrictObject& stored, HostsByName& free) {
  const StrictObject fields(pairs, name, {"server", "clients"});
  const std::string several = fmt::format("a list of 1 to {} names of hosts", kMostClients);
  const Json server =
      required_value(fields, "server", "the name of a host whose role is \"server\"");
  const Json clients = required_value(fields, "clients", several);
  if (!clients.is_array() || clients.empty()) {
    fields.refuse("clients", clients, several);
  }
  if (clients.size() > kMostClients) {
    fields.complain("clients",
                    fmt::format(" has {} names: allowed is {}", clients.size(), several));
  }
  PairOfHosts pair{name, take_host(fields, "server", server, "server", stored, free), {}};
  for (std::size_t i = 0; i < clients.size(); ++i) {
    pair.clients.push_back(
        take_host(fields, fmt::format("clients[{}]", i), clients[i], "client", stored, free));
  }
  return pair;
}

// Read once to be sure that ssh can, too.
std::filesystem::path read_ssh_config(const StrictObject& fields,
                                      const std::filesystem::path& folder) {
  const char* allowed = "the path of an ssh_config, from the inventory's folder";
  const Json value = required_value(fields, "ssh_config", allowed);
  const std::string name = fields.line_of_text("ssh_config", kLongestPath);
  if (name.empty()) {
    fields.refuse("ssh_config", value, allowed);
  }
  try {
    static_cast<void>(read_text_file((folder / name).string(), kLargestInventory));
  } catch (const WrongUsage& error) {
    fields.complain("ssh_config", fmt::format(": {}", error.what()));
  }
  return folder / name;
}

}  // namespace

bool is_private_address(const std::string& text) {
  const std::vector<std::uint8_t> bytes = address_bytes(text);
  if (bytes.size() != sizeof(in_addr)) {
    return !bytes.empty() && (bytes[0] & 0xfe) == 0xfc;
  }
  return bytes[0] == 10 || (bytes[0] == 172 && (bytes[1] & 0xf0) == 16) ||
         (bytes[0] == 192 && bytes[1] == 168) || (bytes[0] == 100 && (bytes[1] & 0xc0) == 64);
}

Inventory read_inventory(const std::filesystem::path& file) {
  const StrictDocument document =
      parse_strict_json(read_text_file(file.string(), kLargestInventory), file.string());
  require_inventory_version(document);
  const StrictObject fields(document, {"schema_version", "ssh_config", "hosts", "pairs"});
  const StrictObject stored = read_named(document, fields, "hosts", kMostHosts, "hosts");
  HostsByName hosts;
  for (const auto& [name, value] : fields.find("hosts")->items()) {
    hosts.emplace(name, read_listed_host(stored, name));
  }
  require_different_hosts(fields, hosts);
  const StrictObject pairs = read_named(document, fields, "pairs", kMostPairsOfHosts, "pairs");
  Inventory inventory{file.string(), {}, {}, document.value};
  for (const auto& [name, value] : fields.find("pairs")->items()) {
    inventory.pairs.push_back(read_pair(pairs, name, stored, hosts));
  }
  if (!hosts.empty()) {
    fields.complain(member_place("hosts", hosts.begin()->first),
                    " is in no pair: allowed is a host that one of pairs names");
  }
  inventory.ssh_config = read_ssh_config(fields, file.parent_path());
  return inventory;
}

const PairOfHosts& pair_of(const Inventory& inventory, const std::optional<std::string>& name) {
  if (!name && inventory.pairs.size() == 1) {
    return inventory.pairs.front();
  }
  std::vector<std::string> names;
  for (const PairOfHosts& pair : inventory.pairs) {
    if (name && pair.name == *name) {
      return pair;
    }
    names.push_back(pair.name);
  }
  throw WrongUsage(fmt::format("--pair{}: allowed is one of those in {}: {}",
                               name ? fmt::format(": '{}'", *name) : " is missing",
                               inventory.file, listed(names)));
}

}  // namespace coresweep
