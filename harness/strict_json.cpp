#include "harness/strict_json.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "harness/failure.hpp"
#include "harness/wording.hpp"
#include "support/duration.hpp"
#include "support/file_descriptor.hpp"

namespace coresweep {
namespace {

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
  std::string text;
  std::array<char, 65536> part;
  while (text.size() <= most_bytes) {
    const ssize_t got = ::read(file.get(), part.data(), part.size());
    if (got < 0 && errno != EINTR) {
      refuse(std::strerror(errno));
    }
    if (got == 0) {
      return text;
    }
    text.append(part.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  }
  throw WrongUsage(
      fmt::format("{}: is larger than the {} bytes that are allowed", path, most_bytes));
}

std::string listed(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

StrictObject::StrictObject(const Json& object, std::string where, std::string path,
                           const std::vector<std::string>& keys)
    : object_(object), file_(std::move(where)), path_(std::move(path)) {
  refuse_unknown(keys);
}

StrictObject::StrictObject(const StrictDocument& document, const std::vector<std::string>& keys)
    : object_(document.value), file_(document.file), document_(&document) {
  refuse_unknown(keys);
}

StrictObject::StrictObject(const StrictObject& outer, const std::string& key,
                           const std::vector<std::string>& keys)
    : object_(outer.object_.at(key)),
      file_(outer.file_),
      path_(member_place(outer.path_, key)),
      document_(outer.document_) {
  refuse_unknown(keys);
}

StrictObject::StrictObject(const StrictObject& outer, const std::string& key, std::size_t index,
                           const std::vector<std::string>& keys)
    : object_(outer.object_.at(key).at(index)),
      file_(outer.file_),
      path_(fmt::format("{}[{}]", member_place(outer.path_, key), index)),
      document_(outer.document_) {
  refuse_unknown(keys);
}

void StrictObject::refuse_unknown(const std::vector<std::string>& keys) const {
  for (const auto& [key, value] : object_.items()) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
      const auto line = document_ == nullptr ? std::nullopt
                                             : document_->line_of_key(member_place(path_, key));
      throw WrongUsage(fmt::format("{}{}: unknown key {}{}: allowed are {}", file_,
                                   line ? fmt::format(":{}", *line) : "", quoted_json(Json(key)),
                                   path_.empty() ? "" : " in " + path_, listed(keys)));
    }
  }
}

std::string StrictObject::where(const std::string& place) const {
  if (document_ == nullptr) {
    return file_;
  }
  // "connections x streams" is where the first of them stands, and what is absent would stand here.
  for (const std::string& part : {place, place.substr(0, place.find(' ')), path_}) {
    if (const auto line = document_->line_of(part)) {
      return fmt::format("{}:{}", file_, *line);
    }
  }
  return file_;
}

const Json* StrictObject::find(const std::string& key) const {
  const auto found = object_.find(key);
  return found == object_.end() ? nullptr : &*found;
}

void StrictObject::complain(const std::string& key, const std::string& complaint) const {
  const std::string place = path_.empty() ? key : path_ + "." + key;
  throw WrongUsage(fmt::format("{}: {}{}", where(place), place, complaint));
}

void StrictObject::refuse(const std::string& key, const Json& value,
                          const std::string& allowed) const {
  complain(key, fmt::format(" is {}: allowed is {}", described_json(value), allowed));
}

void StrictObject::refuse_missing(const std::string& key, const std::string& allowed) const {
  complain(key, " is missing: allowed is " + allowed);
}

std::string StrictObject::line_of_text(const std::string& key, std::size_t most_bytes) const {
  const Json* value = find(key);
  if (value == nullptr) {
    return {};
  }
  if (value->is_string()) {
    const auto& text = value->get_ref<const std::string&>();
    if (text.size() <= most_bytes && printable_line(text) == text) {
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
