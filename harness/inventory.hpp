// The inventory: the hosts that a sweep may use, and which of them are measured together.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "support/json_lines.hpp"

namespace coresweep {

inline constexpr std::size_t kMostPairsOfHosts = 128;

/// What a price may be, in dollars an hour. Next to nothing, requests a dollar would be infinite.
inline constexpr double kLowestPrice = 1e-6;
inline constexpr double kHighestPrice = 1e6;

struct InventoryHost {
  std::string name;  ///< its ssh alias, too
  std::string private_address;
  int cpus = 0;
  std::string arch;           ///< as `uname -m` says it
  std::string instance_type;  ///< empty when the inventory says none
  std::optional<double> price_per_hour = {};  ///< in dollars
  std::optional<double> network_gbps = {};    ///< its allowance
  bool is_here = false;                       ///< this machine: reached without ssh
};

/// A server and the clients that load it together.
struct PairOfHosts {
  std::string name;
  InventoryHost server;
  std::vector<InventoryHost> clients;
};

/// Every host is in one pair.
struct Inventory {
  std::string file;
  std::filesystem::path ssh_config;
  std::vector<PairOfHosts> pairs;  ///< at least one, in the file's order
  Json document;                   ///< the whole, as a run's record keeps it
};

/// The inventory in `file`, in the form that docs/inventory.md describes. Throws WrongUsage, which
/// names the file, the line and the field, says what stands there and what is allowed.
[[nodiscard]] Inventory read_inventory(const std::filesystem::path& file);

/// The pair called `name`; without a name the only one. Throws WrongUsage, which names --pair.
[[nodiscard]] const PairOfHosts& pair_of(const Inventory& inventory,
                                         const std::optional<std::string>& name);

/// True for a numeric address in 10/8, 172.16/12, 192.168/16, 100.64/10 or fc00::/7.
[[nodiscard]] bool is_private_address(const std::string& text);

}  // namespace coresweep
