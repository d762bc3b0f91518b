#include "harness/stored_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>

#include "harness/failure.hpp"
#include "harness/strict_json.hpp"

namespace coresweep {
namespace {

constexpr std::size_t kLargestRecord = std::size_t{4} << 20;
constexpr int kDeepestLine = 32;
constexpr std::size_t kLongestQuotation = 60;

// Values are copied and printed by recursion: their depth is bounded while they are parsed.
class StoredValues {
 public:
  explicit StoredValues(const std::string& where) : where_(where) {}

  bool operator()(int depth, Json::parse_event_t event, Json& parsed) const {
    const bool begins =
        event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
    if (begins && depth > kDeepestLine) {
      throw WrongUsage(fmt::format("{}: nested deeper than the {} levels that are allowed", where_,
                                   kDeepestLine));
    }
    return event != Json::parse_event_t::key ||
           !parsed.get_ref<const std::string&>().ends_with("histogram");
  }

 private:
  const std::string& where_;
};

// Nothing when it is no JSON.
std::optional<Json> parsed_line(const std::string& where, const std::string& text) {
  // The parser takes a NUL for the text's end; a file system leaves them where power was lost.
  if (text.find('\0') != std::string::npos) {
    return std::nullopt;
  }
  Json value = Json::parse(text, StoredValues(where), false);
  return value.is_discarded() ? std::nullopt : std::optional(std::move(value));
}

Json stored_object(const std::string& where, const std::string& text) {
  std::optional<Json> value = parsed_line(where, text);
  if (!value || !value->is_object()) {
    throw WrongUsage(fmt::format("{}: {}: allowed is one JSON object a line", where,
                                 value ? "is no object" : "is not JSON"));
  }
  const Json* version = find_stored(*value, "/schema_version");
  if (version == nullptr || !is_whole_number(*version, kOldestSchemaRead, kNewestSchemaRead)) {
    refuse_stored(where, "/schema_version", version == nullptr ? Json() : *version,
                  fmt::format("{} or {}", kOldestSchemaRead, kNewestSchemaRead));
  }
  return std::move(*value);
}

// False at the file's end. A line of any length is read in parts, and only so far as is allowed.
bool next_line(std::istream& file, std::string& text, const std::string& where) {
  text.clear();
  std::vector<char> part(std::size_t{1} << 16);
  while (true) {
    file.getline(part.data(), static_cast<std::streamsize>(part.size()));
    const auto got = static_cast<std::size_t>(file.gcount());
    if (file.eof() || file.bad()) {
      text.append(part.data(), got);
      return !text.empty();
    }
    if (!file.fail()) {
      text.append(part.data(), got - 1);  // the newline is counted, and not kept
      return true;
    }
    file.clear();  // the part is full
    text.append(part.data(), got);
    if (text.size() > kLongestStoredLine) {
      throw WrongUsage(fmt::format("{}: is longer than the {} bytes that are allowed", where,
                                   kLongestStoredLine));
    }
  }
}

}  // namespace

const Json* find_stored(const Json& json, const std::string& path) {
  const Json::json_pointer pointer(path);
  return json.contains(pointer) ? &json.at(pointer) : nullptr;
}

std::string stored_text(const Json& json, const std::string& path) {
  const Json* value = find_stored(json, path);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

void refuse_stored(const std::string& where, const std::string& path, const Json& value,
                   const std::string& allowed) {
  std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  if (text.size() > kLongestQuotation) {
    text = text.substr(0, kLongestQuotation) + "...";
  }
  std::string key = path.substr(1);
  std::replace(key.begin(), key.end(), '/', '.');
  throw WrongUsage(fmt::format("{}: {} is {}: allowed is {}", where, key, text, allowed));
}

Json read_stored_record(const std::string& path) {
  return stored_object(path, read_text_file(path, kLargestRecord));
}

void each_stored_line(const std::string& path, std::vector<std::string>& dropped,
                      const std::function<void(const std::string& where, Json json)>& take) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    throw WrongUsage(
        fmt::format("{}: {}", path, error ? error.message() : std::string("is no regular file")));
  }
  std::ifstream file(path);
  if (!file) {
    throw WrongUsage(fmt::format("{}: cannot be opened for reading", path));
  }
  std::string text;
  for (int number = 1;; ++number) {
    const std::string where = fmt::format("{}: line {}", path, number);
    if (!next_line(file, text, where)) {
      break;
    }
    if (file.eof() && !parsed_line(where, text)) {
      dropped.push_back(where);
      break;
    }
    take(where, stored_object(where, text));
  }
  if (file.bad()) {
    throw WrongUsage(fmt::format("{}: cannot be read", path));
  }
}

}  // namespace coresweep
