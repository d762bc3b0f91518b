// A JSON text as somebody wrote it, within bounds, and the line on which each part of it stands.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>

#include "support/json_lines.hpp"

namespace coresweep {

/// What is wrong with a text that was to be JSON.
struct JsonFault : std::runtime_error {
  JsonFault(const std::string& what, std::size_t at) : std::runtime_error(what), offset(at) {}

  std::size_t offset;  ///< of a byte on the line that is wrong
};

/// `text` as JSON, but none that is nested deeper than 16 levels, has more than 1,000 keys in one
/// object or a key twice, or a NUL byte: who reads it may recurse, and search. Throws JsonFault.
[[nodiscard]] Json parse_bounded_json(const std::string& text);

/// A file's object, which knows its lines. A part of it is named as complaints name it, such as
/// "headline.threads" or "build[1][0]"; "" is the whole.
struct StrictDocument {
  std::string file;
  std::string text;
  Json value;

  /// The line on which the value at `place` begins; nothing when there is none.
  [[nodiscard]] std::optional<int> line_of(const std::string& place) const;
  /// The line of its key.
  [[nodiscard]] std::optional<int> line_of_key(const std::string& place) const;
};

/// The place of `key` in the object at `place`.
[[nodiscard]] std::string member_place(const std::string& place, const std::string& key);

/// `text`, the content of `file`, as one object. Throws WrongUsage: FILE:LINE: what is wrong.
[[nodiscard]] StrictDocument parse_strict_json(const std::string& text, const std::string& file);

/// `value` in ASCII and on one line, its end left out when it is long.
[[nodiscard]] std::string quoted_json(const Json& value);

/// `value` as a complaint names it: an object, a list, or itself.
[[nodiscard]] std::string described_json(const Json& value);

}  // namespace coresweep
