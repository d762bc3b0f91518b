#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <list>
#include <set>
#include <string_view>
#include <unordered_map>

#include "harness/failure.hpp"
#include "harness/run_export.hpp"

namespace coresweep {
namespace {

// A machine of 1,024 CPUs with as many threads on both sides has 50,000.
constexpr std::size_t kMostColumns = 200'000;
constexpr std::string_view kRowEnd = "\r\n";
constexpr const char* kSuperseded = "is_superseded";

std::string plain_value(const Json& value) {
  if (value.is_null()) {
    return {};
  }
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// A list of plain values is one value.
bool is_plain_value(const Json& value) {
  return !value.is_object() &&
         (!value.is_array() || std::none_of(value.begin(), value.end(), [](const Json& entry) {
           return entry.is_structured();
         }));
}

std::string listed_value(const Json& value) {
  if (!value.is_array()) {
    return plain_value(value);
  }
  std::string text;
  for (const Json& entry : value) {
    text += (text.empty() ? "" : " ") + plain_value(entry);
  }
  return text;
}

// Gives every plain value below `value` to `take`, with its dotted name, in their order.
template <typename Take>
void each_value(const std::string& name, const Json& value, const Take& take) {
  if (is_plain_value(value)) {
    take(name, value);
    return;
  }
  for (const auto& [key, part] : value.items()) {
    each_value(name.empty() ? key : fmt::format("{}.{}", name, key), part, take);
  }
}

// Every name of every trial, in the order of the trials' own fields: what a later trial adds stands
// after what it stands after there.
class Columns {
 public:
  void add(const StoredTrial& trial) {
    auto after = names_.begin();
    each_value("", trial.json, [this, &after](const std::string& name, const Json&) {
      const auto [known, is_new] = places_.try_emplace(name);
      if (is_new) {
        known->second = names_.insert(after, name);
        if (names_.size() > kMostColumns) {
          throw WrongUsage(fmt::format("the trials have more than {} different fields, which is "
                                       "what is allowed",
                                       kMostColumns));
        }
      }
      after = std::next(known->second);
    });
  }

  // What one trial has as null and another as an object has its columns from the other.
  [[nodiscard]] std::vector<std::string> names() const {
    const std::set<std::string> sorted(names_.begin(), names_.end());
    std::vector<std::string> names;
    std::copy_if(names_.begin(), names_.end(), std::back_inserter(names),
                 [&sorted](const std::string& name) {
                   const auto next = sorted.lower_bound(name + ".");
                   return next == sorted.end() || !next->starts_with(name + ".");
                 });
    return names;
  }

 private:
  std::list<std::string> names_;
  std::unordered_map<std::string, std::list<std::string>::iterator> places_;
};

void append_field(std::string& row, const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) {
    row += text;
    return;
  }
  row += '"';
  for (const char byte : text) {
    row += byte;
    if (byte == '"') {
      row += byte;
    }
  }
  row += '"';
}

std::string row_of(const StoredTrial& trial, const std::vector<std::string>& columns) {
  std::unordered_map<std::string, std::string> texts;
  each_value("", trial.json, [&texts](const std::string& name, const Json& value) {
    texts[name] = listed_value(value);
  });
  std::string row;
  for (const std::string& column : columns) {
    append_field(row, texts[column]);
    row += ',';
  }
  row += trial.is_superseded ? "true" : "false";
  row += kRowEnd;
  return row;
}

}  // namespace

void write_csv(const StoredRun& run, const Write& write) {
  Columns all;
  each_trial_again(run, [&all](const StoredTrial& trial) { all.add(trial); });
  const std::vector<std::string> columns = all.names();
  std::string heading;
  for (const std::string& column : columns) {
    append_field(heading, column);
    heading += ',';
  }
  write(fmt::format("{}{}{}", heading, kSuperseded, kRowEnd));
  each_trial_again(run, [&](const StoredTrial& trial) { write(row_of(trial, columns)); });
}

}  // namespace coresweep
