#include "harness/stored_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>

#include "harness/failure.hpp"
#include "harness/strict_document.hpp"
#include "harness/strict_json.hpp"

namespace coresweep {
namespace {

constexpr std::size_t kLargestRecord = std::size_t{16} << 20;
constexpr std::size_t kLongestQuotation = 60;

// Most of a line, and nothing that is read here.
void drop_histograms(Json& value) {
  if (value.is_object()) {
    for (auto entry = value.begin(); entry != value.end();) {
      entry = entry.key().ends_with("histogram") ? value.erase(entry) : std::next(entry);
    }
  }
  if (value.is_structured()) {
    for (Json& inner : value) {
      drop_histograms(inner);
    }
  }
}

Json stored_object(const std::string& where, const std::string& text) {
  constexpr const char* kAllowed = "allowed is one JSON object a line";
  Json value;
  try {
    value = parse_bounded_json(text);
  } catch (const JsonFault& fault) {
    throw WrongUsage(fmt::format("{}: is not JSON: {} ({})", where, kAllowed, fault.what()));
  }
  if (!value.is_object()) {
    throw WrongUsage(fmt::format("{}: is no object: {}", where, kAllowed));
  }
  const Json* version = find_stored(value, "/schema_version");
  if (version == nullptr || !is_whole_number(*version, kOldestSchemaRead, kNewestSchemaRead)) {
    const bool is_newer =
        version != nullptr &&
        is_whole_number(*version, kNewestSchemaRead, std::numeric_limits<int>::max());
    refuse_stored(where, "/schema_version", version == nullptr ? Json() : *version,
                  fmt::format("{} or {}{}", kOldestSchemaRead, kNewestSchemaRead,
                              is_newer ? ": a newer coresweep wrote it" : ""));
  }
  drop_histograms(value);
  return value;
}

bool is_json(const std::string& text) {
  try {
    static_cast<void>(parse_bounded_json(text));
    return true;
  } catch (const JsonFault&) {
    return false;
  }
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

void require_run_folder(const std::string& folder) {
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) {
    throw WrongUsage(fmt::format(
        "{}: {}", folder,
        error ? error.message() : std::string("is no folder: a run's folder is needed")));
  }
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
    if (file.eof() && !is_json(text)) {
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
