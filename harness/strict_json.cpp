#include "harness/strict_json.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <utility>

#include "harness/failure.hpp"
#include "support/duration.hpp"
#include "support/file_descriptor.hpp"

namespace coresweep {
namespace {

constexpr std::size_t kDeepestNesting = 16;
constexpr std::size_t kLongestQuote = 60;

std::string shortened(const std::string& ascii, std::size_t most) {
  return ascii.size() <= most ? ascii : ascii.substr(0, most) + "...";
}

// In ASCII and on one line, whatever the file holds.
std::string quote(const Json& value) {
  return shortened(value.dump(-1, ' ', true, Json::error_handler_t::replace), kLongestQuote);
}

std::string described(const Json& value) {
  switch (value.type()) {
    case Json::value_t::object:
      return "an object";
    case Json::value_t::array:
      return value.empty() ? "an empty list" : "a list";
    case Json::value_t::string:
      return "the text " + quote(value);
    default:
      return quote(value);
  }
}

// "[json.exception.parse_error.101] parse error at line 3, column 5: ..." without its first words.
std::string plain_error(const std::string& what) {
  std::string text = what;
  for (const std::string_view words : {"] ", "parse error at "}) {
    const auto at = text.find(words);
    if (at != std::string::npos) {
      text.erase(0, at + words.size());
    }
  }
  for (char& byte : text) {
    const auto code = static_cast<unsigned char>(byte);
    if (code < 0x20 || code > 0x7e) {
      byte = '?';
    }
  }
  return shortened(text, 300);
}

// Sees every key while the parser still knows them all; afterwards the second of two is gone.
class DuplicateKeys {
 public:
  explicit DuplicateKeys(const std::string& file) : file_(file) {}

  bool operator()(int /*depth*/, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start) {
      levels_.emplace_back();
      if (levels_.size() > kDeepestNesting) {
        throw WrongUsage(fmt::format("{}: nested deeper than the {} levels that are allowed", file_,
                                     kDeepestNesting));
      }
    } else if (event == Json::parse_event_t::object_end ||
               event == Json::parse_event_t::array_end) {
      levels_.pop_back();
    } else if (event == Json::parse_event_t::key &&
               !levels_.back().insert(parsed.get<std::string>()).second) {
      throw WrongUsage(fmt::format("{}: {} is given twice in one object", file_, quote(parsed)));
    }
    return true;
  }

 private:
  const std::string& file_;
  std::vector<std::set<std::string>> levels_;
};

std::string quoted_list(const std::vector<std::string>& names) {
  return fmt::format("\"{}\"", fmt::join(names, "\", \""));
}

}  // namespace

std::string read_text_file(const std::string& path, std::size_t most_bytes) {
  const auto refuse = [&path](std::string_view why) -> void {
    throw WrongUsage(fmt::format("{}: {}", path, why));
  };
  // Without O_NONBLOCK a named pipe would be waited on here, for ever.
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status{};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0) {
    refuse(std::strerror(errno));
  }
  if (S_ISDIR(status.st_mode)) {
    refuse("is a folder: a file is needed");
  }
  if (!S_ISREG(status.st_mode)) {
    refuse("is no regular file");
  }
  std::string text(most_bytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno != EINTR) {
      refuse(std::strerror(errno));
    }
    if (got == 0) {
      break;
    }
    size += got > 0 ? static_cast<std::size_t>(got) : 0;
  }
  if (size > most_bytes) {
    refuse(fmt::format("is larger than the {} bytes that are allowed", most_bytes));
  }
  text.resize(size);
  return text;
}

Json parse_strict_json(const std::string& text, const std::string& file) {
  // The parser takes it for the text's end, and whatever follows for nothing.
  if (const auto at = text.find('\0'); at != std::string::npos) {
    throw WrongUsage(fmt::format("{}: holds a NUL byte, at offset {}", file, at));
  }
  Json value;
  try {
    value = Json::parse(text, DuplicateKeys(file));
  } catch (const Json::exception& error) {
    throw WrongUsage(fmt::format("{}: {}", file, plain_error(error.what())));
  }
  if (!value.is_object()) {
    throw WrongUsage(fmt::format("{}: is {}: allowed is an object", file, described(value)));
  }
  return value;
}

