// A factor of a plan that has one value or a list of different ones, and the one that a headline
// names.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "harness/strict_json.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

/// Of one factor.
inline constexpr std::size_t kMostValues = 64;

/// A value as people read it: "none" of null.
[[nodiscard]] inline std::string words_of(const Json& value) {
  return value.is_null() ? "none" : value.is_string() ? value.get<std::string>() : value.dump();
}

/// The value at `key`, or a list of different ones, each of which `parse` takes (it returns nothing
/// of what is not allowed, and `one` says what is); `otherwise` where the key is absent. Throws
/// WrongUsage.
template <typename Value, typename Parse>
[[nodiscard]] std::vector<Value> read_values(const StrictObject& fields, const std::string& key,
                                             const Value& otherwise, const std::string& one,
                                             const Parse& parse) {
  const Json* given = fields.find(key);
  if (given == nullptr) {
    return {otherwise};
  }
  const std::string allowed = fmt::format("{}, or a list of different ones", one);
  if (!given->is_array()) {
    const std::optional<Value> value = parse(*given);
    if (!value) {
      fields.refuse(key, *given, allowed);
    }
    return {*value};
  }
  if (given->empty() || given->size() > kMostValues) {
    fields.refuse(key, *given, fmt::format("{}, at most {}", allowed, kMostValues));
  }
  std::vector<Value> values;
  for (std::size_t i = 0; i < given->size(); ++i) {
    const std::optional<Value> value = parse((*given)[i]);
    if (!value || std::find(values.begin(), values.end(), *value) != values.end()) {
      fields.refuse(fmt::format("{}[{}]", key, i), (*given)[i], allowed);
    }
    values.push_back(*value);
  }
  return values;
}

/// The one of `values` that stands at `key`; nobody guesses which of several is meant. Throws
/// WrongUsage.
template <typename Value, typename Parse, typename ToJson>
[[nodiscard]] Value choose_value(const StrictObject& fields, const std::string& key,
                                 const std::vector<Value>& values, const Parse& parse,
                                 const ToJson& json) {
  const Json* given = fields.find(key);
  std::vector<std::string> texts;
  for (const Value& value : values) {
    texts.push_back(words_of(json(value)));
  }
  const std::string allowed =
      fmt::format("{}{}", texts.size() == 1 ? "" : "one of ", fmt::join(texts, ", "));
  if (given == nullptr) {
    if (values.size() > 1) {
      fields.refuse_missing(key, allowed + ", since the plan has several");
    }
    return values.front();
  }
  const std::optional<Value> value = parse(*given);
  if (!value || std::find(values.begin(), values.end(), *value) == values.end()) {
    fields.refuse(key, *given, allowed);
  }
  return *value;
}

/// One value as itself, several as a list.
template <typename Value, typename ToJson>
[[nodiscard]] Json values_json(const std::vector<Value>& values, const ToJson& json) {
  Json texts = Json::array();
  for (const Value& value : values) {
    texts.push_back(json(value));
  }
  return texts.size() == 1 ? texts.front() : texts;
}

}  // namespace coresweep
