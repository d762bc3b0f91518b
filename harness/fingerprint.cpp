#include "harness/fingerprint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "harness/stored_lines.hpp"
#include "harness/stored_run.hpp"
#include "harness/wording.hpp"

namespace coresweep {
namespace {

constexpr const char* kNotRecorded = "not recorded";
constexpr std::size_t kLongestValue = 200;
// The kernel keeps a little for itself, and not as much at every start.
constexpr double kSameMemory = 0.01;

// What what_hosts_are() makes of either run.
constexpr const char* kHosts = "/hosts";

struct ComparedPart {
  const char* path;
  Meaning meaning;
};

// What stands deeper comes first. Twins, controls and reruns judge their own sweep, and looks end
// it. Not here is what says when, where to and in which order a sweep ran (started_at, command,
// plan_file, seed, question, blocks), and what only chooses its cells (architectures, threads,
// connections, streams, conditions): these match or do not, cell by cell.
constexpr ComparedPart kParts[] = {
    {"/machine/limits", Meaning::kContext},
    {"/machine", Meaning::kConfounds},
    {"/cpu_division", Meaning::kConfounds},
    {"/environment", Meaning::kConfounds},
    {kHosts, Meaning::kConfounds},
    {"/plan/warmup", Meaning::kConfounds},
    {"/plan/duration", Meaning::kConfounds},
    {"/plan/listen", Meaning::kConfounds},
    {"/plan/until_ci", Meaning::kContext},
    {"/plan/twin_blocks", Meaning::kContext},
    {"/plan/controls", Meaning::kContext},
    {"/plan/reruns", Meaning::kContext},
    {"/thresholds", Meaning::kContext},
    {"/build", Meaning::kSubject},
    {"/binaries", Meaning::kSubject},
    {"/peers", Meaning::kSubject},
};

std::string spoken_value(const Json& value) {
  const std::string text = value.is_string()
                         ? value.get<std::string>()
                         : value.dump(-1, ' ', false, Json::error_handler_t::replace);
  return shortened_line(text, kLongestValue);
}

// Peers are known by their names, wherever they stand in the list.
Json by_name(const Json& list) {
  Json named = Json::object();
  for (const Json& entry : list) {
    if (entry.is_object() && entry.contains("name") && entry.at("name").is_string()) {
      Json& own = named[entry.at("name").get<std::string>()] = entry;
      own.erase("name");
    }
  }
  return named;
}

// Each value of `part` and of all that it holds, in order; a list of plain values is one.
void flatten_part(const std::string& field, const Json& part, std::vector<std::string>& order,
             std::map<std::string, Json>& values) {
  const bool has_parts = part.is_object() || (part.is_array() && !part.empty() &&
                                              part.front().is_object());
  if (!has_parts) {
    if (values.emplace(field, part).second) {
      order.push_back(field);
    }
    return;
  }
  const Json& parts = part.is_object() ? part : static_cast<const Json&>(by_name(part));
  for (const auto& [name, value] : parts.items()) {
    flatten_part(fmt::format("{}.{}", field, name), value, order, values);
  }
}

std::string dotted(const std::string& path) {
  std::string field = path.substr(1);
  std::replace(field.begin(), field.end(), '/', '.');
  return field;
}

// An address, without its port: another interface, or another family, is another path.
Json interface_of(const Json& listen) {
  const std::string text = listen.is_string() ? listen.get<std::string>() : std::string();
  const std::size_t colon = text.rfind(':');
  return colon == std::string::npos ? listen : Json(text.substr(0, colon));
}

// A host by what it is measured on or with. Its programs are the run's own.
Json what_host_is(const Json& host) {
  Json is = only_keys(&host, {"role", "arch", "instance_type", "cpus", "machine", "network"});
  for (const auto& [part, key] : {std::pair("machine", "limits"), {"network", "interrupts"}}) {
    if (is.contains(part) && is.at(part).is_object()) {
      is.at(part).erase(key);
    }
  }
  return is;
}

// The machines of `hosts` by name.
void add_machines(const Json* hosts, const std::string& prefix, Json& found) {
  const Json* machines = hosts == nullptr ? nullptr : find_stored(*hosts, "/machines");
  if (machines == nullptr || !machines->is_object()) {
    return;
  }
  for (const auto& [name, host] : machines->items()) {
    found[prefix + name] = what_host_is(host);
  }
}

// Of a run over hosts by their names, of a fleet by pair and name; nothing of one machine.
Json what_hosts_are(const Json& run) {
  Json found = Json::object();
  add_machines(find_stored(run, "/hosts"), "", found);
  if (const Json* pairs = find_stored(run, "/fleet/pairs"); pairs != nullptr) {
    for (const auto& [name, hosts] : pairs->items()) {
      add_machines(&hosts, name + ".", found);
    }
  }
  return found;
}

// What of `run` is compared at `path`; null where it has nothing there.
Json compared_part(const Json& run, const std::string& path) {
  if (path == kHosts) {
    Json hosts = what_hosts_are(run);
    return hosts.empty() ? Json() : hosts;
  }
  const Json* value = find_stored(run, path);
  return value == nullptr ? Json() : *value;
}

bool is_below(const std::string& field, const std::string& part) {
  return field.starts_with(part + ".");
}

// A deeper part that comes before this one has the field already.
bool belongs_elsewhere(const std::string& field, const ComparedPart& part) {
  return std::any_of(std::begin(kParts), std::end(kParts), [&](const ComparedPart& other) {
    return other.path != part.path && is_below(dotted(other.path), dotted(part.path)) &&
           (field == dotted(other.path) || is_below(field, dotted(other.path)));
  });
}

// "clock" of "hosts.machines.client1.clock"; empty of what is no part of a host.
std::string below_host(const std::string& field) {
  static const std::string kMachines = ".machines.";
  const std::size_t machines = field.find(kMachines);
  const std::size_t name_end =
      machines == std::string::npos ? machines : field.find('.', machines + kMachines.size());
  return name_end == std::string::npos ? std::string() : field.substr(name_end + 1);
}

}  // namespace

bool are_alike(const std::string& field, const Json& a, const Json& b) {
  static const std::set<std::string> kOfThatMoment = {"clock", "doctor", "network.interrupts"};
  if (kOfThatMoment.contains(below_host(field))) {
    return true;
  }
  if (field.ends_with("machine.memory_kb") && a.is_number() && b.is_number()) {
    const auto one = a.get<double>();
    const auto other = b.get<double>();
    return std::abs(one - other) <= kSameMemory * std::max(one, other);
  }
  if (field.ends_with("machine.numa_cpus") && (a.is_null() || b.is_null())) {
    return true;  // the oldest runs did not record it
  }
  return a == b;
}

std::vector<FieldDifference> fingerprint_differences(const Json& a, const Json& b) {
  std::vector<FieldDifference> differences;
  // Each server's own address, which says nothing beside what the hosts are.
  const bool over_hosts = ran_over_hosts(a) && ran_over_hosts(b);
  for (const ComparedPart& part : kParts) {
    std::vector<std::string> order;
    std::vector<std::string> order_of_b;
    std::map<std::string, Json> of_a;
    std::map<std::string, Json> of_b;
    for (const auto& [run, fields, values] :
         {std::tuple(&a, &order, &of_a), {&b, &order_of_b, &of_b}}) {
      if (const Json value = compared_part(*run, part.path); !value.is_null()) {
        flatten_part(dotted(part.path), value, *fields, *values);
      }
    }
    for (const std::string& field : order_of_b) {
      if (!of_a.contains(field)) {
        order.push_back(field);
      }
    }
    for (const std::string& field : order) {
      const auto one = of_a.find(field);
      const auto other = of_b.find(field);
      const bool both = one != of_a.end() && other != of_b.end();
      const bool alike = both ? are_alike(field, one->second, other->second) ||
                                    (field == "plan.listen" &&
                                     (over_hosts ||
                                      interface_of(one->second) == interface_of(other->second)))
                              : (one == of_a.end() ? other : one)->second.empty();
      if (alike || belongs_elsewhere(field, part)) {
        continue;
      }
      const Meaning meaning =
          !both && part.meaning == Meaning::kConfounds ? Meaning::kContext : part.meaning;
      differences.push_back({printable_line(field),
                             one == of_a.end() ? kNotRecorded : spoken_value(one->second),
                             other == of_b.end() ? kNotRecorded : spoken_value(other->second),
                             meaning});
    }
  }
  return differences;
}

std::string where_it_ran(const Json& record) {
  if (const Json* pairs = find_stored(record, "/fleet/pairs"); pairs != nullptr) {
    return fmt::format("over {} of hosts", counted(pairs->size(), "pair"));
  }
  const Json* machines = find_stored(record, "/hosts/machines");
  return machines == nullptr
             ? "on one machine"
             : fmt::format("over {}", counted(machines->size(), "host"));
}

bool ran_over_hosts(const Json& record) {
  return find_stored(record, "/hosts") != nullptr || find_stored(record, "/fleet") != nullptr;
}

bool are_one_run(const Json& a, const Json& b) {
  return stored_text(a, "/started_at") == stored_text(b, "/started_at") &&
         a.contains("seed") && b.contains("seed") && a.at("seed") == b.at("seed");
}

}  // namespace coresweep
