#include "harness/plan.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace coresweep {

using std::chrono::nanoseconds;

std::string format_duration(nanoseconds duration) {
  constexpr std::array<std::pair<std::int64_t, const char*>, 3> kUnits{
      {{1'000'000, "ms"}, {1'000, "us"}, {1, "ns"}}};
  for (const auto& [length, name] : kUnits) {
    if (duration.count() % length == 0) {
      return fmt::format("{}{}", duration.count() / length, name);
    }
  }
  return {};  // never reached: every count is a whole number of nanoseconds
}

PlanContext divided(PlanContext machine, std::optional<int> server_cores) {
  if (server_cores) {
    machine.server_cpus = machine.server_set_sizes.at(static_cast<std::size_t>(*server_cores - 1));
    machine.all_cpus = machine.load_has_hosts ? machine.server_cpus : machine.all_cpus;
  }
  return machine;
}

std::string cell_name(const Cell& cell) {
  // What it is slowed by is measured anew in each run, and the same control all the same.
  if (cell.role == Role::kSlower) {
    return cell.twin_of + "/slower";
  }
  const bool is_told = cell.engine != kEpoll && cell.engine != kPeer;
  std::string name = fmt::format("{}/{}{}{}/t{}/c{}/s{}", cell.architecture, cell.http2,
                                 is_told ? "/" : "", is_told ? cell.engine : "", cell.threads,
                                 cell.connections, cell.streams);
  const std::string asked =
      cell.share_percent > 0
          ? fmt::format("{}{}%", mode_name(cell.load.mode), cell.share_percent)
          : shape_name(cell.load);
  for (const std::string& part : {conditions_name(cell.conditions), asked}) {
    name += part.empty() ? part : "/" + part;
  }
  if (cell.floor_of) {
    const std::string whose = conditions_name(*cell.floor_of);
    name += "/of-" + (whose.empty() ? "none" : whose);
  }
  return name;
}

std::string role_name(Role role) {
  switch (role) {
    case Role::kArm:
      return "arm";
    case Role::kCeiling:
      return "ceiling";
    case Role::kBase:
      return "base";
    case Role::kClientWork:
      return "client_work";
    case Role::kInFlight:
      return "in_flight";
    case Role::kSame:
      return "aa";
    case Role::kSlower:
      return "slower";
    case Role::kCapacity:
      return "capacity";
  }
  return {};
}

bool at_one_place(const Cell& one, const Cell& other) {
  return one.threads == other.threads && one.conditions == other.conditions &&
         one.load_point() == other.load_point();
}

}  // namespace coresweep
