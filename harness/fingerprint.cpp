#include "harness/fingerprint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "harness/stored_lines.hpp"
#include "harness/wording.hpp"

namespace coresweep {
namespace {

constexpr const char* kNotRecorded = "not recorded";
constexpr std::size_t kLongestValue = 200;
// The kernel keeps a little for itself, and not as much at every start.
constexpr double kSameMemory = 0.01;

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

}  // namespace

bool are_alike(const std::string& field, const Json& a, const Json& b) {
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
  for (const ComparedPart& part : kParts) {
    std::vector<std::string> order;
    std::vector<std::string> order_of_b;
    std::map<std::string, Json> of_a;
    std::map<std::string, Json> of_b;
    if (const Json* value = find_stored(a, part.path)) {
      flatten_part(dotted(part.path), *value, order, of_a);
    }
    if (const Json* value = find_stored(b, part.path)) {
      flatten_part(dotted(part.path), *value, order_of_b, of_b);
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
                                     interface_of(one->second) == interface_of(other->second))
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

bool are_one_run(const Json& a, const Json& b) {
  return stored_text(a, "/started_at") == stored_text(b, "/started_at") &&
         a.contains("seed") && b.contains("seed") && a.at("seed") == b.at("seed");
}

}  // namespace coresweep