std::string listed(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

StrictObject::StrictObject(const Json& object, std::string file, std::string path,
                           const std::vector<std::string>& keys)
    : object_(object), file_(std::move(file)), path_(std::move(path)) {
  for (const auto& [key, value] : object.items()) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
      throw WrongUsage(fmt::format("{}: unknown key {}{}: allowed are {}", file_, quote(Json(key)),
                                   path_.empty() ? "" : " in " + path_, listed(keys)));
    }
  }
}

const Json* StrictObject::find(const std::string& key) const {
  const auto found = object_.find(key);
  return found == object_.end() ? nullptr : &*found;
}

void StrictObject::refuse(const std::string& key, const Json& value,
                          const std::string& allowed) const {
  throw WrongUsage(fmt::format("{}: {}{}{} is {}: allowed is {}", file_, path_,
                               path_.empty() ? "" : ".", key, described(value), allowed));
}

void StrictObject::refuse_missing(const std::string& key, const std::string& allowed) const {
  throw WrongUsage(fmt::format("{}: {}{}{} is missing: allowed is {}", file_, path_,
                               path_.empty() ? "" : ".", key, allowed));
}

std::string StrictObject::line_of_text(const std::string& key, std::size_t most_bytes) const {
  const Json* value = find(key);
  if (value == nullptr) {
    return {};
  }
  const auto is_control = [](char byte) { return static_cast<unsigned char>(byte) < 0x20; };
  if (value->is_string()) {
    const auto& text = value->get_ref<const std::string&>();
    if (text.size() <= most_bytes && std::none_of(text.begin(), text.end(), is_control)) {
      return text;
    }
  }
  refuse(key, *value, fmt::format("one line of text, at most {} bytes", most_bytes));
}

std::string StrictObject::one_of(const std::string& key, const std::string& otherwise,
                                 const std::vector<std::string>& allowed) const {
  const Json* value = find(key);
  if (value == nullptr) {
    return otherwise;
  }
  if (value->is_string()) {
    const auto& name = value->get_ref<const std::string&>();
    if (std::find(allowed.begin(), allowed.end(), name) != allowed.end()) {
      return name;
    }
  }
  refuse(key, *value, (allowed.size() == 1 ? "" : "one of ") + quoted_list(allowed));
}

bool is_whole_number(const Json& value, std::int64_t least, std::int64_t most) {
  if (!value.is_number_integer()) {
    return false;
  }
  // Above the signed range nothing is allowed, and get<int64_t>() would wrap.
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(most)) {
    return false;
  }
  const auto number = value.get<std::int64_t>();
  return number >= least && number <= most;
}

std::int64_t StrictObject::whole_number(const std::string& key, std::int64_t otherwise,
                                        std::int64_t least, std::int64_t most) const {
  const Json* value = find(key);
  if (value == nullptr) {
    return otherwise;
  }
  if (!is_whole_number(*value, least, most)) {
    refuse(key, *value, fmt::format("a whole number from {} to {}", least, most));
  }
  return value->get<std::int64_t>();
}

std::chrono::nanoseconds StrictObject::duration(const std::string& key, std::string_view otherwise,
                                                std::string_view least,
                                                std::string_view most) const {
  const Json* value = find(key);
  if (value == nullptr) {
    return parse_duration(otherwise).value();
  }
  const auto read =
      value->is_string() ? parse_duration(value->get_ref<const std::string&>()) : std::nullopt;
  if (!read || *read < parse_duration(least).value() || *read > parse_duration(most).value()) {
    refuse(key, *value, fmt::format("a text of {}, from {} to {}", kDurationForm, least, most));
  }
  return *read;
}

bool StrictObject::truth(const std::string& key, bool otherwise) const {
  const Json* value = find(key);
  if (value == nullptr) {
    return otherwise;
  }
  if (!value->is_boolean()) {
    refuse(key, *value, "true or false");
  }
  return value->get<bool>();
}

}  // namespace coresweep
